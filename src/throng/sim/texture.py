"""Surfaces of things, painted flat: bricks, tiles, windows, leaves."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.points import FloatArray
from throng.sim.setting import Colour, Finish

Texture = NDArray[np.uint8]
"""(H, W, 4) blue, green, red, opacity; row 0 is the upper edge."""

Rng = np.random.Generator


def grain(shape: tuple[int, int], rng: Rng, *, coarse_px: float, strength: float) -> FloatArray:
    """Return soft random unevenness around 1.0 for a picture of a shape; `coarse_px` is the size of its spots."""
    small = (max(2, int(shape[0] / coarse_px)), max(2, int(shape[1] / coarse_px)))
    spots = cv2.resize(rng.normal(0, 1, small), (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(1 + strength * spots, dtype=np.float64)


def paint(finish: Finish, size_m: tuple[float, float], *, px_per_m: float, rng: Rng) -> Texture:
    """Paint a surface.

    Args:
        finish: what it is made of.
        size_m: width and height in metres.
        px_per_m: pixels per metre.
        rng: makes it uneven.
    """
    width, height = (max(2, min(2600, round(side * px_per_m))) for side in size_m)
    scale = width / size_m[0]
    base = np.empty((height, width, 3))
    base[:] = finish.colour
    second = _shade(finish.colour, 0.78) if finish.accent is None else finish.accent
    alpha = np.full((height, width), 255.0)
    if finish.pattern in _PAINTERS:
        _PAINTERS[finish.pattern](base, alpha, scale, second, rng)
    uneven = grain((height, width), rng, coarse_px=0.5 * scale, strength=0.035)
    uneven *= grain((height, width), rng, coarse_px=max(1.0, 0.02 * scale), strength=0.025)
    painted = np.dstack((base * uneven[:, :, None], alpha))
    texture: Texture = np.clip(painted, 0, 255).astype(np.uint8)
    return texture


def _shade(colour: Colour, factor: float) -> Colour:
    blue, green, red = (int(min(255, channel * factor)) for channel in colour)
    return blue, green, red


def _bricks(base: FloatArray, _: FloatArray, scale: float, accent: Colour, rng: Rng) -> None:
    _courses(base, accent, rng, sides=(max(4, int(0.9 * scale)), max(3, int(0.42 * scale))), shifted=True)


def _tiles(base: FloatArray, _: FloatArray, scale: float, accent: Colour, rng: Rng) -> None:
    _courses(base, accent, rng, sides=(max(4, int(0.6 * scale)), max(3, int(0.4 * scale))), shifted=False)


def _courses(base: FloatArray, accent: Colour, rng: Rng, *, sides: tuple[int, int], shifted: bool) -> None:
    wide, high = sides
    for row, y in enumerate(range(0, base.shape[0], high)):
        offset = wide // 2 if shifted and row % 2 else 0
        for x in range(-offset, base.shape[1], wide):
            base[y : y + high, max(0, x) : x + wide] *= rng.normal(1, 0.03)
            base[y : y + high, max(0, x) : max(0, x) + 1] = accent
        base[y : y + 1] = accent


def _windows(base: FloatArray, _: FloatArray, scale: float, accent: Colour, rng: Rng) -> None:
    height, width = base.shape[:2]
    for floor in range(6):
        bottom = height - int((1.2 + 3.2 * floor) * scale)
        for x in np.arange(1.0 * scale, width - 1.5 * scale, 2.6 * scale):
            left, right, top = int(x), int(x + 1.25 * scale), bottom - int(1.7 * scale)
            if top < 0:
                return
            frame = max(1, int(0.09 * scale))
            base[top - frame : bottom + frame, left - frame : right + frame] = (222, 226, 228)
            sky = np.linspace(1.5, 0.7, bottom - top)[:, None, None] * rng.normal(1, 0.15)
            base[top:bottom, left:right] = np.asarray(accent) * sky
            middle = (left + right) // 2
            base[top:bottom, middle : middle + frame] = (222, 226, 228)


def _bars(base: FloatArray, alpha: FloatArray, scale: float, accent: Colour, _: Rng) -> None:
    height, width = base.shape[:2]
    pitch, bar = max(3.0, 0.14 * scale), max(1, int(0.022 * scale))
    alpha[:] = 0
    for x in np.arange(0, width, pitch):
        alpha[:, int(x) : int(x) + bar] = 255
    for x in np.arange(0, width, 2.3 * scale):
        alpha[:, int(x) : int(x) + 2 * bar] = 255
    for y in (0, int(0.86 * height)):
        alpha[y : y + max(2, int(0.045 * scale))] = 255
    base[:, ::2] = accent


def _wood(base: FloatArray, _: FloatArray, scale: float, accent: Colour, rng: Rng) -> None:
    plank = max(3, int(0.16 * scale))
    for x in range(0, base.shape[1], plank):
        base[:, x : x + plank] *= rng.normal(1, 0.07)
        base[:, x : x + max(1, plank // 12)] = accent


def _stripes(base: FloatArray, _: FloatArray, scale: float, accent: Colour, __: Rng) -> None:
    stripe = max(2, int(0.3 * scale))
    for x in range(0, base.shape[1], 2 * stripe):
        base[:, x : x + stripe] = accent


def _foliage(base: FloatArray, _: FloatArray, scale: float, __: Colour, rng: Rng) -> None:
    height, width = base.shape[:2]
    for coarse_m, strength in ((0.35, 0.28), (0.09, 0.3)):
        base *= grain((height, width), rng, coarse_px=max(1.0, coarse_m * scale), strength=strength)[:, :, None]


def _water(base: FloatArray, _: FloatArray, scale: float, __: Colour, rng: Rng) -> None:
    height, width = base.shape[:2]
    base *= grain((height, width), rng, coarse_px=max(1.0, 0.25 * scale), strength=0.12)[:, :, None]


def _posters(base: FloatArray, _: FloatArray, scale: float, accent: Colour, rng: Rng) -> None:
    _tiles(base, _, scale, accent, rng)
    height, width = base.shape[:2]
    top, bottom = height - int(2.55 * scale), height - int(0.95 * scale)
    for x in np.arange(1.6 * scale, width - 2.2 * scale, 4.2 * scale):
        left, right, frame = int(x), int(x + 1.15 * scale), max(1, int(0.05 * scale))
        base[top - frame : bottom + frame, left - frame : right + frame] = (70, 72, 74)
        hue = rng.uniform(70, 215) + rng.uniform(-42, 42, 3)
        base[top:bottom, left:right] = hue * np.linspace(1.1, 0.75, bottom - top)[:, None, None]
        third = (bottom - top) // 3
        base[top + third : top + 2 * third, left + 2 * frame : right - 2 * frame] = 245 - 0.8 * hue
        base[bottom - third // 2 : bottom - third // 3, left + 2 * frame : right - 2 * frame] = (235, 235, 235)
    base[height - int(0.25 * scale) :] = (96, 100, 104)


_PAINTERS: dict[str, Callable[[FloatArray, FloatArray, float, Colour, Rng], None]] = {
    "brick": _bricks,
    "tiles": _tiles,
    "windows": _windows,
    "bars": _bars,
    "wood": _wood,
    "stripes": _stripes,
    "foliage": _foliage,
    "water": _water,
    "posters": _posters,
}


def tree_crown(side_px: int, rng: Rng) -> Texture:
    """Paint the crown of a tree, lit from the upper left, on a clear background."""
    crown = np.zeros((side_px, side_px, 4), dtype=np.float32)
    half = side_px / 2
    for _ in range(70):
        angle, reach = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 1)) * 0.68
        cx, cy, radius = reach * np.cos(angle), reach * np.sin(angle) * 0.85, rng.uniform(0.14, 0.3)
        left, top, side = int((cx - radius + 1) * half), int((cy - radius + 1) * half), int(2 * radius * half)
        part = crown[top : top + side, left : left + side]
        dx, dy = np.linspace(-1, 1, part.shape[1])[None, :], np.linspace(-1, 1, part.shape[0])[:, None]
        inside = dx**2 + dy**2 < 1
        light = 0.62 - 0.28 * cx - 0.42 * cy - 0.175 * (dx + dy)
        leaf = np.asarray((46, 104, 84)) * rng.normal(1, 0.1)
        part[inside] = np.dstack((leaf * light[:, :, None], np.full(inside.shape, 255.0)))[inside]
    spots = grain((side_px, side_px), rng, coarse_px=max(1.0, side_px / 60), strength=0.25)
    crown[:, :, :3] *= spots[:, :, None]
    crown[:, :, 3] *= spots > 0.72
    return np.clip(crown, 0, 255).astype(np.uint8)
