"""Queues: before a door that closes, and one that moves by fits and starts."""

from shapely import box

from throng.core.site import Use, Zone
from throng.sim.scenario import HARMLESS, Danger, Scenario
from throng.sim.scenarios.parts import joined, watched
from throng.sim.script import Flow, Gate, Hold, Schedule, Script, Walking, rectangle, steady

DOOR_M = 1.4
CLOSES_S = 60.0
EXIT = ((-DOOR_M / 2, 0.0), (DOOR_M / 2, 0.0))


def closed_exit() -> Scenario:
    """People leave by a door of 1.4 m; it closes, and more people come."""
    walkable = joined(box(-4, 0, 4, 26), box(-DOOR_M / 2, -3, DOOR_M / 2, 0.1), box(-3, -8, 3, -2.9))
    gates = (Gate("inside", (-3.5, 22.0, 3.5, 25.5)), Gate("outside", (-2.5, -7.5, 2.5, -5.0)))
    script = Script(
        gates,
        (Flow("inside", ("outside",), Schedule(((0.0, 0.8), (CLOSES_S, 1.3), (240.0, 0.0)))),),
        Walking("collision-free", radius_m=0.13, time_gap_s=0.5, squeeze=0.85),
        holds=(Hold((-DOOR_M / 2, -0.6, DOOR_M / 2, 0.5), Schedule(((0.0, 0.0), (CLOSES_S, 1.0)))),),
        warm_up_s=20.0,
    )
    zone = Zone("exit", rectangle(-3.0, 0.0, 3.0, 5.0), 100, Use.QUEUE, "Before the exit", exits=(EXIT,))
    return Scenario(
        "closed-exit",
        "Bottleneck with a closed exit",
        watched("Exit", zone),
        walkable,
        script,
        215.0,
        Danger("crush", CLOSES_S),
    )


def stop_and_go() -> Scenario:
    """A queue before a check that lets people through by fits and starts: it stands and moves, and nobody is harmed."""
    gates = (Gate("street", (-1.2, 24.0, 1.2, 27.0)), Gate("inside", (-1.2, -7.5, 1.2, -5.0)))
    period = Schedule(((0.0, 1.0), (16.0, 0.0)), 24.0)
    script = Script(
        gates,
        (Flow("street", ("inside",), steady(1.4)),),
        Walking("collision-free", radius_m=0.3, time_gap_s=0.9, squeeze=1.0, step_s=0.1),
        holds=(Hold((-1.3, -0.4, 1.3, 0.4), period),),
        limit=70,
        warm_up_s=60.0,
    )
    zone = Zone("queue", rectangle(-1.3, 1.0, 1.3, 13.0), 90, Use.QUEUE, "Queue")
    return Scenario(
        "stop-and-go",
        "Stop-and-go queue",
        watched("Ticket check", zone),
        box(-1.3, -8.0, 1.3, 28.0),
        script,
        300.0,
        HARMLESS,
    )
