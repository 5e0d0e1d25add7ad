"""Dressed people as small pictures."""

from collections import OrderedDict
from dataclasses import dataclass
from math import cos, floor, log2, radians

import numpy as np
from numpy.typing import NDArray

from throng.sim.body import Gait, Material
from throng.sim.looks import Look
from throng.sim.polygons import Drawing
from throng.sim.shapes import FULL_LIGHT, LAYERS, PX_PER_STATURE, View, draw_shape

SIZES = 4
"""Sizes: full, 1/2, 1/4 and 1/8."""

KEPT_BYTES = 12_000_000
"""Memory for the pictures of one camera."""


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A person as a picture.

    Attributes:
        pixels: (h, w, 4) uint8 blue, green, red times opacity, and opacity.
        foot, crown: (x, y) pixels of the point between the feet and of the top of the head.
    """

    pixels: NDArray[np.uint8]
    foot: tuple[float, float]
    crown: tuple[float, float]


class Figures:
    """Dresses figures when they are first needed and keeps those used last."""

    def __init__(self, looks: list[Look]) -> None:
        self._looks = looks
        self._dyes = [_dye(look) for look in looks]
        self._kept: OrderedDict[tuple[int, Gait, int, View, int], Figure] = OrderedDict()
        self._bytes = 0

    def figure(self, look: int, gait: Gait, phase: int, *, view: View, height_px: float) -> Figure:
        """Return a figure about as large as it will be seen.

        Args:
            look: number of the look.
            gait: how they move.
            phase: moment of the walk cycle.
            view: from where they are seen.
            height_px: length from foot to crown in the picture.
        """
        upright_px = PX_PER_STATURE * cos(radians(view.above_deg))
        size = min(max(floor(log2(1.2 * upright_px / max(height_px, 1.0))), 0), SIZES - 1)
        key = (look, gait, phase, view, size)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        found = self._kept[key] = self._dress(*key)
        self._bytes += found.pixels.nbytes
        while self._bytes > KEPT_BYTES:
            self._bytes -= self._kept.popitem(last=False)[1].pixels.nbytes
        return found

    def _dress(self, look: int, gait: Gait, phase: int, view: View, size: int) -> Figure:
        shape = draw_shape(self._looks[look].build, gait, phase, view, size)
        high, wide, _ = shape.layers.shape
        # One flat product: numpy multiplies stacks of matrices row by row, and cv2.transform is slow beyond 4 channels.
        pixels = shape.layers.reshape(-1, LAYERS).astype(np.float32) @ self._dyes[look]
        np.minimum(pixels, 255, out=pixels)
        return Figure(pixels.astype(np.uint8).reshape(high, wide, 4), shape.foot, shape.crown)


def _dye(look: Look) -> Drawing:
    """Return the matrix (L, 4) that turns the layers of a shape to blue, green, red and opacity."""
    dye = np.zeros((LAYERS, 4), dtype=np.float32)
    dye[:, :3] = look.palette[:LAYERS] / FULL_LIGHT
    dye[Material.NONE] = (0, 0, 0, 1)
    return dye
