"""Where people go: plans drawn by chance from the flows of a script."""

from collections import deque
from math import hypot, inf

import numpy as np
from shapely import contains_xy, prepare
from shapely.geometry import Polygon

from throng.sim.errors import SimError
from throng.sim.person import Goal, Person, Point
from throng.sim.script import Flow, Gathering, Script

WALL_CLEARANCE_M = 0.3
ASIDE_M = 2.0
Area = tuple[float, float, float, float]


class Places:
    """Draws places where somebody can stand."""

    def __init__(self, walkable: Polygon, rng: np.random.Generator) -> None:
        self._inner = walkable.buffer(-WALL_CLEARANCE_M)
        prepare(self._inner)
        self._rng = rng

    def within(self, area: Area) -> Point:
        """Draw a place in a rectangle, away from walls.

        Raises:
            SimError: there is no room in that rectangle.
        """
        x0, y0, x1, y1 = area
        for _ in range(200):
            x, y = float(self._rng.uniform(x0, x1)), float(self._rng.uniform(y0, y1))
            if contains_xy(self._inner, x, y):
                return x, y
        raise SimError(f"there is no room to stand in the rectangle {area}; make it larger or move the obstacles")


class Seats:
    """The places of a gathering: taken from the front, left from the back."""

    def __init__(self, gathering: Gathering, rng: np.random.Generator) -> None:
        self.gathering = gathering
        points = jittered_grid(gathering.area, gathering.density_per_m2, rng)
        distance = [hypot(x - gathering.front[0], y - gathering.front[1]) for x, y in points]
        order = np.argsort(np.asarray(distance) + rng.normal(0, gathering.disorder_m, len(points)), kind="stable")
        self.points: list[Point] = [points[k] for k in order]
        self._free = [True] * len(points)

    @property
    def has_room(self) -> bool:
        """Some place is free."""
        return any(self._free)

    def take(self) -> Goal:
        """Take the free place nearest the front, to stay until released."""
        seat = self._free.index(True)
        self._free[seat] = False
        return Goal(self.points[seat], pause_s=inf, facing=self.gathering.front, reach_m=0.2, seat=seat)

    def give_back(self, seat: int) -> None:
        """Free a place."""
        self._free[seat] = True


def jittered_grid(area: Area, density_per_m2: float, rng: np.random.Generator) -> list[Point]:
    """Hexagonal grid with a little disorder: random places would lie too close (reference sheet 1.12)."""
    spacing_m = float(np.sqrt(2 / (np.sqrt(3) * density_per_m2)))
    points: list[Point] = []
    rows = np.arange(area[1], area[3], spacing_m * np.sqrt(3) / 2)
    for number, y in enumerate(rows):
        for x in np.arange(area[0] + (number % 2) * spacing_m / 2, area[2], spacing_m):
            dx, dy = rng.uniform(-0.12, 0.12, 2) * spacing_m
            points.append((float(x + dx), float(y + dy)))
    return points


class Planner:
    """Draws plans for people from a script."""

    def __init__(self, script: Script, walkable: Polygon, rng: np.random.Generator) -> None:
        self._gates = {gate.id: gate for gate in script.gates}
        self._flight = script.flight
        self._rng = rng
        self.places = Places(walkable, rng)
        self.seats = None if script.gathering is None else Seats(script.gathering, rng)

    def start(self, flow: Flow) -> Point:
        """Draw a place in the gate that a flow comes from."""
        return self.places.within(self._gates[flow.gate].area)

    def plan(self, flow: Flow) -> deque[Goal]:
        """Draw everything that somebody of a flow is going to do."""
        goals = deque(Goal(self.places.within(area), reach_m=0.9) for area in flow.via)
        for stop in flow.stops:
            if self._rng.random() < stop.chance:
                pause_s = float(self._rng.uniform(*stop.pause_s))
                goals.append(Goal(self.places.within(stop.area), pause_s=pause_s, facing=stop.facing, reach_m=0.4))
        if flow.gather and self.seats is not None:
            goals.append(self.seats.take())
        goals.append(self.leave(flow.leave_by[int(self._rng.integers(len(flow.leave_by)))]))
        return goals

    def leave(self, gate_id: str) -> Goal:
        """Draw a place in a gate to leave by."""
        return Goal(self.places.within(self._gates[gate_id].area), gate=gate_id, reach_m=0.8)

    def step_aside(self, person: Person) -> Goal:
        """Draw a place near somebody who is stuck, to get past the others from there."""
        x, y = person.position
        return Goal(self.places.within((x - ASIDE_M, y - ASIDE_M, x + ASIDE_M, y + ASIDE_M)), reach_m=0.4, detour=True)

    def escape(self, person: Person) -> Goal:
        """Find the gate to run to: near, and not past what they run from."""
        assert self._flight is not None, "only a script with a flight frightens people"
        threat = self._flight.threat
        away = (person.position[0] - threat[0], person.position[1] - threat[1])

        def cost_m(gate_id: str) -> float:
            centre = self._gates[gate_id].polygon.centroid
            way = (centre.x - person.position[0], centre.y - person.position[1])
            length = hypot(*way)
            along = (way[0] * away[0] + way[1] * away[1]) / (length * hypot(*away) + 1e-9)
            return length * (1.6 - along)

        return self.leave(min(self._gates, key=cost_m))
