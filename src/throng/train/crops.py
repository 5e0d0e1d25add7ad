"""Square crops of pictures at a random scale, with the heads in them."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from throng.core.points import FloatArray


@dataclass(frozen=True, slots=True)
class Window:
    """Where a crop comes from: a square of whole pixels, so that points move exactly as the picture does.

    Attributes:
        left, top: its first column and row in the picture.
        side: its side in pixels of the picture.
        flip: the crop is mirrored, left to right.
    """

    left: int
    top: int
    side: int
    flip: bool

    def __str__(self) -> str:
        mirrored = ", mirrored" if self.flip else ""
        return f"{self.side} px square at ({self.left}, {self.top}){mirrored}"


def draw_window(size: tuple[int, int], *, crop_px: int, scale: tuple[float, float], rng: np.random.Generator) -> Window:
    """Choose a window at random.

    Args:
        size: width and height of the picture.
        crop_px: side of the crop that it becomes.
        scale: the picture is enlarged by a factor from this range, log-uniform; by more where it is too small for
            one crop.
        rng: decides.
    """
    factor = math.exp(rng.uniform(math.log(scale[0]), math.log(scale[1])))
    side = max(1, min(round(crop_px / factor), *size))
    left, top = (int(rng.integers(length - side + 1)) for length in size)
    return Window(left, top, side, bool(rng.random() < 0.5))


def cut_image(image: torch.Tensor, window: Window, crop_px: int) -> torch.Tensor:
    """Cut a crop out, on the device of the picture.

    Args:
        image: (H, W, 3) uint8.
        window: what to cut.
        crop_px: side of the crop.

    Returns:
        (3, crop_px, crop_px) float32 in [0, 255].
    """
    rows, columns = slice(window.top, window.top + window.side), slice(window.left, window.left + window.side)
    crop = image[rows, columns].permute(2, 0, 1)[None].float()
    if window.side != crop_px:
        shrunk = window.side > crop_px
        crop = functional.interpolate(crop, size=(crop_px, crop_px), mode="bilinear", antialias=shrunk)
    return (crop.flip(-1) if window.flip else crop)[0]


def cut_points(points: FloatArray, window: Window, crop_px: int) -> FloatArray:
    """Return the points that lie in a window, (M, 2), in pixels of the crop; empty for nobody.

    Args:
        points: (N, 2) pixels of the picture, the centre of the top left pixel at (0, 0).
        window: what is cut.
        crop_px: side of the crop.
    """
    inside = (points + 0.5 - (window.left, window.top)) * (crop_px / window.side)
    kept = inside[((inside >= 0) & (inside < crop_px)).all(axis=1)] - 0.5
    if window.flip:
        kept = np.column_stack((crop_px - 1 - kept[:, 0], kept[:, 1]))
    return kept
