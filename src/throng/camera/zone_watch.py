"""One zone of one camera: who is in it, and the reading of each period."""

from datetime import datetime

import numpy as np

from throng.camera.crowd_count import CrowdCount, ZoneCounter
from throng.camera.ground_motion import TRACKS, zone_motion
from throng.camera.people import People
from throng.camera.period import Period, ZonePeriod
from throng.camera.zone_crowd import ZoneCrowd
from throng.camera.zone_movement import Places
from throng.core.calibration import Calibration
from throng.core.density import DensityGrid
from throng.core.observation import UNTRACKED, Observation
from throng.core.points import GroundPoints, Mask
from throng.core.reading import Reading
from throng.core.zones import ZoneView, points_in_zone


class ZoneWatch:
    """Holds all state of one zone as one camera sees it.

    Args:
        view: the zone in the picture.
        calibration: of the camera, scaled to its pictures; None for none.

    Attributes:
        view: the zone in the picture.
        people_now: people of the newest observation; None before the first.
    """

    def __init__(self, view: ZoneView, calibration: Calibration | None) -> None:
        self.view = view
        self.people_now: float | None = None
        self._calibration = calibration
        self._grid = DensityGrid(view.zone.polygon) if view.zone.polygon else None
        self._counter = ZoneCounter(view, calibration)
        self._crowd = ZoneCrowd(view, self._grid, calibration)
        self._period = ZonePeriod(view, self._grid)
        self._last_good_at: datetime | None = None

    def observe(self, observation: Observation, people: People) -> None:
        """Take in one observation.

        Args:
            observation: what was seen.
            people: everybody who was found one by one, with velocities.
        """
        inside, density = self._inside(people), observation.density
        crowd = None if density is None else self._counter.count(observation, density, people, inside)
        places = self._places(observation, people, inside, crowd)
        self._period.add(people, inside, crowd, places)
        self._crowd.see(observation.pts_s, people.ids, people.ground, places)
        self.people_now = float(inside.sum()) if crowd is None else crowd.count.value

    def close(self, period: Period, *, camera_id: str, at: datetime) -> Reading:
        """Return the reading of the period that ends, and begin the next."""
        reading = self._period.reading(period, camera_id=camera_id, at=at, last_good_at=self._last_good_at)
        self._last_good_at = reading.last_good_at or self._last_good_at
        self._period = ZonePeriod(self.view, self._grid)
        return self._crowd.complete(reading)

    def _inside(self, people: People) -> Mask:
        """Tell who is in the zone, (N,)."""
        if self.view.zone.polygon is None:
            return np.ones(len(people), dtype=np.bool_)
        return points_in_zone(self.view.zone, people.ground)

    def _places(self, observation: Observation, people: People, inside: Mask, crowd: CrowdCount | None) -> Places:
        ids, tracked = people.ids[inside], people.velocities_mps[inside]
        if crowd is None:
            estimator = TRACKS if np.isfinite(tracked).any() else None
            return Places(ids, GroundPoints(people.ground[inside]), np.ones(len(ids)), tracked, estimator)
        motion = zone_motion(crowd, tracked, motion=observation.motion, calibration=self._calibration)
        cells = np.full(len(crowd.people) - len(ids), UNTRACKED, dtype=np.int64)
        somebody = motion.people > 0
        return Places(
            np.concatenate((ids, cells))[somebody],
            GroundPoints(crowd.ground[somebody]),
            motion.people[somebody],
            motion.velocities_mps[somebody],
            motion.estimator,
        )
