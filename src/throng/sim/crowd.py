"""The people of a scene, walking by a JuPedSim model."""

from dataclasses import dataclass
from math import atan2, ceil, hypot, inf

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from throng.core.points import FloatArray, GroundPoints
from throng.sim.engine import Engine
from throng.sim.person import Goal, Person
from throng.sim.plans import Planner
from throng.sim.script import Flow, Script

TICK_S = 0.1
"""People decide what to do at least this often."""

PATIENCE = 3
"""Checks of 3 s without getting on after which somebody who walks freely steps aside: two who meet at a wall, face to
face, would stand there for ever."""

STATURE_M = (1.75, 0.08)
"""Mean standing height in shoes and its spread."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Everyone present at one time.

    Attributes:
        ids: (N,) int64.
        ground: (N, 2) site metres.
        velocity_mps: (N, 2).
        heading_rad: (N,) where the body faces.
        walked_m: (N,) length of the path so far.
        statures_m: (N,) standing height.
        running: (N,) bool.
    """

    ids: NDArray[np.int64]
    ground: GroundPoints
    velocity_mps: FloatArray
    heading_rad: FloatArray
    walked_m: FloatArray
    statures_m: FloatArray
    running: NDArray[np.bool_]


class Crowd:
    """Lets the people of a script come, walk, stop, run and leave.

    Args:
        script: what they do.
        walkable: where they can walk.
        interval_s: time between two frames.
        seed: decides every chance.
    """

    def __init__(self, script: Script, walkable: Polygon, *, interval_s: float, seed: int) -> None:
        self._script = script
        self._rng = np.random.default_rng([seed, 1])
        self._ticks = max(1, ceil(interval_s / TICK_S - 1e-9))
        self._tick_s = interval_s / self._ticks
        self._engine = Engine(walkable, script.walking, tick_s=self._tick_s)
        self._planner = Planner(script, walkable, self._rng)
        self._people: dict[int, Person] = {}
        self._due = {index: float(self._rng.random()) for index in range(len(script.flows))}
        self._release_due = 0.0
        self._next_id = 0
        self._fallen = False
        self._now_s = -script.warm_up_s
        while self._now_s < -self._tick_s / 2:
            self._tick()
        self._now_s = 0.0

    @property
    def now_s(self) -> float:
        """Time since the first frame."""
        return self._now_s

    def __len__(self) -> int:
        return len(self._people)

    def advance(self) -> None:
        """Let one frame interval pass."""
        for _ in range(self._ticks):
            self._tick()

    def people(self) -> People:
        """Everyone present now, in order of id; arrays of length 0 for nobody."""
        persons = list(self._people.values())
        n = len(persons)
        return People(
            ids=np.array([p.id for p in persons], dtype=np.int64),
            ground=GroundPoints(np.array([p.position for p in persons], dtype=np.float64).reshape(n, 2)),
            velocity_mps=np.array([p.velocity_mps for p in persons], dtype=np.float64).reshape(n, 2),
            heading_rad=np.array([p.heading_rad for p in persons], dtype=np.float64),
            walked_m=np.array([p.walked_m for p in persons], dtype=np.float64),
            statures_m=np.array([p.stature_m for p in persons], dtype=np.float64),
            running=np.array([p.running for p in persons], dtype=np.bool_),
        )

    def _tick(self) -> None:
        for index, flow in enumerate(self._script.flows):
            self._due[index] = min(self._due[index] + flow.rate.at(self._now_s) * self._tick_s, 3.0)
            if self._due[index] >= 1.0 and self._arrive(flow):
                self._due[index] -= 1.0
        self._release()
        self._engine.iterate()
        self._now_s += self._tick_s
        positions = self._engine.positions()
        for person in list(self._people.values()):
            person.move(positions[person.walker], self._tick_s)
            self._fear(person)
            if not self._kept(person):
                self._decide(person)
        self._fall()

    def _arrive(self, flow: Flow) -> bool:
        """Let somebody of a flow come in; false when the gate is crowded or nobody may come."""
        if flow.gather and (self._planner.seats is None or not self._planner.seats.has_room):
            return False
        if len(self._people) >= self._script.limit:
            return False
        start = self._planner.start(flow)
        if not self._engine.has_room(start):
            return False
        goals = self._planner.plan(flow)
        walking = self._script.walking
        speed = float(np.clip(self._rng.normal(walking.speed_mps, walking.speed_std_mps), 0.8, 1.9)) * flow.hurry
        person = Person(
            id=self._next_id,
            walker=self._engine.add(start, goals[0].at, speed),
            stature_m=float(np.clip(self._rng.normal(*STATURE_M), 1.58, 1.94)),
            speed_mps=speed,
            position=start,
            heading_rad=atan2(goals[0].at[1] - start[1], goals[0].at[0] - start[0]),
            goals=goals,
            walked_m=float(self._rng.random()),
            checked_at_s=self._now_s,
            checked_position=start,
        )
        self._people[person.id] = person
        self._next_id += 1
        return True

    def _decide(self, person: Person) -> None:
        if person.paused_until_s is not None:
            if self._now_s >= person.paused_until_s:
                self._go_on(person)
            return
        goal, blocked = person.goal, person.blocked_checks(self._now_s)
        if person.near(goal.at, goal.reach_m) or (blocked and (goal.detour or self._near_enough(person, goal))):
            self._reached(person, goal)
        elif blocked >= PATIENCE and self._script.walking.model == "anticipation":
            person.goals.appendleft(self._planner.step_aside(person))
            self._set_off(person)
        else:
            self._engine.squeeze(person.walker, hard=goal.detour or blocked >= 2)

    def _reached(self, person: Person, goal: Goal) -> None:
        if goal.gate:
            self._engine.remove(person.walker)
            del self._people[person.id]
        elif goal.pause_s:
            person.paused_until_s = self._now_s + goal.pause_s
            self._engine.set_speed(person.walker, 0.0)
        else:
            self._go_on(person)

    def _go_on(self, person: Person) -> None:
        done = person.goals.popleft()
        if done.seat is not None and self._planner.seats is not None:
            self._planner.seats.give_back(done.seat)
        person.paused_until_s = None
        self._set_off(person)

    def _set_off(self, person: Person) -> None:
        person.checked_at_s, person.checked_position, person.blocked = self._now_s, person.position, 0
        self._engine.send(person.walker, person.goal.at, person.speed_mps)

    def _kept(self, person: Person) -> bool:
        """Let somebody stand who lies on the ground or is in a place that is closed; tell whether they do."""
        if person.fallen:
            return True
        stops = not person.paused and any(hold.stops(person.position, self._now_s) for hold in self._script.holds)
        if stops and not person.held:
            self._engine.set_speed(person.walker, 0.0)
        elif person.held and not stops:
            self._set_off(person)
        person.held = stops
        return stops

    def _fall(self) -> None:
        """Let the one fall who walks nearest to the place, once."""
        fall = self._script.fall
        if fall is None or self._fallen or self._now_s < fall.at_s:
            return
        walking = [p for p in self._people.values() if not p.paused]
        if walking:
            person = min(walking, key=lambda p: hypot(p.position[0] - fall.near[0], p.position[1] - fall.near[1]))
            person.fallen = self._fallen = True
            self._engine.set_speed(person.walker, 0.0)

    def _near_enough(self, person: Person, goal: Goal) -> bool:
        """Tell whether somebody whom others keep from a place to stand may stand where they are."""
        if goal.seat is None or self._script.gathering is None:
            return goal.pause_s > 0 and person.near(goal.at, 1.5)
        x0, y0, x1, y1 = self._script.gathering.area
        return x0 <= person.position[0] <= x1 and y0 <= person.position[1] <= y1

    def _release(self) -> None:
        """Send those home who stand furthest from the front."""
        gathering = self._script.gathering
        if gathering is None:
            return
        rate = gathering.release.at(self._now_s)
        self._release_due = self._release_due + rate * self._tick_s if rate else 0.0
        if self._release_due < 1.0:
            return
        self._release_due -= 1.0
        seated = [p for p in self._people.values() if p.paused_until_s == inf]
        if seated:
            front = gathering.front
            self._go_on(max(seated, key=lambda p: hypot(p.position[0] - front[0], p.position[1] - front[1])))

    def _fear(self, person: Person) -> None:
        flight = self._script.flight
        if flight is None or person.running:
            return
        since = (self._now_s - flight.first_s) % flight.every_s
        if self._now_s < flight.first_s or since > flight.lasting_s:
            person.frightened_at_s = None
        elif person.frightened_at_s is None:
            distance_m = hypot(person.position[0] - flight.threat[0], person.position[1] - flight.threat[1])
            person.frightened_at_s = self._now_s + 0.2 + distance_m / 15 + float(self._rng.exponential(0.25))
        elif self._now_s >= person.frightened_at_s:
            self._run(person, flight.speed_mps)

    def _run(self, person: Person, speed_mps: float) -> None:
        person.running = True
        person.paused_until_s = None
        person.speed_mps = speed_mps * person.speed_mps / self._script.walking.speed_mps
        person.goals.clear()
        person.goals.append(self._planner.escape(person))
        self._engine.send(person.walker, person.goal.at, person.speed_mps)
