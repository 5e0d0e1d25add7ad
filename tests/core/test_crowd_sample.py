"""What a sample refuses."""

import numpy as np
import pytest

from throng.core.crowd_sample import CrowdSample
from throng.core.points import ground_points


def sample(
    n: int = 3,
    *,
    at_s: float = 1.0,
    ids: int | None = None,
    velocities: tuple[int, ...] | None = None,
    weight: float = 1.0,
) -> CrowdSample:
    return CrowdSample(
        at_s=at_s,
        ids=np.arange(n if ids is None else ids, dtype=np.int64),
        ground=ground_points(np.zeros((n, 2))),
        velocities_mps=np.zeros(velocities or (n, 2)),
        weights=np.full(n, weight),
    )


@pytest.mark.parametrize("n", [0, 1, 5000])
def test_any_number_of_places(n: int) -> None:
    assert len(sample(n)) == n


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match=r"sample of 2 places: ground must be \(2, 2\), got \(3, 2\)"):
        sample(3, ids=2)
    with pytest.raises(ValueError, match="velocities_mps"):
        sample(3, velocities=(3,))


@pytest.mark.parametrize("at_s", [float("nan"), float("inf")])
def test_time_must_be_known(at_s: float) -> None:
    with pytest.raises(ValueError, match="finite stream time"):
        sample(at_s=at_s)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_weights_are_people(weight: float) -> None:
    with pytest.raises(ValueError, match="weights must be finite"):
        sample(weight=weight)


def test_ids_are_integers() -> None:
    with pytest.raises(ValueError, match="ids must be integers"):
        CrowdSample(
            0.0,
            np.zeros(1),  # type: ignore[arg-type]
            ground_points([[0.0, 0.0]]),
            np.zeros((1, 2)),
            np.ones(1),
        )
