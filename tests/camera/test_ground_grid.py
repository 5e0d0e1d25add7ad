from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from throng.camera.calibration_file import load_calibration
from throng.camera.ground_grid import GroundGrid, draw_ground_grid
from throng.core.calibration import Calibration, CalibrationError
from throng.core.lens import BrownLens
from throng.core.pinhole import calibration_from_camera
from throng.core.points import FloatArray, Image, ground_points, image_points

SIZE = (960, 540)
LENS = BrownLens(fx=600, fy=600, cx=479.5, cy=269.5, k1=-0.25, k2=0.06)


def _camera(*, tilt_deg: float = 30.0, lens: BrownLens | None = None) -> Calibration:
    ideal = calibration_from_camera(height_m=6, tilt_deg=tilt_deg, fov_deg=77.32, image_size=SIZE)
    return replace(ideal, lens=lens)


def _grey(size: tuple[int, int] = SIZE) -> Image:
    return np.full((size[1], size[0], 3), 100, dtype=np.uint8)


def _change(image: Image) -> FloatArray:
    return np.asarray(np.abs(image.astype(np.float64) - 100).max(axis=2))


@pytest.mark.parametrize("lens", [None, LENS], ids=["pinhole", "lens"])
def test_lines_run_through_whole_metres_and_cells_stay_free(lens: BrownLens | None) -> None:
    camera = _camera(lens=lens)
    change = _change(draw_ground_grid(_grey(), camera))
    on_lines = ground_points([(x, y + 0.5) for x in (-2, -1, 0, 1, 2) for y in (6, 8, 11)])
    in_cells = ground_points([(x + 0.5, y + 0.5) for x in (-2, -1, 0, 1) for y in (6, 8, 11)])
    for places, drawn in ((on_lines, True), (in_cells, False)):
        for u, v in np.round(camera.to_image(places)).astype(int):
            around = change[v - 1 : v + 2, u - 1 : u + 2].max()
            assert (around > 20) == drawn


def test_each_fifth_line_is_stronger() -> None:
    camera = _camera()
    change = _change(draw_ground_grid(_grey(), camera))

    def strength(y: float) -> float:
        u, v = np.round(camera.to_image(ground_points([(0.5, y)]))[0]).astype(int)
        return float(change[v - 2 : v + 3, u].max())

    assert strength(10) > 1.3 * strength(9)


def test_nothing_is_drawn_above_the_horizon_or_beyond_the_distance() -> None:
    camera = _camera(tilt_deg=10)
    image = draw_ground_grid(_grey(), camera, max_distance_m=25)
    rows = np.arange(SIZE[1], dtype=np.float64)
    for column in (100, 480, 860):
        ground = camera.to_ground(image_points(np.column_stack((np.full(SIZE[1], float(column)), rows))))
        distance_m = np.hypot(*ground.T)
        free = np.isnan(distance_m) | (distance_m > 40)
        assert free.sum() > 100
        assert _change(image)[free, column].max() == 0


def test_the_picture_is_copied_and_the_grid_can_be_used_again() -> None:
    grid, image = GroundGrid(_camera()), _grey()
    first = grid.draw(image)
    assert (image == 100).all()
    assert np.array_equal(first, grid.draw(image))
    dark = grid.draw(np.zeros_like(image))
    assert dark.max() > 100


def test_a_picture_of_another_size_gets_its_own_grid() -> None:
    grid = GroundGrid(_camera())
    small = grid.draw(_grey((480, 270)))
    assert small.shape == (270, 480, 3)
    assert _change(small).max() > 50
    assert grid.draw(_grey()).shape == (540, 960, 3)
    with pytest.raises(CalibrationError, match="another shape"):
        grid.draw(_grey((400, 400)))


def test_a_camera_that_sees_no_ground_has_no_grid() -> None:
    with pytest.raises(CalibrationError, match="shows no ground"):
        GroundGrid(_camera(tilt_deg=-60))


@pytest.mark.shared
def test_the_grid_of_pets_lies_on_the_ground(shared_dir: Path) -> None:
    """The houses, cars and the sky at the top stay free; the square and the lawn are covered."""
    folder = shared_dir / "data/pets2009"
    video = cv2.VideoCapture(str(folder / "S2L1_view001.mp4"))
    picture = np.asarray(video.read()[1], dtype=np.uint8)
    video.release()
    drawn = draw_ground_grid(picture, load_calibration(folder / "View_001_calibration.xml"))
    changed = (drawn != picture).any(axis=2)
    assert not changed[:80].any()
    assert changed[110:].mean() > 0.1
