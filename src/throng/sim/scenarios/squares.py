"""Squares: a calm one, a shower of rain, a panic."""

from dataclasses import replace

from shapely import box

from throng.core.crowd_state import EventKind
from throng.core.site import Use, Zone
from throng.sim.scenario import HARMLESS, Danger, Scenario
from throng.sim.scenarios.parts import watched
from throng.sim.scenes import scene
from throng.sim.script import Flight, Flow, Gate, Gathering, Schedule, Script, Walking, rectangle, steady

RAIN_S = 90.0
SHELTER = (-4.0, -2.5, 4.0, 2.5)
PANIC_S = 150.0
ESCAPED_S = 15.0


def calm_plaza() -> Scenario:
    """A calm square, people cross it and stand at its fountain: nothing may alarm."""
    plaza = scene("plaza")
    zone = Zone("square", rectangle(-6.8, 3.0, 6.8, 13.0), 120, Use.MOVING, "Square")
    return Scenario("calm-plaza", "Calm square", watched("Square", zone), plaza.walkable, plaza.script, 480.0, HARMLESS)


def rain_shelter() -> Scenario:
    """It begins to rain, and everybody hurries under one roof of 40 m²."""
    gates = (
        Gate("west", (-20.0, -4.0, -17.0, 4.0)),
        Gate("east", (17.0, -4.0, 20.0, 4.0)),
        Gate("north", (-4.0, 14.0, 4.0, 17.0)),
    )
    ids = tuple(gate.id for gate in gates)
    strolling = Schedule(((0.0, 0.12), (RAIN_S, 0.0)))
    hurrying = Schedule(((0.0, 0.0), (RAIN_S, 1.1)))
    flows = tuple(Flow(i, tuple(j for j in ids if j != i), strolling) for i in ids)
    rush = tuple(Flow(i, ids, hurrying, gather=True, hurry=1.5) for i in ids)
    script = Script(
        gates,
        (*flows, *rush),
        Walking(speed_mps=1.3, radius_m=0.13, time_gap_s=0.5, step_s=0.1),
        Gathering(SHELTER, 6.0, (0.0, 0.0), steady(0.0), disorder_m=4.0),
        warm_up_s=30.0,
    )
    zone = Zone("shelter", rectangle(*SHELTER), 160, Use.STANDING, "Under the roof")
    return Scenario(
        "rain-shelter",
        "Rush to a rain shelter",
        watched("Bus station", zone),
        box(-22.0, -8.0, 22.0, 18.0),
        script,
        220.0,
        Danger("crush", RAIN_S),
    )


def panic_dispersal() -> Scenario:
    """A busy market; at once everybody runs."""
    market = scene("panic")
    assert market.script.flight is not None, "the scene is made of it"
    flows = tuple(replace(flow, rate=Schedule(((0.0, 0.5), (PANIC_S, 0.0)))) for flow in market.script.flows)
    flight = Flight(PANIC_S, 1e6, 6.0, market.script.flight.threat)
    # People who flee at 4 m/s leave the small zone of the scene within two looks.
    zone = Zone("market", rectangle(-9.0, 0.0, 9.0, 12.0), 250, Use.MOVING, "Market square")
    return Scenario(
        "panic-dispersal",
        "Panic on a market",
        watched("Market", zone),
        market.walkable,
        replace(market.script, flows=flows, flight=flight),
        200.0,
        Danger("event", PANIC_S, PANIC_S + ESCAPED_S, (EventKind.PANIC, EventKind.RUSH)),
    )
