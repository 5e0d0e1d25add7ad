"""Lays a figure into the picture: turned, scaled, moved, and cut off where something nearer stands."""

from math import ceil, floor

import cv2
import numpy as np

from throng.core.points import Image
from throng.sim.figures import Figure
from throng.sim.polygons import Drawing

BLOCK_PX = 16
CLEARANCE_M = 0.15
"""Somebody so near behind a thing stands before it: a figure is flat, a body is not."""

Pixel = tuple[float, float]


class Paster:
    """Lays figures into pictures of one camera.

    Args:
        things: (H, W) depth in metres of the nearest thing on the ground, infinite for none.
    """

    def __init__(self, things: Drawing) -> None:
        self._things = things
        high, wide = (-(-side // BLOCK_PX) for side in things.shape)
        padded = np.full((high * BLOCK_PX, wide * BLOCK_PX), np.inf, dtype=np.float32)
        padded[: things.shape[0], : things.shape[1]] = things
        # Most people stand before nothing: one look at a few blocks spares the look at every pixel.
        self._nearest = padded.reshape(high, BLOCK_PX, wide, BLOCK_PX).min(axis=(1, 3))

    def paste(self, image: Image, figure: Figure, *, foot: Pixel, crown: Pixel, depth_m: float) -> None:
        """Lay a figure into an image, in place, so that its foot and crown come to lie on two pixels."""
        high, wide = figure.pixels.shape[:2]
        turn = complex(crown[0] - foot[0], crown[1] - foot[1])
        turn /= complex(figure.crown[0] - figure.foot[0], figure.crown[1] - figure.foot[1])
        shift = complex(*foot) - turn * complex(*figure.foot)
        corners = [shift + turn * complex(x, y) for x in (-0.5, wide - 0.5) for y in (-0.5, high - 0.5)]
        x0, y0 = max(floor(min(c.real for c in corners)), 0), max(floor(min(c.imag for c in corners)), 0)
        x1 = min(ceil(max(c.real for c in corners)) + 1, image.shape[1])
        y1 = min(ceil(max(c.imag for c in corners)) + 1, image.shape[0])
        if x0 >= x1 or y0 >= y1:
            return
        warp = np.array([[turn.real, -turn.imag, shift.real - x0], [turn.imag, turn.real, shift.imag - y0]])
        patch = cv2.warpAffine(figure.pixels, warp, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
        limit_m = depth_m - CLEARANCE_M
        blocks = self._nearest[y0 // BLOCK_PX : (y1 - 1) // BLOCK_PX + 1, x0 // BLOCK_PX : (x1 - 1) // BLOCK_PX + 1]
        if blocks.min() < limit_m:
            patch[self._things[y0:y1, x0:x1] < limit_m] = 0
        part = image[y0:y1, x0:x1]
        clear = cv2.bitwise_not(cv2.extractChannel(patch, 3))
        behind = cv2.multiply(part, cv2.merge((clear, clear, clear)), scale=1 / 255)
        part[:] = cv2.add(behind, cv2.cvtColor(patch, cv2.COLOR_BGRA2BGR))
