"""Everything that does not move: ground, walls, things and their shadows, drawn once."""

from dataclasses import dataclass
from math import cos, radians, sin, tan

import cv2
import numpy as np
from shapely import get_coordinates
from shapely.geometry import MultiPoint, Polygon

from throng.core.calibration import Calibration
from throng.core.points import FloatArray, Image, Mask
from throng.sim.faces import Face, block_faces, tree_faces
from throng.sim.paving import ground_picture
from throng.sim.polygons import Drawing, bounds, depth_m, fill, outline, pixel_grid
from throng.sim.setting import Block, Light, Setting
from throng.sim.texture import Rng

SHADOW = 0.42
"""Share of the light that a shadow takes away when the sun shines fully."""


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """The picture without people.

    Attributes:
        image: (H, W, 3) uint8.
        things: (H, W) float32 depth in metres of the nearest thing that stands on the ground, infinite for none.
        walls: (H, W) float32 the same for walls only.
    """

    image: Image
    things: Drawing
    walls: Drawing


def draw_backdrop(calibration: Calibration, setting: Setting, rng: Rng) -> Backdrop:
    """Draw the setting through a camera, finer than the picture and then averaged."""
    width, height = calibration.image_size
    finer = 2 if width <= 1280 else 1
    fine = calibration.scaled_to(width * finer, height * finer)
    picture = ground_picture(fine, setting.ground, rng)
    _sky(picture, setting)
    _shade_ground(picture, fine, setting)
    depth = np.full(picture.shape[:2], np.inf, dtype=np.float32)
    walls = depth.copy()
    faces = [face for block in setting.blocks for face in block_faces(block, fine, setting.light, rng)]
    faces += [face for tree in setting.trees for face in tree_faces(tree, fine, rng)]
    for face in faces:
        _draw(face, fine, picture, depth, walls)
    picture *= np.asarray(setting.light.tint, dtype=np.float32)
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return Backdrop(
        image=np.clip(small, 0, 255).astype(np.uint8),
        things=np.ascontiguousarray(depth[::finer, ::finer]),
        walls=np.ascontiguousarray(walls[::finer, ::finer]),
    )


def _sky(picture: Drawing, setting: Setting) -> None:
    above = np.isnan(picture[:, :, 0])
    picture[above] = setting.sky


def _draw(face: Face, calibration: Calibration, picture: Drawing, depth: Drawing, walls: Drawing) -> None:
    inside = fill((picture.shape[0], picture.shape[1]), outline(calibration, face.corners))
    area = bounds(inside)
    if area is None:
        return
    rows, columns = area
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    x, y, ahead = _texture_places(face, calibration, rows, columns)
    high, wide = face.texture.shape[:2]
    texel = face.texture if face.blur_px < 1.5 else cv2.blur(face.texture, (round(face.blur_px),) * 2)
    found = cv2.remap(
        texel,
        (x * wide - 0.5).reshape(shape).astype(np.float32),
        ((1 - y) * high - 0.5).reshape(shape).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    opacity = found[:, :, 3:].astype(np.float32) / 255
    near = ahead.reshape(shape)
    shown: Mask = inside[area] & (near < depth[area])
    part = picture[area]
    mixed = part * (1 - opacity) + found[:, :, :3] * face.brightness * opacity
    part[shown] = mixed[shown]
    solid = shown & (opacity[:, :, 0] > 0.5)
    depth[area][solid] = near[solid]
    if face.wall:
        walls[area][solid] = near[solid]


def _texture_places(
    face: Face, calibration: Calibration, rows: slice, columns: slice
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """For each pixel the place on the face, 0 to 1 along both sides, and its depth."""
    along, up = face.sides
    plane = calibration.projection @ np.column_stack((np.vstack((along, up, face.origin)), (0, 0, 1))).T
    pixels = pixel_grid(rows, columns)
    u, v, w = np.linalg.inv(plane) @ np.column_stack((pixels, np.ones(len(pixels)))).T
    u, v = u / w, v / w
    ahead = depth_m(calibration, face.origin + u[:, None] * along + v[:, None] * up)
    return u, v, ahead


def _shade_ground(picture: Drawing, calibration: Calibration, setting: Setting) -> None:
    """Darken the ground where things stand and where they keep the sun off."""
    shape = (picture.shape[0], picture.shape[1])
    shadow, contact = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    for block in setting.blocks:
        if block.base_m == 0:
            rim = np.asarray(Polygon(block.footprint).buffer(0.28).exterior.coords)[:-1]
            contact[fill(shape, outline(calibration, _flat(rim)))] = 1
        if block.shadow and setting.light.sun > 0:
            shadow[fill(shape, outline(calibration, _flat(_shadow_of(block, setting.light))))] = 1
    if setting.light.sun > 0:
        for tree in setting.trees:
            dx, dy = shadow_offset(setting.light, tree.height_m * 0.7)
            crown = np.asarray(
                MultiPoint([(tree.at[0] + dx, tree.at[1] + dy)]).buffer(tree.spread_m / 2).exterior.coords
            )
            shadow[fill(shape, outline(calibration, _flat(crown[:-1])))] = 0.8
    sigma = picture.shape[1] / 960
    picture *= 1 - SHADOW * 2 * setting.light.sun * cv2.GaussianBlur(shadow, (0, 0), 1.6 * sigma)[:, :, None]
    picture *= 1 - 0.35 * cv2.GaussianBlur(contact, (0, 0), 5.0 * sigma)[:, :, None]


def shadow_offset(light: Light, height_m: float) -> tuple[float, float]:
    """Return how far from its foot a point at a height throws its shadow, site metres."""
    length = height_m / tan(radians(light.sun_height_deg))
    angle = radians(light.sun_from_deg)
    return -cos(angle) * length, -sin(angle) * length


def _shadow_of(block: Block, light: Light) -> FloatArray:
    base = np.asarray(block.footprint)
    ends = [base + shadow_offset(light, height_m) for height_m in (block.base_m, block.top_m)]
    return np.asarray(get_coordinates(MultiPoint(np.vstack(ends)).convex_hull)[:-1], dtype=np.float64)


def _flat(points: FloatArray) -> FloatArray:
    return np.column_stack((points, np.zeros(len(points))))
