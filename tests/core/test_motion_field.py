"""Motion of the picture on a grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core.motion_field import MotionField
from throng.core.points import image_points

SIZE = (37, 21)
CELL_PX = (8.0, 8.0)


def field(*, unknown: bool = False) -> MotionField:
    """Each cell moves by its column and row; the first one is unknown where wanted."""
    x, y = np.meshgrid(np.arange(5), np.arange(3))
    velocity = np.stack((x, y), axis=2).astype(np.float32)
    confidence = np.ones((3, 5), dtype=np.float32)
    if unknown:
        velocity[0, 0] = confidence[0, 0] = np.nan
    return MotionField(velocity, confidence, CELL_PX, SIZE, 0.5)


@given(x=st.floats(-0.5, 36.5), y=st.floats(-0.5, 20.5))
def test_a_pixel_moves_with_its_cell(x: float, y: float) -> None:
    expected = min(int((x + 0.5) / 8), 4), min(int((y + 0.5) / 8), 2)
    assert field().at(image_points([(x, y)]))[0].tolist() == list(expected)


@pytest.mark.parametrize("pixel", [(-0.6, 3), (36.6, 3), (3, -1), (3, 21), (np.nan, 3), (3, np.nan), (np.inf, 3)])
def test_outside_the_picture_nothing_is_known(pixel: tuple[float, float]) -> None:
    assert np.isnan(field().at(image_points([pixel]))).all()


def test_unknown_stays_unknown() -> None:
    some = field(unknown=True)
    assert np.isnan(some.at(image_points([(2, 2)]))).all()
    assert some.known_share == pytest.approx(14 / 15)
    assert some.at(image_points([])).shape == (0, 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"velocity_px": np.zeros((3, 5), dtype=np.float32)}, "velocity_px"),
        ({"velocity_px": np.zeros((0, 5, 2), dtype=np.float32)}, "velocity_px"),
        ({"confidence": np.zeros((5, 3), dtype=np.float32)}, "confidence"),
        ({"confidence": np.full((3, 5), np.nan, dtype=np.float32)}, "exactly where"),
        ({"cell_px": (8.0, 0.0)}, "cell_px"),
        ({"cell_px": (np.nan, 8.0)}, "cell_px"),
        ({"baseline_s": 0.0}, "baseline_s"),
        ({"baseline_s": np.nan}, "baseline_s"),
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, object], message: str) -> None:
    some = field()
    right = {name: getattr(some, name) for name in ("velocity_px", "confidence", "cell_px", "image_size", "baseline_s")}
    with pytest.raises(ValueError, match=message):
        MotionField(**{**right, **wrong})
