"""Fitting a picture into the fixed input of a network without changing its proportions."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.points import Image

FILL = 114
"""Grey of the border, as the YOLO family was trained with."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture was placed on the network's input.

    Attributes:
        scale: input pixels per picture pixel.
        left_px, top_px: where the picture's top left corner lies on the input.
    """

    scale: float
    left_px: float
    top_px: float

    def to_picture(self, boxes: NDArray[np.floating]) -> NDArray[np.float64]:
        """Map boxes (N, 4) from input pixels to picture pixels."""
        shift = np.array([self.left_px, self.top_px, self.left_px, self.top_px])
        mapped: NDArray[np.float64] = (boxes.astype(np.float64) - shift) / self.scale
        return mapped


def letterbox(image: Image, size: tuple[int, int], *, centred: bool) -> tuple[Image, Letterbox]:
    """Scale a picture into `size` (width, height) and fill the rest with grey.

    Args:
        image: (H, W, 3).
        size: width and height of the network's input.
        centred: put the picture in the middle (YOLOv5 and later) instead of in the top left corner (YOLOX).
    """
    width, height = size
    picture_height, picture_width = image.shape[:2]
    scale = min(width / picture_width, height / picture_height)
    inner = (max(1, int(picture_width * scale)), max(1, int(picture_height * scale)))
    left, top = ((width - inner[0]) // 2, (height - inner[1]) // 2) if centred else (0, 0)
    canvas = np.full((height, width, 3), FILL, dtype=np.uint8)
    cv2.resize(image, inner, dst=canvas[top : top + inner[1], left : left + inner[0]], interpolation=cv2.INTER_LINEAR)
    return canvas, Letterbox(scale, left, top)
