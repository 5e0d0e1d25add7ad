"""One zone of one camera from tracks to readings: what is left in memory of people who have gone."""

import gc
import tracemalloc
from datetime import UTC, datetime, timedelta

import numpy as np

from throng.camera.people import People
from throng.camera.period import Period
from throng.camera.zone_watch import ZoneWatch
from throng.core.observation import HEAD_HEIGHT_M, Heads, Observation
from throng.core.points import ImagePoints, ground_points
from throng.core.reading import Reading, Validity
from throng.core.site import Use, Zone
from throng.core.zones import zone_view
from throng.sim.viewpoint import look_at

SIZE = (640, 360)
SQUARE = ((0.0, 0.0), (6.0, 0.0), (6.0, 6.0), (0.0, 6.0))
AT = datetime(2026, 7, 4, 20, 0, tzinfo=UTC)
FULL_AFTER = 200
"""Readings, one a second, after which all windows that hold people are full."""


class Hasty:
    """A zone in which nobody is seen under one number for more than three readings."""

    def __init__(self) -> None:
        calibration = look_at((3.0, -6.0, 10.0), (3.0, 3.0, 0.0), field_of_view_deg=70.0, size=SIZE)
        exits = (((2.0, 0.0), (4.0, 0.0)),)
        zone = Zone("square", SQUARE, 100, Use.STANDING, one_way_deg=0.0, exits=exits)
        self._watch = ZoneWatch(zone_view(zone, calibration, SIZE), calibration)
        self._rng = np.random.default_rng(0)

    def read(self, second: int, *, at_s: float | None = None, people: int = 20) -> Reading:
        """One observation and the reading that follows from it."""
        pts_s = float(second) if at_s is None else at_s
        ids = 100 * (second // 3) + np.arange(people)
        places = self._rng.uniform(-1, 7, (people, 2))
        velocities = np.where(self._rng.random((people, 1)) < 0.1, np.nan, self._rng.normal(0, 0.8, (people, 2)))
        heads = Heads(np.zeros((people, 2)), np.ones(people), ids, np.full(people, HEAD_HEIGHT_M))
        at = AT + timedelta(seconds=pts_s)
        observation = Observation("mast", pts_s, at, second, SIZE, None, heads, ("test",))
        pixels = ImagePoints(np.zeros((people, 2)))
        self._watch.observe(observation, People(ids, pixels, ground_points(places), velocities))
        period = Period()
        period.add(observation)
        return self._watch.close(period, camera_id="mast", at=at)


def test_memory_is_flat_though_nobody_comes_back() -> None:
    """Of 4,000 more people nothing is left: 15 bytes each would be too much."""
    zone = Hasty()
    tracemalloc.start()
    for second in range(FULL_AFTER):
        zone.read(second, people=60)
    gc.collect()
    full, _ = tracemalloc.get_traced_memory()
    for second in range(FULL_AFTER, 2 * FULL_AFTER):
        zone.read(second, people=60)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - full
    tracemalloc.stop()
    assert grown < 60e3


def test_jumps_in_time_and_an_empty_zone_are_read() -> None:
    zone = Hasty()
    times_s = [0, 1, 2, 3, 63, 64, 40, 41, 4000, 4001]
    readings = [zone.read(k, at_s=at_s, people=0 if k == 3 else 20) for k, at_s in enumerate(times_s)]
    assert {reading.validity for reading in readings} <= {Validity.LIVE, Validity.DEGRADED}
    assert [reading.movement is None for reading in readings] == [k == 3 for k in range(len(times_s))]
