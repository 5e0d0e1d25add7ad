"""JuPedSim behind a small door: walkers with a target and a speed."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from shapely import contains_xy, prepare
from shapely.geometry import Point as ShapelyPoint
from shapely.geometry import Polygon
from shapely.ops import nearest_points

from throng.sim.errors import SimError
from throng.sim.person import Point
from throng.sim.script import Walking

WALL_M = 0.0101
"""JuPedSim lets nobody enter who is nearer to a wall than 1 cm."""


@dataclass(slots=True)
class _Walker:
    position: Point
    target: Point
    speed_mps: float
    squeezed: bool = False
    agent_id: int = -1


class Engine:
    """One JuPedSim simulation.

    In a crush a model may push somebody through a thin wall, and JuPedSim then stops for good; the engine takes them
    back and starts it anew from where everyone is.

    Args:
        walkable: where people can walk.
        walking: how they walk.
        tick_s: time per call of `iterate`.

    Raises:
        SimError: JuPedSim is not installed.
    """

    def __init__(self, walkable: Polygon, walking: Walking, *, tick_s: float) -> None:
        self._jps = _jupedsim()
        self._walkable = walkable
        self._inside = walkable.buffer(-0.08)
        self._clear = walkable.buffer(-WALL_M)
        prepare(self._walkable)
        prepare(self._clear)
        self._walking = walking
        self._steps = max(1, ceil(tick_s / walking.step_s - 1e-9))
        self._dt_s = tick_s / self._steps
        self._walkers: dict[int, _Walker] = {}
        self._next = 0
        self.restarts = 0
        self._start()

    def iterate(self) -> None:
        """Let one tick pass."""
        if not self._walkers:
            return
        for _ in range(self._steps):
            self._simulation.iterate()
            positions = {agent.id: agent.position for agent in self._simulation.agents()}
            for walker in self._walkers.values():
                walker.position = positions[walker.agent_id]
            if self._outside():
                self._take_back()

    def positions(self) -> dict[int, Point]:
        """Where everyone is, by number."""
        return {number: walker.position for number, walker in self._walkers.items()}

    def has_room(self, at: Point) -> bool:
        """Tell whether somebody new fits in at a place."""
        return not list(self._simulation.agents_in_range(at, 2 * self._walking.radius_m + 0.15))

    def add(self, at: Point, target: Point, speed_mps: float) -> int:
        """Add somebody where there is room; return their number."""
        walker = _Walker(at, target, speed_mps)
        self._enter(walker)
        number = self._next
        self._walkers[number] = walker
        self._next += 1
        return number

    def send(self, number: int, target: Point, speed_mps: float) -> None:
        """Give somebody a new target."""
        walker = self._walkers[number]
        walker.target = target
        self._agent(walker).target = target
        self.set_speed(number, speed_mps)

    def set_speed(self, number: int, speed_mps: float) -> None:
        """Change the free walking speed of somebody; 0.0 lets them stand."""
        walker = self._walkers[number]
        walker.speed_mps = speed_mps
        self._agent(walker).model.desired_speed = speed_mps

    def squeeze(self, number: int, *, hard: bool) -> None:
        """Let somebody who is stuck turn a shoulder, and claim their full width again afterwards."""
        walker = self._walkers[number]
        if hard != walker.squeezed:
            walker.squeezed = hard
            self._agent(walker).model.radius = self._radius_m(walker)

    def remove(self, number: int) -> None:
        """Take somebody out."""
        self._simulation.mark_agent_for_removal(self._walkers.pop(number).agent_id)

    def _agent(self, walker: _Walker) -> Any:
        # Never kept: JuPedSim moves agents in memory when somebody leaves, and an old handle crashes Python.
        return self._simulation.agent(walker.agent_id)

    def _start(self) -> None:
        if self._walking.model == "anticipation":
            model = self._jps.AnticipationVelocityModel(rng_seed=1)
            self._parameters = self._jps.AnticipationVelocityModelAgentParameters
        else:
            model = self._jps.CollisionFreeSpeedModelV2()
            self._parameters = self._jps.CollisionFreeSpeedModelV2AgentParameters
        self._simulation = self._jps.Simulation(model=model, geometry=self._walkable, dt=self._dt_s)
        self._stage = self._simulation.add_direct_steering_stage()
        self._journey = self._simulation.add_journey(self._jps.JourneyDescription([self._stage]))

    def _enter(self, walker: _Walker) -> None:
        # A tiny first radius: after a restart in a crush people stand closer than JuPedSim lets anybody enter.
        parameters = self._parameters(
            position=walker.position,
            journey_id=self._journey,
            stage_id=self._stage,
            desired_speed=walker.speed_mps,
            radius=0.01,
            time_gap=self._walking.time_gap_s,
        )
        walker.agent_id = self._simulation.add_agent(parameters)
        agent = self._agent(walker)
        agent.model.radius = self._radius_m(walker)
        agent.target = walker.target

    def _radius_m(self, walker: _Walker) -> float:
        return self._walking.radius_m * (self._walking.squeeze if walker.squeezed else 1.0)

    def _outside(self) -> bool:
        x, y = zip(*(walker.position for walker in self._walkers.values()), strict=True)
        return not bool(contains_xy(self._walkable, x, y).all())

    def _take_back(self) -> None:
        self.restarts += 1
        self._start()
        for walker in self._walkers.values():
            if not contains_xy(self._clear, *walker.position):
                back = nearest_points(self._inside, ShapelyPoint(walker.position))[0]
                walker.position = (back.x, back.y)
            self._enter(walker)


def _jupedsim() -> Any:
    try:
        import jupedsim  # noqa: PLC0415  the simulator is an extra
    except ImportError as error:
        raise SimError("the simulated cameras need JuPedSim, which is missing: pip install 'throng[sim]'") from error
    return jupedsim
