"""The ground: paving with grain, seen through the camera."""

import cv2
import numpy as np

from throng.core.calibration import Calibration
from throng.core.points import FloatArray, Mask
from throng.sim.polygons import Drawing, bounds, fill, outline
from throng.sim.setting import Ground
from throng.sim.texture import Rng, grain

TILE_M = 12.0
"""Side of the square of paving that repeats."""

TILE_PX = 1024
LEVELS = 8
FAR_M = 300.0


def ground_picture(calibration: Calibration, ground: Ground, rng: Rng) -> Drawing:
    """Draw the ground without anything on it.

    Returns:
        (H, W, 3) float32; NaN above the horizon.
    """
    width, height = calibration.image_size
    places, seen = _places(calibration)
    picture = _sample(_tile(ground, rng), places)
    picture *= _stains(places, rng)[:, :, None]
    for mark in ground.marks:
        corners = np.column_stack((np.asarray(mark.corners), np.zeros(len(mark.corners))))
        inside = fill((height, width), outline(calibration, corners))
        picture[inside] = picture[inside] * (1 - mark.strength) + np.asarray(mark.colour) * mark.strength
    picture[~seen] = np.nan
    return picture


def _places(calibration: Calibration) -> tuple[Drawing, Mask]:
    """Return the ground under every pixel, (H, W, 2) float32 metres, and where there is ground, (H, W).

    The same as `Calibration.to_ground`, for a whole picture without a lens, twenty times faster.
    """
    width, height = calibration.image_size
    inverse = np.linalg.inv(calibration.homography()).astype(np.float32)
    u, v = np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]
    x, y, w = (row[0] * u + row[1] * v + row[2] for row in inverse)
    seen: Mask = w * np.sign(w[-1, width // 2]) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.stack((x / w, y / w), axis=-1)
    seen &= np.abs(places).max(axis=2) < FAR_M
    places[~seen] = 0
    return places, seen


def _sample(tile: FloatArray, places: Drawing) -> Drawing:
    """Look every place up in the repeating tile, in a copy of it that is as coarse as the picture is there."""
    down, along = (np.gradient(places, axis=axis) for axis in (0, 1))
    area = np.abs(down[:, :, 0] * along[:, :, 1] - down[:, :, 1] * along[:, :, 0])
    level = np.rint(0.5 * np.log2(np.maximum(area, 1e-9)) + np.log2(TILE_PX / TILE_M)).clip(0, LEVELS - 1)
    turns = np.mod(places / np.float32(TILE_M), 1)
    picture = np.zeros((*places.shape[:2], 3), dtype=np.float32)
    for k in range(LEVELS):
        part = bounds(level == k)
        if part is None:
            continue
        side = TILE_PX >> k
        coarse = cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
        x, y = np.moveaxis(turns[part] * side - np.float32(0.5), -1, 0)
        found = cv2.remap(coarse, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        here = level[part] == k
        picture[part][here] = found[here]
    return picture


def _stains(places: Drawing, rng: Rng) -> Drawing:
    """Large soft unevenness that does not repeat: worn paths, dirt, dried rain."""
    stains = np.ones(places.shape[:2], dtype=np.float32)
    for size_m, strength in ((7.0, 0.045), (2.2, 0.04)):
        spots = grain((256, 256), rng, coarse_px=2, strength=strength).astype(np.float32)
        # Back and forth over the spots, so that there is no seam where they repeat.
        x, y = np.moveaxis(np.abs(np.mod(places * np.float32(2 / size_m) + 90, 510) - 255), -1, 0)
        stains *= cv2.remap(spots, x, y, cv2.INTER_LINEAR)
    return stains


def _tile(ground: Ground, rng: Rng) -> FloatArray:
    tile = np.empty((TILE_PX, TILE_PX, 3))
    tile[:] = ground.colour
    px_per_m = TILE_PX / TILE_M
    if ground.paving in {"slabs", "tiles"}:
        wide, deep = (1.0, 0.6) if ground.paving == "slabs" else (0.6, 0.6)
        _slabs(tile, rng, sides=(wide * px_per_m, deep * px_per_m), shifted=ground.paving == "slabs")
    elif ground.paving == "cobbles":
        _slabs(tile, rng, sides=(0.24 * px_per_m, 0.2 * px_per_m), shifted=True, uneven=0.075)
    fine = 0.075 if ground.paving == "asphalt" else 0.03
    shape = (TILE_PX, TILE_PX)
    tile *= (1 + rng.normal(0, fine, shape))[:, :, None]
    tile *= grain(shape, rng, coarse_px=6, strength=0.025)[:, :, None]
    tile *= grain(shape, rng, coarse_px=40, strength=0.02)[:, :, None]
    return tile


def _slabs(tile: FloatArray, rng: Rng, *, sides: tuple[float, float], shifted: bool, uneven: float = 0.035) -> None:
    columns, rows = max(1, round(TILE_PX / sides[0])), max(2, 2 * round(TILE_PX / sides[1] / 2))
    joint = 2 if sides[0] > 30 else 1
    for row in range(rows):
        top, bottom = row * TILE_PX // rows, (row + 1) * TILE_PX // rows
        offset = (row % 2) * TILE_PX // columns // 2 if shifted else 0
        for column in range(columns):
            x = (np.arange(column * TILE_PX // columns, (column + 1) * TILE_PX // columns) + offset) % TILE_PX
            tile[top:bottom, x] *= rng.normal(1, uneven)
            tile[top:bottom, x[:joint]] *= 0.74
        tile[top : top + joint] *= 0.74
