"""A zone as one camera sees it: the polygon in the picture and the mask, computed once."""

from dataclasses import dataclass

from throng.core.points import FloatArray, Mask
from throng.core.site import Zone


@dataclass(frozen=True, slots=True, eq=False)
class ZoneView:
    """The View of a zone: its polygon seen through the calibration of one camera.

    Attributes:
        zone: the zone.
        outline: (K, 2) pixels, the visible part of the zone on the ground plane, for drawing.
        mask: (H, W) bool, pixels whose head plane point lies in the zone.
        visible_share: share of the zone's ground area that the picture shows, in (0, 1].
        visible_area_m2: that area; None without a calibration.
    """

    zone: Zone
    outline: FloatArray
    mask: Mask
    visible_share: float
    visible_area_m2: float | None
