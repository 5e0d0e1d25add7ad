"""Points stay on heads: a head is a bright dot, and the crop must show it where its point says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("pytorch")

CROP_PX = 64


def dot_picture(size: tuple[int, int], heads: np.ndarray) -> np.ndarray:
    """Round white dots of 6 px on black, their centres on the heads to a fraction of a pixel."""
    y, x = np.mgrid[: size[1], : size[0]]
    image = np.zeros((size[1], size[0]))
    for u, v in heads:
        image = np.maximum(image, np.clip(3.5 - np.hypot(x - u, y - v), 0, 1))
    return np.repeat((255 * image).astype(np.uint8)[..., None], 3, axis=2)


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(70, 300),
    height=st.integers(70, 300),
    scale=st.tuples(st.floats(0.4, 1.0), st.floats(1.0, 2.5)),
    seed=st.integers(0, 10_000),
)
def test_points_stay_on_their_heads(width: int, height: int, scale: tuple[float, float], seed: int) -> None:
    import torch

    from throng.train.crops import cut_image, cut_points, draw_window

    rng = np.random.default_rng(seed)
    head = rng.uniform((5, 5), (width - 6, height - 6))
    picture = torch.from_numpy(dot_picture((width, height), head[None]))
    window = draw_window((width, height), crop_px=CROP_PX, scale=scale, rng=rng)
    crop = cut_image(picture, window, CROP_PX)
    points = cut_points(head[None], window, CROP_PX)
    assert crop.shape == (3, CROP_PX, CROP_PX)
    assert crop.dtype == torch.float32
    grown = CROP_PX / window.side
    well_inside = np.abs((head + 0.5 - (window.left, window.top)) - window.side / 2).max() < window.side / 2 - 4.5
    if well_inside:
        light = crop[0].numpy().astype(float)
        v, u = (np.array(np.nonzero(light)) * light[light > 0]).sum(axis=1) / light.sum()
        assert points.shape == (1, 2)
        np.testing.assert_allclose(points[0], (u, v), atol=0.12 * max(1.0, grown))
    elif len(points):
        assert ((points >= -0.5) & (points < CROP_PX - 0.5)).all()


def test_a_flip_mirrors_picture_and_points_alike() -> None:
    import torch

    from throng.train.crops import Window, cut_image, cut_points

    picture = torch.from_numpy(dot_picture((64, 64), np.array([[10.0, 20.0]])))
    plain, mirrored = Window(0, 0, 64, flip=False), Window(0, 0, 64, flip=True)
    np.testing.assert_array_equal(cut_image(picture, mirrored, 64), cut_image(picture, plain, 64).flip(-1))
    np.testing.assert_allclose(cut_points(np.array([[10.0, 20.0]]), mirrored, 64), [[53.0, 20.0]])


def test_every_head_of_a_grid_of_windows_is_in_exactly_one() -> None:
    from throng.train.crops import Window, cut_points

    heads = np.random.default_rng(1).uniform(-0.5, 127.499, (500, 2))
    windows = [Window(left, top, 32, flip=bool(left % 64)) for left in range(0, 128, 32) for top in range(0, 128, 32)]
    assert sum(len(cut_points(heads, window, CROP_PX)) for window in windows) == len(heads)


@pytest.mark.parametrize("size", [(20, 300), (40, 30), (1, 1)])
def test_a_picture_smaller_than_a_crop_is_enlarged(size: tuple[int, int]) -> None:
    import torch

    from throng.train.crops import cut_image, draw_window

    window = draw_window(size, crop_px=CROP_PX, scale=(0.5, 0.6), rng=np.random.default_rng(0))
    assert window.side == min(size)
    picture = torch.full((size[1], size[0], 3), 77, dtype=torch.uint8)
    assert cut_image(picture, window, CROP_PX).unique().tolist() == [77]


def test_scale_is_drawn_from_its_whole_range() -> None:
    from throng.train.crops import draw_window

    rng = np.random.default_rng(0)
    sides = [draw_window((4000, 4000), crop_px=256, scale=(0.5, 2.0), rng=rng).side for _ in range(400)]
    factors = 256 / np.array(sides)
    assert 0.5 <= factors.min() < 0.52
    assert 1.93 < factors.max() <= 2.02
    assert np.exp(np.log(factors).mean()) == pytest.approx(1.0, abs=0.06)
