"""The part of a crowd that lies in a region, whatever the cells of its map are."""

import numpy as np
import pytest

from throng.core.density_map import DensityMap
from throng.core.estimate import Estimate
from throng.core.observation import Heads
from throng.train.regions import crowd_inside
from throng.vision.crowd import Crowd


@pytest.mark.parametrize("scale", [1.19, 1.414, 1.68, 2.83])
def test_cells_of_any_size_can_be_cut_by_a_region(scale: float) -> None:
    """Shares of cells that are no whole pixels are differences of sums, a little below nothing beside the region."""
    width, height = round(240 * scale), round(160 * scale)
    people = np.full((-(-height // 8), -(-width // 8)), 0.1, dtype=np.float32)
    density = DensityMap(people, (8 * 240 / width, 8 * 160 / height), (240, 160))
    mask = np.zeros((160, 240), dtype=np.bool_)
    mask[20:150, 30:200] = True
    part = crowd_inside(Crowd(density, Heads.empty(), Estimate(1.0, 0.0, 2.0)), mask)
    assert part.density.people.min() == 0
    assert part.density.total == pytest.approx(0.1 * 130 * 170 / np.prod(density.cell_px), rel=1e-3)
