"""Ways: a harmless lunch hour, two streams that block each other, the wrong way, a fall, an exit that people block."""

from shapely import box

from throng.core.crowd_state import EventKind
from throng.core.site import Use, Zone
from throng.sim.scenario import HARMLESS, Danger, Scenario
from throng.sim.scenarios.parts import joined, watched
from throng.sim.script import Fall, Flow, Gate, Hold, Schedule, Script, Walking, rectangle, steady

NORTH_DEG = 90.0
WRONG_S = (120.0, 200.0)
FALL_S = 120.0
BLOCKED_S = 120.0
DOWN_S = 60.0
EXIT = ((-1.2, 0.0), (1.2, 0.0))

SOUTH = Gate("south", (-1.8, -9.5, 1.8, -7.0))
NORTH = Gate("north", (-1.8, 23.0, 1.8, 25.5))
WAY = box(-2.0, -10.0, 2.0, 26.0)
WATCHED = rectangle(-2.0, 2.0, 2.0, 14.0)


def lunch_peak() -> Scenario:
    """Two streams grow for three minutes and shrink again, as every noon."""
    rate = Schedule(((0.0, 0.4), (60.0, 1.0), (120.0, 1.6), (180.0, 2.0), (270.0, 1.3), (330.0, 0.6)))
    script = Script(
        (
            Gate("south-in", (0.2, -9.5, 2.3, -7.0)),
            Gate("south-out", (-2.3, -9.5, -0.2, -7.0)),
            Gate("north-in", (-2.3, 23.0, -0.2, 25.5)),
            Gate("north-out", (0.2, 23.0, 2.3, 25.5)),
        ),
        (
            Flow("south-in", ("north-out",), rate, via=((0.4, 1.0, 2.2, 2.0), (0.4, 15.0, 2.2, 16.0))),
            Flow("north-in", ("south-out",), rate, via=((-2.2, 15.0, -0.4, 16.0), (-2.2, 1.0, -0.4, 2.0))),
        ),
        Walking(speed_std_mps=0.16, radius_m=0.17, time_gap_s=0.7),
        warm_up_s=30.0,
    )
    zone = Zone("walkway", rectangle(-2.5, 2.0, 2.5, 14.0), 100, Use.MOVING, "Walkway")
    return Scenario(
        "lunch-peak",
        "Lunch hour, harmless",
        watched("Office quarter", zone),
        box(-2.5, -10.0, 2.5, 26.0),
        script,
        420.0,
        HARMLESS,
    )


def two_way_corridor() -> Scenario:
    """Two streams in a corridor of 4 m that narrows to 1.4 m grow until they block each other and press on."""
    rate = Schedule(((0.0, 0.3), (60.0, 0.9), (110.0, 1.8)))
    corridor = (box(-2.0, -10.0, 2.0, 9.0), box(-0.7, 8.9, 0.7, 10.6), box(-2.0, 10.5, 2.0, 26.0))
    ends = (box(-7.0, -15.0, 7.0, -9.9), box(-7.0, 25.9, 7.0, 31.0))
    script = Script(
        (
            Gate("south-in", (0.5, -14.5, 6.5, -11.0)),
            Gate("south-out", (-6.5, -14.5, -0.5, -11.0)),
            Gate("north-in", (-6.5, 27.0, -0.5, 30.5)),
            Gate("north-out", (0.5, 27.0, 6.5, 30.5)),
        ),
        (Flow("south-in", ("north-out",), rate), Flow("north-in", ("south-out",), rate)),
        Walking("collision-free", radius_m=0.14, time_gap_s=0.6, squeeze=0.85),
        limit=320,
        warm_up_s=20.0,
    )
    zone = Zone("corridor", rectangle(-2.0, 4.0, 2.0, 9.0), 60, Use.MOVING, "Corridor")
    return Scenario(
        "two-way-corridor",
        "Two-way corridor at rising load",
        watched("Station", zone),
        joined(*corridor, *ends),
        script,
        240.0,
        Danger("crush", 60.0),
    )


def one_way_violation() -> Scenario:
    """In a one-way passage some people come the wrong way for eighty seconds."""
    wrong = Schedule(((0.0, 0.0), (WRONG_S[0] - 8.0, 0.3), (WRONG_S[1] - 8.0, 0.0)))
    script = Script(
        (SOUTH, NORTH),
        (Flow("south", ("north",), steady(1.5)), Flow("north", ("south",), wrong)),
        Walking(radius_m=0.17, time_gap_s=0.7),
        warm_up_s=30.0,
    )
    zone = Zone("passage", WATCHED, 60, Use.MOVING, "One-way passage", one_way_deg=NORTH_DEG)
    return Scenario(
        "one-way-violation",
        "Wrong way in a one-way passage",
        watched("Passage", zone),
        WAY,
        script,
        260.0,
        Danger("event", WRONG_S[0], WRONG_S[1] + 10.0, (EventKind.COUNTER_FLOW,)),
    )


def fallen_person() -> Scenario:
    """Somebody falls in a busy passage and stays down for a minute; the others walk around."""
    script = Script(
        (SOUTH, NORTH),
        (Flow("south", ("north",), steady(1.4)),),
        Walking(radius_m=0.17, time_gap_s=0.7),
        fall=Fall(FALL_S, (0.3, 8.0)),
        warm_up_s=30.0,
    )
    zone = Zone("passage", WATCHED, 60, Use.MOVING, "Passage")
    return Scenario(
        "fallen-person",
        "Somebody falls in a passage",
        watched("Passage", zone),
        WAY,
        script,
        FALL_S + DOWN_S,
        Danger("event", FALL_S, FALL_S + DOWN_S, (EventKind.FALL,)),
    )


def blocked_exit() -> Scenario:
    """People stop in an exit of 2.4 m, nobody gets past them, and those who want to leave queue behind."""
    walkable = joined(box(-5.0, 0.0, 5.0, 22.0), box(-1.2, -7.0, 1.2, 0.1))
    gates = (Gate("inside", (-4.5, 18.5, 4.5, 21.5)), Gate("outside", (-1.0, -6.5, 1.0, -4.5)))
    script = Script(
        gates,
        (Flow("inside", ("outside",), steady(0.55)),),
        Walking(radius_m=0.17, time_gap_s=0.7),
        holds=(Hold((-1.2, -0.4, 1.2, 0.6), Schedule(((0.0, 0.0), (BLOCKED_S, 1.0)))),),
        warm_up_s=30.0,
    )
    zone = Zone("foyer", rectangle(-4.0, 0.0, 4.0, 10.0), 120, Use.MOVING, "Foyer", exits=(EXIT,))
    return Scenario(
        "blocked-exit",
        "People stop in an exit",
        watched("Foyer", zone),
        walkable,
        script,
        BLOCKED_S + DOWN_S + 10.0,
        Danger("event", BLOCKED_S, BLOCKED_S + DOWN_S, (EventKind.BLOCKED_EXIT,)),
    )
