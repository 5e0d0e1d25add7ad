"""The density map: its sum, its cells, the share of them in a mask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core.density_map import DensityMap

CELLS = np.arange(12, dtype=np.float32).reshape(3, 4)


def test_the_sum_is_the_number_of_people() -> None:
    assert DensityMap(CELLS, (8.0, 8.0), (32, 24)).total == pytest.approx(66.0)


def test_centres_lie_in_the_middle_of_their_cells_and_inside_the_picture() -> None:
    centres = DensityMap(CELLS, (8.0, 8.0), (30, 20)).centres()
    assert centres[0] == pytest.approx([3.5, 3.5])
    assert centres[6] == pytest.approx([19.5, 11.5])
    assert centres[-1] == pytest.approx([27.5, 19.0]), "the last row reaches over the edge"


def test_a_mask_over_everything_holds_every_cell_whole() -> None:
    density = DensityMap(CELLS, (7.5, 6.7), (30, 20))
    assert density.shares(np.ones((20, 30), dtype=np.bool_)) == pytest.approx(np.ones((3, 4)))


def test_a_mask_cuts_cells_in_parts() -> None:
    mask = np.zeros((24, 32), dtype=np.bool_)
    mask[:12, :10] = True
    shares = DensityMap(CELLS, (8.0, 8.0), (32, 24)).shares(mask)
    assert shares == pytest.approx(np.outer([1, 0.5, 0], [1, 0.25, 0, 0]))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_shares_of_a_mask_and_its_rest_are_one(width: int, height: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    cell = (5.3, 4.1)
    people = np.ones((int(np.ceil(height / cell[1])), int(np.ceil(width / cell[0]))), dtype=np.float32)
    density = DensityMap(people, cell, (width, height))
    assert density.shares(mask) + density.shares(~mask) == pytest.approx(np.ones(people.shape))


@pytest.mark.parametrize(
    ("people", "cell"),
    [
        (np.full((2, 2), -0.1), (8, 8)),
        (np.full((2, 2), np.nan), (8, 8)),
        (np.ones(4), (8, 8)),
        (np.ones((2, 2)), (0, 8)),
    ],
)
def test_impossible_maps_are_refused(people: np.ndarray, cell: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        DensityMap(people.astype(np.float32), cell, (16, 16))


def test_a_mask_of_another_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="mask"):
        DensityMap(CELLS, (8.0, 8.0), (32, 24)).shares(np.ones((20, 30), dtype=np.bool_))
