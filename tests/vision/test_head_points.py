"""Heads from score maps: nobody lost, nobody twice, nobody outside the picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from throng.vision.head_points import find_heads

Scores = NDArray[np.float32]


def bumps(centres: NDArray[np.float64], shape: tuple[int, int], *, sigma: float = 1.0) -> Scores:
    """One Gaussian of height 0.9 per centre (x, y) in cells, the centre of the first cell at (0, 0)."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    canvas = np.zeros(shape)
    for x, y in centres:
        canvas = np.maximum(canvas, 0.9 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2)))
    return canvas.astype(np.float32)


def test_every_head_of_a_large_crowd_is_found_within_half_a_pixel() -> None:
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(np.arange(100), np.arange(100)), axis=-1).reshape(-1, 2) * 5 + 3.0
    centres = grid + rng.uniform(-1, 1, grid.shape)
    heads = find_heads(bumps_of_many(centres, (510, 510)), (4.0, 4.0), threshold=0.3)
    assert len(heads) == 10_000
    nearest = np.linalg.norm(heads.points[:, None, :] - ((centres + 0.5) * 4 - 0.5)[None, :200], axis=2).min(axis=0)
    assert nearest.max() < 0.9
    assert ((heads.scores > 0.7) & (heads.scores <= 0.9)).all()


def bumps_of_many(centres: NDArray[np.float64], shape: tuple[int, int]) -> Scores:
    canvas = np.zeros(shape, dtype=np.float32)
    for x, y in centres:
        left, top = max(0, int(x) - 2), max(0, int(y) - 2)
        part = canvas[top : top + 6, left : left + 6]
        bump = bumps(np.array([[x - left, y - top]]), (part.shape[0], part.shape[1]))
        np.maximum(part, bump, out=part)
    return canvas


@pytest.mark.parametrize("x", [10.0, 10.2, 10.4, 10.45])
def test_the_peak_is_found_between_the_cells(x: float) -> None:
    scores = bumps(np.array([[x, 7.3]]), (20, 24), sigma=1.5)
    heads = find_heads(scores, (8.0, 4.0), threshold=0.3)
    assert heads.points == pytest.approx(np.array([[(x + 0.5) * 8 - 0.5, (7.3 + 0.5) * 4 - 0.5]]), abs=0.5)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ([[0, 0.9, 0.9, 0]], [(1.5, 0.0)]),  # a flat summit is one head in its middle
        ([[0.9, 0.9], [0.9, 0.9]], [(0.5, 0.5)]),  # a map that is full
        ([[0, 0.8, 0.8, 0.9, 0]], [(3.0, 0.0)]),  # a flat shoulder beside a summit is nobody
        ([[0.8, 0.8, 0.8, 0.8, 0.9]], [(4.0, 0.0)]),  # however long it is
        ([[0.9, 0, 0.9]], [(0.0, 0.0), (2.0, 0.0)]),
        ([[0.2, 0.29]], []),
        ([[0.5]], [(0.0, 0.0)]),
    ],
)
def test_flat_places(drawn: list[list[float]], expected: list[tuple[float, float]]) -> None:
    heads = find_heads(np.array(drawn, dtype=np.float32), (1.0, 1.0), threshold=0.3)
    assert heads.points == pytest.approx(np.array(expected).reshape(-1, 2), abs=0.51)
    assert len(heads) == len(expected)


def test_a_quantised_map_gives_no_doubles() -> None:
    rng = np.random.default_rng(1)
    centres = rng.permutation(np.stack(np.meshgrid(np.arange(12), np.arange(12)), axis=-1).reshape(-1, 2))[:60] * 8 + 4
    scores = np.round(bumps(centres.astype(np.float64) + 0.5, (100, 100), sigma=2.0) * 16) / 16
    assert len(find_heads(scores.astype(np.float32), (4.0, 4.0), threshold=0.3)) == 60


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 12), columns=st.integers(1, 12), levels=st.integers(1, 20))
def test_heads_are_maxima_in_the_picture_and_never_touch(seed: int, rows: int, columns: int, levels: int) -> None:
    drawn = np.random.default_rng(seed).integers(0, levels + 1, (rows, columns)) / levels
    size = (columns * 4 - 3, rows * 4 - 1)
    heads = find_heads(drawn.astype(np.float32), (4.0, 4.0), threshold=0.5, image_size=size)
    assert (len(heads) > 0) == (drawn.max() >= 0.5)
    assert (heads.points >= 0).all()
    assert (heads.points <= np.array(size) - 1).all()
    assert (heads.scores >= 0.5).all()


def test_nobody_and_nonsense() -> None:
    assert len(find_heads(np.zeros((9, 9), dtype=np.float32), (4.0, 4.0), threshold=0.3)) == 0
    assert len(find_heads(np.zeros((0, 9), dtype=np.float32), (4.0, 4.0), threshold=0.3)) == 0
    with pytest.raises(ValueError, match="finite numbers"):
        find_heads(np.full((3, 3), np.nan, dtype=np.float32), (4.0, 4.0), threshold=0.3)
