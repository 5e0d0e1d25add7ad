"""The density map over a picture: warm where people are, untouched where nobody is."""

import numpy as np
import pytest

from throng.camera.heat import draw_density
from throng.core.density_map import DensityMap


def test_only_places_with_people_change() -> None:
    people = np.zeros((30, 40), dtype=np.float32)
    people[12:16, 8:12] = 0.5
    canvas = np.full((240, 320, 3), 90, dtype=np.uint8)
    draw_density(canvas, DensityMap(people, (8.0, 8.0), (320, 240), None, 12.0))
    changed = np.abs(canvas.astype(int) - 90).sum(axis=2)
    assert changed[112, 80] > 60
    assert changed[200:, 200:].max() == 0


def test_denser_is_warmer_and_less_transparent() -> None:
    people = np.zeros((30, 40), dtype=np.float32)
    people[10:20, 2:12], people[10:20, 28:38] = 0.02, 0.2
    canvas = np.full((240, 320, 3), 90, dtype=np.uint8)
    draw_density(canvas, DensityMap(people, (8.0, 8.0), (320, 240), None, 12.0))
    sparse, dense = canvas[120, 56].astype(int), canvas[120, 264].astype(int)
    assert np.abs(dense - 90).sum() > np.abs(sparse - 90).sum()
    assert dense[2] > sparse[2], "red"


@pytest.mark.parametrize("scale", [0.6, 1.0, 1.7])
def test_cells_of_any_size_cover_the_whole_picture(scale: float) -> None:
    cell = 8 / scale
    shape = (int(np.ceil(100 / cell)), int(np.ceil(150 / cell)))
    canvas = np.zeros((100, 150, 3), dtype=np.uint8)
    draw_density(canvas, DensityMap(np.full(shape, 1.0, dtype=np.float32), (cell, cell), (150, 100), None, 12.0))
    assert (canvas.sum(axis=2) > 0).all()


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="320×240"):
        draw_density(
            np.zeros((10, 10, 3), dtype=np.uint8), DensityMap(np.ones((30, 40), np.float32), (8, 8), (320, 240))
        )
