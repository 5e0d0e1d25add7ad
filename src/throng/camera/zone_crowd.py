"""What needs a memory of one zone: movement, company, flows, forecast, events and risk, added to its readings."""

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from shapely import Polygon

from throng.camera.zone_groups import ZoneGroups
from throng.camera.zone_movement import Places, ZoneMovement
from throng.core.calibration import Calibration
from throng.core.crowd_sample import CrowdSample
from throng.core.density import DensityGrid
from throng.core.events import EventDetector
from throng.core.forecast import outlook
from throng.core.inflow import ZoneFlow
from throng.core.points import GroundPoints, ground_points
from throng.core.reading import Reading, Validity
from throng.core.risk import assessor_for
from throng.core.risk_evidence import RiskInputs
from throng.core.risk_profiles import risk_thresholds_per_m2
from throng.core.site import Zone
from throng.core.trend import LocalLinearTrend
from throng.core.trend_state import variance_of
from throng.core.zones import ZoneView

EDGE_M = 0.5
"""So far outside its edges people must be seen before who enters can be told from who appears."""

RATE_WINDOW_S = 5.0
"""Over so many seconds who comes and goes is a rate that events go by; the balance of a reading has a minute."""

SEEN_EDGES = 0.9
"""Share of the edges with that margin in the picture from which on flows through them are told."""


class ZoneCrowd:
    """Adds to the readings of one zone what its past says.

    Without a calibration only the use of its capacity speaks. An unknown reading keeps the last level of risk.

    Args:
        view: the zone as the camera sees it.
        grid: over its polygon; None without a calibration.
        calibration: of the camera, scaled to its pictures; None for none.
    """

    def __init__(self, view: ZoneView, grid: DensityGrid | None, calibration: Calibration | None) -> None:
        self._area_m2 = view.visible_area_m2
        self._assessor = assessor_for(view.zone)
        self._physics: _Physics | None = None
        if grid is not None and calibration is not None:
            flows = edges_seen(view.zone, calibration) >= SEEN_EDGES
            self._physics = _Physics(view, grid, flows=flows)

    def see(self, pts_s: float, ids: NDArray[np.int64], ground: GroundPoints, places: Places) -> None:
        """Take in one observation.

        Args:
            pts_s: stream time in seconds.
            ids: (N,) track ids of everybody in the picture.
            ground: (N, 2) where they are, site metres.
            places: the people of the zone.
        """
        if self._physics is not None:
            self._physics.see(pts_s, ids, ground, places)

    def complete(self, reading: Reading) -> Reading:
        """Return a reading with movement, company, balance, outlook, events and risk."""
        at_s = reading.at.timestamp()
        if self._physics is not None:
            reading = self._physics.complete(reading, at_s)
        risk = self._assessor.update(at_s, RiskInputs.from_reading(reading, area_m2=self._area_m2))
        return replace(reading, risk=risk)


class _Physics:
    """The part that needs the ground."""

    def __init__(self, view: ZoneView, grid: DensityGrid, *, flows: bool) -> None:
        zone, polygon = view.zone, view.zone.polygon
        assert polygon is not None
        self._area_m2 = view.visible_area_m2
        self._thresholds_per_m2 = risk_thresholds_per_m2(zone)
        self._movement = ZoneMovement(polygon, grid)
        self._groups = ZoneGroups()
        self._flow = ZoneFlow(polygon) if flows else None
        self._trend = LocalLinearTrend()
        self._entered = self._left = 0
        self._crossings: deque[tuple[float, int, int]] = deque()
        self._events = EventDetector(polygon, one_way_deg=zone.one_way_deg, exits=zone.exits)
        self._places: Places | None = None

    def see(self, pts_s: float, ids: NDArray[np.int64], ground: GroundPoints, places: Places) -> None:
        if self._flow is not None:
            entered, left = self._flow.update(pts_s, ids, ground)
            self._entered, self._left = self._entered + entered, self._left + left
        self._places = places

    def complete(self, reading: Reading, at_s: float) -> Reading:
        places, self._places = self._places, None
        rates_per_s = self._rates(at_s)
        if reading.validity is Validity.UNKNOWN or reading.density is None or places is None:
            self._trend.update(at_s, np.nan, np.nan)
            return reading
        density = reading.density.mean
        self._trend.update(at_s, density.value, variance_of(density))
        movement = self._movement.update(at_s, places)
        balance = None if self._flow is None else self._flow.balance()
        ahead = outlook(self._trend, self._thresholds_per_m2, balance=balance, area_m2=self._area_m2)
        company = self._groups.update(at_s, places, density.value)
        reading = replace(reading, movement=movement, company=company, balance=balance, outlook=ahead)
        sample = _sample(reading, at_s, places, (None, None) if balance is None else rates_per_s)
        return replace(reading, events=self._events.update(sample))

    def _rates(self, at_s: float) -> tuple[float | None, float | None]:
        """People per second in and out over the last few seconds; None before two readings."""
        if self._crossings and at_s <= self._crossings[-1][0]:
            self._crossings.clear()
        self._crossings.append((at_s, self._entered, self._left))
        self._entered = self._left = 0
        while at_s - self._crossings[0][0] > RATE_WINDOW_S:
            self._crossings.popleft()
        watched_s = at_s - self._crossings[0][0]
        if watched_s <= 0:
            return None, None
        later = list(self._crossings)[1:]
        return sum(entered for _, entered, _ in later) / watched_s, sum(left for *_, left in later) / watched_s


def edges_seen(zone: Zone, calibration: Calibration) -> float:
    """Return the share of a zone's edges that the picture shows with a margin of half a metre outside, in [0, 1].

    A zone that reaches to the border of the picture has edges through which people come unseen.
    """
    if zone.polygon is None:
        return 0.0
    around = Polygon(zone.polygon).buffer(EDGE_M, join_style="mitre").exterior.segmentize(EDGE_M)
    return float(calibration.contains(calibration.to_image(ground_points(around.coords))).mean())


def _sample(
    reading: Reading, at_s: float, places: Places, rates_per_s: tuple[float | None, float | None]
) -> CrowdSample:
    density = reading.density
    return CrowdSample(
        at_s=at_s,
        ids=places.ids,
        ground=places.ground,
        velocities_mps=places.velocities_mps,
        weights=places.people,
        density_per_m2=None if density is None else density.mean,
        peak_per_m2=None if density is None else density.peak_per_m2,
        inflow_per_s=rates_per_s[0],
        outflow_per_s=rates_per_s[1],
        movement=reading.movement,
    )
