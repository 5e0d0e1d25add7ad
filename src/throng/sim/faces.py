"""The sides of things: flat textured rectangles in space."""

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np

from throng.core.calibration import Calibration
from throng.core.points import FloatArray
from throng.sim.polygons import depth_m, focal_px
from throng.sim.setting import Block, Finish, Light, Tree
from throng.sim.texture import Rng, Texture, paint, tree_crown


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A flat piece of surface.

    Attributes:
        corners: (N, 3) its outline in site metres.
        origin: (3,) where the lower left corner of the texture lies.
        sides: (2, 3) the two sides of the texture from there, along and up.
        texture: its surface.
        brightness: light that falls on it, 1.0 for full.
        blur_px: pixels of the texture that fall on one pixel of the picture.
        wall: it hides people entirely.
    """

    corners: FloatArray
    origin: FloatArray
    sides: FloatArray
    texture: Texture
    brightness: float
    blur_px: float
    wall: bool


def block_faces(block: Block, calibration: Calibration, light: Light, rng: Rng) -> list[Face]:
    """Cut a block into the faces that look towards the camera."""
    base = np.asarray(block.footprint, dtype=np.float64)
    camera = calibration.camera_position_m
    faces = []
    for k in range(len(base)):
        start, end = base[k], base[(k + 1) % len(base)]
        outward = np.array([end[1] - start[1], start[0] - end[0]]) / np.linalg.norm(end - start)
        if (camera[:2] - start) @ outward > 0 or block.side.pattern == "bars":
            faces.append(_side(block, calibration, start, end, brightness=_light_on(outward, light), rng=rng))
    if camera[2] > block.top_m:
        faces.append(_lid(block, calibration, light, rng))
    return faces


def _light_on(outward: FloatArray, light: Light) -> float:
    towards_sun = np.array([cos(radians(light.sun_from_deg)), sin(radians(light.sun_from_deg))])
    facing = max(0.0, float(outward @ towards_sun)) * cos(radians(light.sun_height_deg))
    return 0.78 - 0.12 * light.sun + 0.62 * light.sun * facing


def _side(
    block: Block, calibration: Calibration, start: FloatArray, end: FloatArray, *, brightness: float, rng: Rng
) -> Face:
    low, high = block.base_m, block.top_m
    corners = np.array([(*start, low), (*end, low), (*end, high), (*start, high)])
    sides = np.array([(*(end - start), 0.0), (0.0, 0.0, high - low)])
    texture, blur_px = _surface(block.side, corners, sides, calibration=calibration, rng=rng)
    return Face(corners, corners[0], sides, texture, brightness, blur_px, block.wall)


def _lid(block: Block, calibration: Calibration, light: Light, rng: Rng) -> Face:
    base = np.asarray(block.footprint, dtype=np.float64)
    lowest, highest = base.min(axis=0), base.max(axis=0)
    sides = np.array([(highest[0] - lowest[0], 0.0, 0.0), (0.0, highest[1] - lowest[1], 0.0)])
    brightness = 0.84 + 0.36 * light.sun * sin(radians(light.sun_height_deg))
    corners = np.column_stack((base, np.full(len(base), block.top_m)))
    finish = block.side if block.top is None else block.top
    texture, blur_px = _surface(finish, corners, sides, calibration=calibration, rng=rng)
    return Face(corners, np.array([*lowest, block.top_m]), sides, texture, brightness, blur_px, wall=False)


def _surface(
    finish: Finish, corners: FloatArray, sides: FloatArray, *, calibration: Calibration, rng: Rng
) -> tuple[Texture, float]:
    """Paint a surface as finely as the camera sees it; also return its texels per pixel."""
    nearest = max(2.0, float(depth_m(calibration, corners).min()))
    seen_px_per_m = focal_px(calibration) / nearest
    px_per_m = float(np.clip(seen_px_per_m, 8, 90))
    width, height = (float(np.linalg.norm(side)) for side in sides)
    return paint(finish, (width, height), px_per_m=px_per_m, rng=rng), px_per_m / seen_px_per_m


def tree_faces(tree: Tree, calibration: Calibration, rng: Rng) -> list[Face]:
    """Make a tree of two upright pictures that look towards the camera: trunk and crown."""
    at = np.asarray(tree.at)
    view = at - calibration.camera_position_m[:2]
    along = np.array([view[1], -view[0], 0.0]) / np.linalg.norm(view)
    trunk_top = tree.height_m - tree.spread_m * 0.75
    faces = []
    for width, low, high, texture in (
        (0.32, 0.0, trunk_top + 0.6, paint(Finish((52, 72, 92), "wood"), (0.32, 2.0), px_per_m=60, rng=rng)),
        (tree.spread_m, trunk_top - 0.4, tree.height_m, tree_crown(300, rng)),
    ):
        corner = np.array([*at, low]) - along * width / 2
        sides = np.array([along * width, (0.0, 0.0, high - low)])
        corners = np.array([corner, corner + sides[0], corner + sides[0] + sides[1], corner + sides[1]])
        faces.append(Face(corners, corner, sides, texture, 1.0, 1.0, wall=False))
    return faces
