"""What was seen of one zone or line during one reading period, and the reading that follows from it."""

import re
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from throng.camera.crowd_count import CrowdCount
from throng.camera.ground_motion import TRACKS
from throng.camera.people import People
from throng.camera.zone_movement import Places
from throng.core.count_interval import count_interval
from throng.core.density import CLASSICAL, GAUSSIAN_R1, DensityGrid
from throng.core.estimate import Estimate
from throng.core.observation import Observation
from throng.core.points import FloatArray, GroundPoints, Mask
from throng.core.reading import Density, Reading, Speed, Validity
from throng.core.service_level import level_of_service
from throng.core.zones import ZoneView

FULLY_VISIBLE_SHARE = 0.95
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(slots=True)
class Period:
    """Everything that the cameras' models saw during one reading period.

    Attributes:
        frames: number of frames analysed.
        blind: why frames of this period could not be looked at, in plain words.
        observation: the newest observation, None when no frame could be looked at.
        warnings: what the models warned of.
    """

    frames: int = 0
    blind: list[str] = field(default_factory=list)
    observation: Observation | None = None
    warnings: list[str] = field(default_factory=list)

    def add(self, observation: Observation) -> None:
        """Take in one observation."""
        self.frames += 1
        self.observation = observation
        self.warnings.extend(observation.warnings)


class ZonePeriod:
    """Counts and speeds of one zone over one period."""

    def __init__(self, view: ZoneView, grid: DensityGrid | None) -> None:
        self._view = view
        self._grid = grid
        self._counts: list[int] = []
        self._estimates: list[Estimate] = []
        self._tracked: list[tuple[NDArray[np.int64], FloatArray]] = []
        self._flowing: list[Places] = []
        self._newest: tuple[GroundPoints, FloatArray | None] | None = None

    def add(self, people: People, inside: Mask, crowd: CrowdCount | None = None, places: Places | None = None) -> None:
        """Take in one observation.

        Args:
            people: everybody who was found one by one.
            inside: (N,) who of them is in the zone.
            crowd: the count together with the density map, None when no model gave one.
            places: the people of the zone with their velocities; None for tracks alone.
        """
        self._counts.append(int(inside.sum()))
        self._newest = (GroundPoints(people.ground[inside]), None)
        if crowd is not None:
            self._estimates.append(crowd.count)
            self._newest = (crowd.ground, crowd.people)
        if places is not None and places.estimator not in {None, TRACKS}:
            self._flowing.append(places.known())
        speeds_mps = people.speeds_mps
        known = inside & np.isfinite(speeds_mps)
        self._tracked.append((people.ids[known], speeds_mps[known]))

    def reading(self, period: Period, *, camera_id: str, at: datetime, last_good_at: datetime | None) -> Reading:
        """Return the reading of the zone; unknown when no frame was looked at."""
        observation = period.observation
        if observation is None:
            return unknown_reading(
                self._view.zone.id, camera_id, at=at, reasons=_once(period.blind), last_good_at=last_good_at
            )
        count = self._count(observation)
        density = self._density(count)
        zone = self._view.zone
        reasons = self._reasons(period)
        return Reading(
            zone_id=zone.id,
            camera_id=camera_id,
            at=at,
            pts_s=observation.pts_s,
            validity=Validity.DEGRADED if reasons else Validity.LIVE,
            reasons=reasons,
            models=observation.models,
            simulated=observation.simulated,
            frames=period.frames,
            count=count,
            density=density,
            level_of_service=None
            if density is None
            else level_of_service(density.mean.value, zone.use, zone.service_profile),
            speed=self._speed(),
            occupancy=None if zone.capacity is None else count.scaled(1 / zone.capacity),
            last_good_at=at,
        )

    def _count(self, observation: Observation) -> Estimate:
        """Mean over the frames; the part of the zone outside the picture may be as full as the part inside."""
        seen = self._seen(observation)
        if self._view.visible_share >= FULLY_VISIBLE_SHARE:
            return seen
        return Estimate(seen.value, seen.low, seen.high / self._view.visible_share)

    def _seen(self, observation: Observation) -> Estimate:
        """The people in the visible part of the zone; the errors of neighbouring frames are alike and stay."""
        if self._estimates:
            parts = np.array([(e.value, e.low, e.high) for e in self._estimates])
            return Estimate(*parts.mean(axis=0).tolist())
        found = float(np.mean(self._counts))
        return count_interval(found, recall=observation.recall, precision=observation.precision)

    def _density(self, count: Estimate) -> Density | None:
        """People/m² of the visible part of the zone."""
        area_m2 = self._view.visible_area_m2
        if area_m2 is None or self._grid is None or self._newest is None:
            return None
        share = 1.0 if self._view.visible_share >= FULLY_VISIBLE_SHARE else self._view.visible_share
        peak = self._grid.peak(*self._newest)
        return Density(
            mean=Estimate(count.value / area_m2, count.low / area_m2, max(count.value, count.high * share) / area_m2),
            mean_estimator=CLASSICAL,
            peak_per_m2=None if peak is None else peak.density_per_m2,
            peak_estimator=GAUSSIAN_R1,
            peak_at_m=None if peak is None else peak.at_m,
        )

    def _speed(self) -> Speed | None:
        """Per person from tracks; where the picture's motion had to help, per place, weighted by its people."""
        return _flow_speed(self._flowing) if self._flowing else self._track_speed()

    def _track_speed(self) -> Speed | None:
        ids = np.concatenate([ids for ids, _ in self._tracked])
        if len(ids) == 0:
            return None
        _, person = np.unique(ids, return_inverse=True)
        persons = np.bincount(person, np.concatenate([speeds for _, speeds in self._tracked])) / np.bincount(person)
        return Speed(float(persons.mean()), float(persons.std()), len(persons))

    def _reasons(self, period: Period) -> tuple[str, ...]:
        reasons = _once(period.blind + period.warnings)
        if self._view.visible_area_m2 is None:
            reasons += ("no calibration: people/m² and speeds unknown",)
        elif self._view.visible_share < FULLY_VISIBLE_SHARE:
            reasons += (f"only {self._view.visible_share:.0%} of the zone is in the picture",)
        return reasons


def _flow_speed(looks: list[Places]) -> Speed | None:
    speeds = np.concatenate([np.hypot(*look.velocities_mps.T) for look in looks])
    people = np.concatenate([look.people for look in looks])
    if not people.sum() > 0:
        return None
    mean = float(np.average(speeds, weights=people))
    spread = float(np.sqrt(np.average((speeds - mean) ** 2, weights=people)))
    return Speed(mean, spread, round(float(people.sum()) / len(looks)), looks[-1].estimator or TRACKS)


def unknown_reading(
    zone_id: str, camera_id: str, *, at: datetime, reasons: tuple[str, ...], last_good_at: datetime | None
) -> Reading:
    """Return the reading of a zone of which nothing is known."""
    return Reading(
        zone_id=zone_id,
        camera_id=camera_id,
        at=at,
        pts_s=None,
        validity=Validity.UNKNOWN,
        reasons=reasons,
        models=(),
        simulated=False,
        frames=0,
        count=None,
        density=None,
        level_of_service=None,
        speed=None,
        occupancy=None,
        last_good_at=last_good_at,
    )


def _once(reasons: list[str]) -> tuple[str, ...]:
    """Return each reason once; of those that differ in their numbers only, the newest."""
    return tuple({_NUMBER.sub("#", reason): reason for reason in reasons}.values())
