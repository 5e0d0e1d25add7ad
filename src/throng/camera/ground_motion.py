"""From motion in the picture to velocities on the ground, and the velocity of every place of a zone."""

from dataclasses import dataclass

import numpy as np

from throng.camera.crowd_count import CrowdCount
from throng.core.calibration import Calibration
from throng.core.motion_field import MotionField
from throng.core.observation import HEAD_HEIGHT_M
from throng.core.points import FloatArray, GroundPoints, ImagePoints, Mask

TRACKS, OPTICAL_FLOW, FUSED = "tracks", "optical_flow", "fused"

FASTEST_MPS = 7.0
"""Nobody in a crowd runs faster; what does is a mistake of the flow, or a person-high thing on wheels."""


@dataclass(frozen=True, slots=True, eq=False)
class ZoneMotion:
    """The velocity of every place of a `CrowdCount`.

    Attributes:
        velocities_mps: (K, 2) m/s on the ground; NaN where unknown, and where nobody is.
        people: (K,) how many people each place stands for.
        estimator: `tracks`, `optical_flow` or `fused`; None where no velocity is known.
    """

    velocities_mps: FloatArray
    people: FloatArray
    estimator: str | None

    @property
    def known_share(self) -> float | None:
        """Share of the people whose velocity is known; None when nobody is there."""
        everybody = float(self.people.sum())
        return float(self.people[self._known].sum()) / everybody if everybody > 0 else None

    @property
    def mean_speed_mps(self) -> float | None:
        """Mean speed of the people whose velocity is known, weighted by how many each place stands for, or None."""
        speeds, weights = np.hypot(*self.velocities_mps[self._known].T), self.people[self._known]
        return float(np.average(speeds, weights=weights)) if weights.sum() > 0 else None

    @property
    def _known(self) -> Mask:
        return np.asarray(np.isfinite(self.velocities_mps).all(axis=1), dtype=np.bool_)


def ground_velocities(motion: MotionField, calibration: Calibration, pixels: ImagePoints) -> FloatArray:
    r"""Return the velocity on the ground of heads at pixels, (N, 2) m/s.

    .. math:: v = \frac{G(p) - G(p - u \Delta t)}{\Delta t}

    G being the way from a pixel to the place under it on the head plane, u the motion in the picture and Δt its
    baseline. NaN where the motion is unknown, above the horizon, outside the picture, and above `FASTEST_MPS`.

    Args:
        motion: of the picture.
        calibration: of the camera, scaled to this picture.
        pixels: (N, 2) heads.
    """
    if calibration.image_size != motion.image_size:
        raise ValueError(f"expected a calibration for pictures of {motion.image_size}, got {calibration.image_size}")
    before = ImagePoints(pixels - motion.at(pixels) * motion.baseline_s)
    way_m = calibration.to_ground(pixels, HEAD_HEIGHT_M) - calibration.to_ground(before, HEAD_HEIGHT_M)
    velocities = np.asarray(way_m / motion.baseline_s, dtype=np.float64)
    velocities[~(np.hypot(velocities[:, 0], velocities[:, 1]) <= FASTEST_MPS)] = np.nan
    return velocities


def zone_motion(
    crowd: CrowdCount,
    tracked_mps: FloatArray,
    *,
    motion: MotionField | None,
    calibration: Calibration | None,
) -> ZoneMotion:
    """Give every place of a zone its velocity: that of its track, or else that of the picture at its head.

    Args:
        crowd: the places of the zone, those found one by one first, then the cells of the map.
        tracked_mps: (M, 2) velocities of the tracks of the first M places, NaN where there is none.
        motion: of the picture; None for none.
        calibration: of the camera, scaled to its pictures; None for none, then only tracks can tell.

    Raises:
        ValueError: there are more tracks than places.
    """
    if len(tracked_mps) > len(crowd.people):
        raise ValueError(f"expected at most {len(crowd.people)} velocities of tracks, got {len(tracked_mps)}")
    velocities = np.full((len(crowd.people), 2), np.nan)
    velocities[: len(tracked_mps)] = tracked_mps
    occupied = crowd.people > 0
    velocities[~occupied] = np.nan
    tracked = bool(np.isfinite(velocities).any())
    flowed = False
    if motion is not None and calibration is not None:
        # Places of the map come from the head plane, so that this way back gives the middle of their cell.
        rest = np.flatnonzero(occupied & np.isnan(velocities[:, 0]) & np.isfinite(crowd.ground[:, 0]))
        heads = calibration.to_image(GroundPoints(crowd.ground[rest]), HEAD_HEIGHT_M)
        velocities[rest] = ground_velocities(motion, calibration, heads)
        flowed = bool(np.isfinite(velocities[rest]).any())
    estimator = FUSED if tracked and flowed else TRACKS if tracked else OPTICAL_FLOW if flowed else None
    return ZoneMotion(velocities, crowd.people, estimator)
