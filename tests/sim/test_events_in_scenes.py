"""Events in the simulated scenes, from the true places and velocities, without pictures."""

from collections.abc import Iterator

import numpy as np
import pytest
from shapely import contains_xy
from shapely.geometry import Polygon

from throng.core.crowd_sample import CrowdSample
from throng.core.crowd_state import EventKind
from throng.core.estimate import Estimate
from throng.core.events import EventDetector
from throng.sim import scene
from throng.sim.crowd import Crowd

SCARE_S = 25.0
MARKET = ((-16.0, -6.0), (16.0, -6.0), (16.0, 16.0), (-16.0, 16.0))


def looks(name: str, polygon: tuple[tuple[float, float], ...], seconds: float, *, seed: int) -> Iterator[CrowdSample]:
    """One look a second."""
    played, shape = scene(name), Polygon(polygon)
    crowd = Crowd(played.script, played.walkable, interval_s=1.0, seed=seed)
    while crowd.now_s < seconds:
        crowd.advance()
        people = crowd.people()
        inside = int(contains_xy(shape, people.ground[:, 0], people.ground[:, 1]).sum())
        density = Estimate(inside / shape.area, inside / shape.area, inside / shape.area)
        yield CrowdSample(
            crowd.now_s, people.ids, people.ground, people.velocity_mps, np.ones(len(people.ids)), density
        )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_panic_is_called_within_5_s_of_the_scare(seed: int) -> None:
    detector, panics, others = EventDetector(MARKET), [], set()
    for sample in looks("panic", MARKET, 32, seed=seed):
        kinds = {event.kind for event in detector.update(sample)}
        panics += [sample.at_s] if EventKind.PANIC in kinds else []
        others |= kinds if sample.at_s <= SCARE_S else set()
    assert panics
    assert SCARE_S < panics[0] <= SCARE_S + 5.1
    assert others == set()


def test_nothing_happens_on_the_plaza_in_10_minutes() -> None:
    zones = [(z.id, z.polygon) for z in scene("plaza").site.zones if z.polygon is not None]
    assert len(zones) == 3
    zones.append(("square", ((-20.0, -8.0), (20.0, -8.0), (20.0, 32.0), (-20.0, 32.0))))
    detectors = {name: EventDetector(polygon) for name, polygon in zones}
    whole = zones[-1][1]
    for sample in looks("plaza", whole, 600, seed=1):
        for name, detector in detectors.items():
            assert detector.update(sample) == (), (name, sample.at_s)


def test_half_of_the_passage_goes_against_one_way() -> None:
    (zone,) = scene("counterflow").site.zones
    assert zone.polygon is not None
    found = EventDetector(zone.polygon, one_way_deg=90.0)
    events = [found.update(sample) for sample in looks("counterflow", zone.polygon, 8, seed=1)][-1]
    assert [event.kind for event in events] == [EventKind.COUNTER_FLOW]
    assert events[0].score > 0.7
