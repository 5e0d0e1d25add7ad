"""The scenarios of the bench."""

from collections.abc import Callable

from throng.sim.errors import SimError
from throng.sim.scenario import Scenario
from throng.sim.scenarios import halls, queues, squares, stages, ways

_BUILDERS: dict[str, Callable[[], Scenario]] = {
    "calm-plaza": squares.calm_plaza,
    "lunch-peak": ways.lunch_peak,
    "waving-crowd": stages.waving_crowd,
    "stop-and-go": queues.stop_and_go,
    "filling-hall": halls.filling_hall,
    "blinded-build-up": halls.blinded_build_up,
    "rain-shelter": squares.rain_shelter,
    "closed-exit": queues.closed_exit,
    "two-way-corridor": ways.two_way_corridor,
    "stage-surge": stages.stage_surge,
    "one-way-violation": ways.one_way_violation,
    "panic-dispersal": squares.panic_dispersal,
    "fallen-person": ways.fallen_person,
    "blocked-exit": ways.blocked_exit,
}


def scenario_names() -> tuple[str, ...]:
    """Return the names of the scenarios: the harmless ones, those that become a crush, those in which something
    happens."""
    return tuple(_BUILDERS)


def scenario(name: str) -> Scenario:
    """Make a named scenario.

    Raises:
        SimError: there is no such scenario.
    """
    if name not in _BUILDERS:
        raise SimError(f"there is no scenario {name!r}; the scenarios are: {', '.join(_BUILDERS)}")
    return _BUILDERS[name]()
