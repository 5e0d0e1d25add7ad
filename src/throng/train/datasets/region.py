"""Regions in which people are labelled, as masks of the picture's size."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import ArrayLike

from throng.core.points import FloatArray, Mask
from throng.train.datasets.layout import Size


def mask_at(mask: ArrayLike, size: Size) -> Mask:
    """Return a mask as (H, W) booleans at the size of a picture."""
    values = np.asarray(mask, dtype=np.uint8)
    if values.shape != (size[1], size[0]):
        values = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_NEAREST))
    return values > 0


def polygons_mask(polygons: Iterable[FloatArray], size: Size) -> Mask:
    """Draw polygons, each (N, 2) pixels with 0-based centres, as an (H, W) mask; their borders belong to them."""
    mask = np.zeros((size[1], size[0]), dtype=np.uint8)
    for polygon in polygons:
        cv2.fillPoly(mask, [np.rint(polygon).astype(np.int32)], (1,))
    return mask > 0


def outside_boxes(boxes: Iterable[tuple[float, float, float, float]], size: Size) -> Mask:
    """Return an (H, W) mask that is false inside the boxes, each x, y, width and height in pixels."""
    mask = np.ones((size[1], size[0]), dtype=np.bool_)
    for x, y, width, height in boxes:
        mask[_span(y, height), _span(x, width)] = False
    return mask


def _span(start: float, length: float) -> slice:
    return slice(max(0, round(start)), max(0, round(start + length)))
