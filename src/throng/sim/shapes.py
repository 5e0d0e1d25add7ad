"""Bodies drawn without colour: how much light each material sends to each pixel."""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.sim.body import Build, Gait, Limb, Material, limbs
from throng.sim.polygons import Drawing

PX_PER_STATURE = 144
SIDE_PX = int(1.7 * PX_PER_STATURE)
MARGIN_PX = 4
FULL_LIGHT = 128
"""Value in a layer for the plain colour of its material."""

LAYERS = Material.HEAD
"""The head is split into skin and hair, so that it needs no layer."""

CLOTH_PX = (9, 9)
"""Size of the unevenness that cloth hides."""

SUN = (-0.18, -0.17, 0.28)
"""Light from the left, behind and above the camera: (right, away, up) times its strength. It is the same in all
scenes, so that they share the shapes."""

End = tuple[float, float, float, float, float]
"""One end of a limb on the canvas: x, y, depth and radius in pixels, height in statures."""


@dataclass(frozen=True, slots=True)
class View:
    """From where a body is seen.

    Attributes:
        turn_deg: direction the body faces in the picture: 0 to the right, 90 away from the camera, 270 towards it.
        above_deg: angle from which the camera looks down.
    """

    turn_deg: int
    above_deg: int


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A body without colour.

    Attributes:
        layers: (h, w, L) uint8, for each `Material` its light, `FULL_LIGHT` for the plain colour; the layer of
            `Material.NONE` is the opacity, 0 to 255.
        foot, crown: (x, y) pixels of the point between the feet and of the top of the head.
    """

    layers: NDArray[np.uint8]
    foot: tuple[float, float]
    crown: tuple[float, float]


class _Canvas:
    """Collects limbs by depth, then works out for each pixel which limb it shows and where that looks."""

    def __init__(self, view: View) -> None:
        self.turn, self.above = radians(view.turn_deg), radians(view.above_deg)
        self.middle = (SIDE_PX / 2, 1.25 * PX_PER_STATURE)
        self.depth = np.full((SIDE_PX, SIDE_PX), -np.inf, dtype=np.float32)
        self.stroke = np.zeros((SIDE_PX, SIDE_PX), dtype=np.uint8)
        self.strokes: list[tuple[float, ...]] = [(0.0,) * 10]

    def seen(self, point: tuple[float, float, float]) -> tuple[float, float, float]:
        """Turn a point of the body to (right, down, towards the camera) in pixels."""
        x, y, z = point
        right = x * cos(self.turn) - y * sin(self.turn)
        away = x * sin(self.turn) + y * cos(self.turn)
        up = z * cos(self.above) + away * sin(self.above)
        towards = z * sin(self.above) - away * cos(self.above)
        return (
            self.middle[0] + right * PX_PER_STATURE,
            self.middle[1] - up * PX_PER_STATURE,
            towards * PX_PER_STATURE,
        )

    def add(self, limb: Limb) -> None:
        """Draw a limb: the round cone and, when it points at the camera, its nearer end once more as a ball."""
        a: End = (*self.seen(limb.a), limb.radius_a * PX_PER_STATURE, limb.a[2])
        b: End = (*self.seen(limb.b), limb.radius_b * PX_PER_STATURE, limb.b[2])
        self._draw(a, b, limb.material)
        if abs(a[2] - b[2]) > 0.8 * hypot(a[0] - b[0], a[1] - b[1]):
            nearer = a if a[2] > b[2] else b
            self._draw(nearer, nearer, limb.material)

    def _draw(self, a: End, b: End, material: Material) -> None:
        (ax, ay, az, ra, ha), (bx, by, bz, rb, hb) = a, b
        x0, x1 = int(min(ax - ra, bx - rb)), int(max(ax + ra, bx + rb)) + 2
        y0, y1 = int(min(ay - ra, by - rb)), int(max(ay + ra, by + rb)) + 2
        rows, columns = _grid()
        x, y = columns[:, x0:x1] - np.float32(ax), rows[y0:y1] - np.float32(ay)
        dx, dy = bx - ax, by - ay
        scale = 1 / max(dx * dx + dy * dy, 1e-6)
        t = np.minimum(np.maximum(x * (dx * scale) + y * (dy * scale), 0), 1)
        radius = ra + t * (rb - ra)
        ox, oy = x - t * dx, y - t * dy
        # Outside the limb the root is not a number, and no depth is greater than that.
        depth = np.sqrt(radius * radius - ox * ox - oy * oy) + (az + t * (bz - az))
        area = (slice(y0, y1), slice(x0, x1))
        shown = depth > self.depth[area]
        np.copyto(self.depth[area], depth, where=shown)
        self.stroke[area][shown] = len(self.strokes)
        self.strokes.append((ax, ay, dx, dy, scale, ra, rb - ra, ha, hb - ha, material))

    def finish(self, step: int) -> tuple[int, int]:
        """Crop to what is drawn, in whole steps, and work out its surface; return the column and row it begins at."""
        rows, columns = (np.flatnonzero((self.stroke > 0).any(axis=axis)) for axis in (1, 0))
        y0, x0 = int(rows[0]) - MARGIN_PX, int(columns[0]) - MARGIN_PX
        high, wide = (-(-(int(side[-1] - side[0]) + 2 * MARGIN_PX + 1) // step) * step for side in (rows, columns))
        stroke = self.stroke[y0 : y0 + high, x0 : x0 + wide]
        drawn = np.nonzero(stroke)
        table = np.array(self.strokes, dtype=np.float32)[stroke[drawn]].T
        ax, ay, dx, dy, scale, radius_a, widening, height, rise, material = table
        x, y = drawn[1].astype(np.float32) + x0 - ax, drawn[0].astype(np.float32) + y0 - ay
        t = ((x * dx + y * dy) * scale).clip(0, 1)
        radius = radius_a + t * widening
        right, up = (x - t * dx) / radius, (t * dy - y) / radius
        self.normal = np.zeros((high, wide, 3), dtype=np.float32)
        self.normal[drawn] = np.stack((right, up, np.sqrt((1 - right**2 - up**2).clip(0))), axis=-1)
        self.height = np.zeros((high, wide), dtype=np.float32)
        self.height[drawn] = height + t * rise
        self.material = np.zeros((high, wide), dtype=np.uint8)
        self.material[drawn] = material
        self._hair()
        return x0, y0

    def _hair(self) -> None:
        """Split the head into face and hair, by where its surface looks."""
        head = self.material == Material.HEAD
        right, up, towards = np.moveaxis(self.normal[head], -1, 0)
        away = up * sin(self.above) - towards * cos(self.above)
        high = up * cos(self.above) + towards * sin(self.above)
        forward = right * cos(self.turn) + away * sin(self.turn)
        covered = (high > 0.42) | ((forward < 0.12) & (high > -0.75))
        self.material[head] = np.where(covered, Material.HAIR, Material.SKIN)

    def light(self) -> Drawing:
        """Light on every pixel: sky from above, the sun, and less where the surface turns away."""
        for kind in (Material.TOP, Material.BOTTOM):
            self._smooth(self.material == kind)
        right, up, towards = np.moveaxis(self.normal, -1, 0)
        high = up * cos(self.above) + towards * sin(self.above)
        away = up * sin(self.above) - towards * cos(self.above)
        light = 0.62 + 0.16 * high + 0.17 * towards
        light += np.maximum(0, right * SUN[0] + away * SUN[1] + high * SUN[2]) - 0.06
        light *= 0.8 + 0.2 * (self.height / 0.45).clip(0, 1)
        cloth = (self.material == Material.TOP) | (self.material == Material.BOTTOM)
        light[cloth] *= _folds()[: light.shape[0], : light.shape[1]][cloth]
        return np.asarray(light, dtype=np.float32)

    def _smooth(self, cloth: NDArray[np.bool_]) -> None:
        """Let cloth hang over the rounded slices that a body is made of."""
        weight = cv2.blur(cv2.blur(cloth.astype(np.float32), CLOTH_PX), CLOTH_PX)
        spread = cv2.blur(cv2.blur(self.normal * cloth[:, :, None], CLOTH_PX), CLOTH_PX)
        self.normal[cloth] = 1.12 * spread[cloth] / weight[cloth][:, None]


@lru_cache(maxsize=6000)
def draw_shape(build: Build, gait: Gait, phase: int, view: View, size: int) -> Shape:
    """Draw a body 1, 1/2, 1/4 … of the full size; each one is drawn once and then kept for all cameras."""
    canvas = _Canvas(view)
    with np.errstate(invalid="ignore"):
        for limb in limbs(build, gait, phase):
            canvas.add(limb)
    step = 1 << size
    x0, y0 = canvas.finish(step)
    high, wide = canvas.material.shape
    light = canvas.light() * FULL_LIGHT
    light = np.where(canvas.material > 0, light.clip(0, 255), 0).astype(np.float32)
    layers = np.zeros((high // step, wide // step, LAYERS), dtype=np.uint8)
    for kind in list(Material)[:LAYERS]:
        shown = canvas.material == kind
        values = 255 * (~shown).astype(np.float32) if kind is Material.NONE else light * shown
        # Averaging smooths the edges of the smaller sizes; the full size needs a breath of blur for that.
        soft = cv2.GaussianBlur(values, (3, 3), 0.6) if step == 1 else values
        layers[:, :, kind] = np.rint(cv2.resize(soft, (wide // step, high // step), interpolation=cv2.INTER_AREA))
    foot, crown = canvas.seen((0.0, 0.0, 0.0)), canvas.seen((0.0, 0.0, 1.0))
    return Shape(layers, _smaller(foot[0] - x0, foot[1] - y0, step), _smaller(crown[0] - x0, crown[1] - y0, step))


def _smaller(x: float, y: float, step: int) -> tuple[float, float]:
    """Move a point to the picture that is `step` times smaller; pixel centres are whole numbers."""
    return (x + 0.5) / step - 0.5, (y + 0.5) / step - 0.5


@lru_cache(maxsize=1)
def _folds() -> Drawing:
    """Soft unevenness of cloth, the size of the canvas."""
    y, x = np.mgrid[0:SIDE_PX, 0:SIDE_PX]
    waves = np.sin(x * 0.27 + 1.7 * np.sin(y * 0.09)) * np.sin(y * 0.12 + 0.9 * np.sin(x * 0.19))
    return np.asarray(1 + 0.045 * waves, dtype=np.float32)


@lru_cache(maxsize=1)
def _grid() -> tuple[Drawing, Drawing]:
    """Rows (S, 1) and columns (1, S) of the canvas."""
    side = np.arange(SIDE_PX, dtype=np.float32)
    return side[:, None], side[None, :]
