"""Draws a density map over a picture."""

import cv2
import numpy as np

from throng.core.density_map import DensityMap
from throng.core.observation import HEAD_M
from throng.core.points import Image

FULL_PER_M2 = 6.0
"""Density that is drawn in the last colour: level of service F has long begun."""

_MOST_COVER = 0.65
_HEADS_PER_BLUR = 1.5
_STEPS = 255


def draw_density(canvas: Image, density: DensityMap) -> None:
    """Lay a density map over a picture, in place: the more people, the warmer and the less transparent.

    The scale is that of the heads, so that the colours mean about the same near and far from a camera only as far as
    the heads are of one size: for numbers see the readings.

    Args:
        canvas: (H, W, 3) uint8 BGR of the size of the map's picture.
        density: what to draw.

    Raises:
        ValueError: the picture has another size.
    """
    width, height = density.image_size
    if canvas.shape[:2] != (height, width):
        raise ValueError(f"expected a picture of {width}×{height} pixels, got {canvas.shape[1]}×{canvas.shape[0]}")
    head_px = density.head_px or 2 * density.cell_px[0]
    per_px = density.people / np.float32(density.cell_px[0] * density.cell_px[1])
    smooth = cv2.GaussianBlur(per_px, (0, 0), max(0.5, _HEADS_PER_BLUR * head_px / density.cell_px[0]))
    covered = (round(per_px.shape[1] * density.cell_px[0]), round(per_px.shape[0] * density.cell_px[1]))
    wide = cv2.resize(smooth, covered, interpolation=cv2.INTER_LINEAR)[:height, :width]
    wide = cv2.copyMakeBorder(wide, 0, height - wide.shape[0], 0, width - wide.shape[1], cv2.BORDER_REPLICATE)
    share = np.clip(wide * np.float32((head_px / HEAD_M) ** 2 / FULL_PER_M2), 0, 1)
    colours = cv2.applyColorMap(np.asarray(share * _STEPS, dtype=np.uint8), cv2.COLORMAP_TURBO)
    cover = (_MOST_COVER * np.sqrt(share))[..., None]
    canvas[:] = np.asarray(canvas * (1 - cover) + colours * cover, dtype=np.uint8)
