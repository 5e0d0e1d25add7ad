"""Halls that fill: one to 6/m², one while its camera is blind for a minute."""

from shapely import box

from throng.core.site import Use, Zone
from throng.sim.scenario import Blindness, Danger, Scenario
from throng.sim.scenarios.parts import Area, watched
from throng.sim.script import Flow, Gate, Gathering, Schedule, Script, Walking, rectangle, steady

FULL_PER_M2 = 6.4
"""Places per m² of the floor; some of its people always stand between two places."""


def _filling(floor: Area, rate_per_s: float, until_s: float) -> Script:
    doors = (Gate("west", (-6.5, 15.0, -3.5, 17.5)), Gate("east", (3.5, 15.0, 6.5, 17.5)))
    coming = Schedule(((0.0, rate_per_s / 2), (until_s, 0.0)))
    return Script(
        doors,
        tuple(Flow(door.id, (door.id,), coming, gather=True) for door in doors),
        Walking(speed_mps=1.2, speed_std_mps=0.18, radius_m=0.125, time_gap_s=0.5, step_s=0.1),
        Gathering(floor, FULL_PER_M2, (0.0, -3.0), steady(0.0), disorder_m=1.5),
        limit=500,
    )


def filling_hall() -> Scenario:
    """A floor of 48 m² before a stage fills to 6/m² in six minutes."""
    floor = (-4.0, 0.0, 4.0, 6.0)
    zone = Zone("floor", rectangle(*floor), 190, Use.STANDING, "Floor")
    return Scenario(
        "filling-hall",
        "Hall fills to 6/m²",
        watched("Hall", zone),
        box(-8.0, -2.0, 8.0, 18.0),
        _filling(floor, 0.85, 400.0),
        420.0,
        Danger("crush"),
    )


def blinded_build_up() -> Scenario:
    """A smaller floor fills, and in the middle of it the camera sees nothing for fifty seconds."""
    floor = (-3.0, 0.0, 3.0, 6.0)
    zone = Zone("floor", rectangle(*floor), 140, Use.STANDING, "Floor")
    return Scenario(
        "blinded-build-up",
        "Camera blinded during a build-up",
        watched("Small hall", zone),
        box(-8.0, -2.0, 8.0, 18.0),
        _filling(floor, 0.85, 300.0),
        280.0,
        Danger("crush"),
        blind=(Blindness(100.0, 150.0),),
    )
