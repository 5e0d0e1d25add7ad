"""Regions of interest: where in its pictures a publisher has labelled the people."""

from dataclasses import replace

import numpy as np

from throng.core.estimate import Estimate
from throng.core.observation import Heads
from throng.core.points import Image, ImagePoints, Mask
from throng.train.errors import DatasetError
from throng.train.record import Record
from throng.vision.crowd import Crowd


def inside(points: ImagePoints, mask: Mask) -> Mask:
    """Tell which points lie in a region, (N,); a point belongs to the pixel that it is nearest to.

    Args:
        points: (N, 2) pixels in the picture.
        mask: (H, W) of the picture.
    """
    height, width = mask.shape
    columns, rows = (np.clip(np.round(points), 0, (width - 1, height - 1)).astype(np.intp)).T
    return np.asarray(mask[rows, columns], dtype=np.bool_)


def crowd_inside(crowd: Crowd, mask: Mask) -> Crowd:
    """Return the part of a crowd that lies in a region.

    The interval is that of the part by the errors of the map; where nobody measured those it shrinks by the share of
    the density in the region.

    Args:
        crowd: of a whole picture.
        mask: (H, W) of that picture.
    """
    density, heads = crowd.density, crowd.heads
    shares = density.shares(mask)
    part = replace(density, people=(density.people * shares).astype(np.float32))
    count = _part(crowd, part.total) if density.error is None else density.error.interval(part.total)
    keep = inside(ImagePoints(heads.points), mask)
    kept = Heads(heads.points[keep], heads.scores[keep], heads.track_ids[keep], heads.heights_m[keep])
    return Crowd(part, kept, count, crowd.warnings)


def _part(crowd: Crowd, people: float) -> Estimate:
    share = min(people / crowd.density.total, 1.0) if crowd.density.total > 0 else 0.0
    # Where nothing was seen in the region, what the whole picture may hold is all that is known.
    return crowd.count.scaled(share) if share > 0 else Estimate(0.0, 0.0, crowd.count.high)


def region_of(record: Record, image: Image) -> Mask | None:
    """Return the region in which a picture is labelled, None for the whole picture.

    Raises:
        DatasetError: the region belongs to a picture of another size.
    """
    mask = record.roi()
    if mask is not None and mask.shape != image.shape[:2]:
        raise DatasetError(
            f"{record.path}: the region of interest has {mask.shape[1]}×{mask.shape[0]} pixels, the picture "
            f"{image.shape[1]}×{image.shape[0]}; they must be of one size"
        )
    return mask
