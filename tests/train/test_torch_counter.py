"""Every network of the toolkit counts like any other counter."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from throng.core.estimate import Estimate
from throng.train.errors import TrainError

pytestmark = pytest.mark.usefixtures("pytorch")


def constant_network(people: float, stride: int) -> Any:
    """Return a network that sees the same number of people in every cell."""
    import torch

    class Constant(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            assert x.shape[2] % stride == 0
            assert x.shape[3] % stride == 0
            return x.new_full((len(x), 1, x.shape[2] // stride, x.shape[3] // stride), people)

    return Constant()


def blank(width: int, height: int) -> Any:
    return np.zeros((height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("size", "scale", "cells"),
    [
        ((64, 64), 1.0, (8, 8)),
        ((70, 33), 1.0, (9, 5)),  # the last cells reach over the edge; padding beyond is cut off
        ((1, 1), 1.0, (1, 1)),
        ((64, 48), 2.0, (16, 12)),
        ((64, 48), 0.5, (4, 3)),
        ((101, 57), 1.37, (18, 10)),  # 138 × 78 pixels for the network
    ],
)
def test_padding_is_not_counted_and_cells_cover_the_picture(
    size: tuple[int, int], scale: float, cells: tuple[int, int]
) -> None:
    from throng.train.torch_counter import NO_INTERVAL, TorchCounter

    counter = TorchCounter(constant_network(0.25, 8), kind="csrnet", name="constant", device="cpu")
    (crowd,) = counter.count([blank(*size)], scale=scale)
    assert crowd.density.people.shape == cells[::-1]
    assert crowd.density.image_size == size
    assert crowd.count.value == pytest.approx(0.25 * cells[0] * cells[1])
    for side, n, cell in zip(size, cells, crowd.density.cell_px, strict=True):
        assert (n - 1) * cell < side <= n * cell + 1e-9
    assert (crowd.count.low, crowd.count.high, crowd.warnings) == (0.0, math.inf, (NO_INTERVAL,))
    assert len(crowd.heads) == 0


def test_pictures_of_several_sizes_come_back_in_order() -> None:
    from throng.train.torch_counter import TorchCounter

    counter = TorchCounter(
        constant_network(1.0, 8),
        kind="csrnet",
        name="constant",
        device="cpu",
        interval=lambda n: Estimate(n, n / 2, n * 2),
    )
    sizes = [(64, 64)] * 9 + [(128, 64), (64, 64), (60, 64)]
    crowds = counter.count([blank(*size) for size in sizes])
    assert [crowd.count.value for crowd in crowds] == [64.0] * 9 + [128.0, 64.0, 64.0]
    assert (crowds[0].count.high, crowds[0].warnings) == (128.0, ())
    assert counter.count([]) == []


def test_batches_count_as_single_pictures_do() -> None:
    from throng.train.networks import build_network
    from throng.train.torch_counter import TorchCounter

    counter = TorchCounter(build_network("lcdnet"), kind="lcdnet", name="lcdnet", device="cpu")
    counter.warm_up()
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (40, 50, 3), dtype=np.uint8) for _ in range(3)]
    together = [crowd.count.value for crowd in counter.count(images)]
    alone = [counter.count([image])[0].count.value for image in images]
    assert together == pytest.approx(alone, rel=1e-4)


def test_throngnet_gives_heads_in_pixels_of_the_picture() -> None:
    import torch

    from throng.train.torch_counter import TorchCounter

    class OneHead(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            rows, columns = x.shape[2] // 4, x.shape[3] // 4
            logits = x.new_full((1, 1, rows, columns), -9.0)
            logits[0, 0, 5, 20] = 4.0
            return x.new_zeros((1, 1, rows // 2, columns // 2)), logits

    counter = TorchCounter(OneHead(), kind="throngnet", name="one head", device="cpu")
    (crowd,) = counter.count([blank(100, 60)], scale=2.0)
    assert len(crowd.heads) == 1
    # The centre of cell (20, 5) of 4 px at twice the size.
    np.testing.assert_allclose(crowd.heads.points[0], (20.5 * 2 - 0.5, 5.5 * 2 - 0.5), atol=1.0)
    assert crowd.heads.scores[0] > 0.9


def test_bad_pictures_and_scales_are_named() -> None:
    from throng.train.torch_counter import TorchCounter

    counter = TorchCounter(constant_network(1.0, 8), kind="csrnet", name="constant", device="cpu")
    with pytest.raises(TrainError, match="a picture of 100 × 100 at scale 100 has more than 32 megapixels"):
        counter.count([blank(100, 100)], scale=100)
    with pytest.raises(TrainError, match="give another scale"):
        counter.count([blank(100, 100)], scale=0)
    broken = TorchCounter(constant_network(math.nan, 8), kind="csrnet", name="broken", device="cpu")
    with pytest.raises(TrainError, match="broken: the network gave numbers that are not finite"):
        broken.count([blank(64, 64)])


def test_counter_is_loaded_from_a_checkpoint(tmp_path: Path) -> None:
    from throng.train.checkpoint import Checkpoint, save_checkpoint
    from throng.train.networks import build_network
    from throng.train.torch_counter import load_counter

    network = build_network("csrnet", width_divisor=8)
    save_checkpoint(tmp_path / "best.pt", Checkpoint("csrnet", {"width_divisor": 8}, network.state_dict()))
    counter = load_counter(tmp_path / "best.pt", device="cpu")
    assert counter.name == f"csrnet {tmp_path.name}/best.pt"
    assert counter.count([blank(64, 64)])[0].density.people.shape == (8, 8)
    with pytest.raises(TrainError, match=r"expected a checkpoint \(\.pt\) or third-party MCNN weights \(\.h5\)"):
        load_counter(tmp_path / "best.onnx")
