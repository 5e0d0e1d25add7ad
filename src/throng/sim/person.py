"""One walker: what JuPedSim knows of them, and what they have in mind."""

from collections import deque
from dataclasses import dataclass, field
from math import atan2, hypot, pi

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Goal:
    """A place to go to next.

    Attributes:
        at: the place, site metres.
        pause_s: how long to stay; 0.0 to walk on, infinite to stay until released.
        facing: the point to look at while staying, None for no matter.
        gate: id of the gate that this place lies in: reaching it ends the visit. Empty for other places.
        reach_m: how near is near enough.
        seat: index of the place in the gathering, None for other places.
        detour: a step aside to get past others; it is given up rather than waited for.
    """

    at: Point
    pause_s: float = 0.0
    facing: Point | None = None
    gate: str = ""
    reach_m: float = 0.6
    seat: int | None = None
    detour: bool = False


@dataclass(slots=True)
class Person:
    """One walker.

    Attributes:
        id: number for the whole run.
        walker: their number in the engine.
        stature_m: standing height.
        speed_mps: free walking speed.
        position, velocity_mps: now, site metres.
        heading_rad: where the body faces; it turns more slowly than the velocity.
        walked_m: length of the path so far; it drives the legs.
        goals: what is still to be done, the present goal first.
        paused_until_s: end of a stay, None while walking.
        frightened_at_s: when they will start to run or did, None while calm.
        checked_at_s, checked_position: to see whether they get on.
        blocked: how many checks in a row they did not.
        held: they stand in a place that is closed.
        fallen: they lie on the ground for good.
    """

    id: int
    walker: int
    stature_m: float
    speed_mps: float
    position: Point
    heading_rad: float
    goals: deque[Goal] = field(default_factory=deque)
    velocity_mps: Point = (0.0, 0.0)
    walked_m: float = 0.0
    paused_until_s: float | None = None
    frightened_at_s: float | None = None
    running: bool = False
    checked_at_s: float = 0.0
    checked_position: Point = (0.0, 0.0)
    blocked: int = 0
    held: bool = False
    fallen: bool = False

    @property
    def goal(self) -> Goal:
        """The present goal."""
        return self.goals[0]

    @property
    def paused(self) -> bool:
        """They stand."""
        return self.paused_until_s is not None

    def near(self, place: Point, distance_m: float) -> bool:
        """Tell whether a place is near."""
        return hypot(place[0] - self.position[0], place[1] - self.position[1]) <= distance_m

    def move(self, position: Point, elapsed_s: float) -> None:
        """Take over a new position, turning the body towards the way or the thing looked at."""
        dx, dy = position[0] - self.position[0], position[1] - self.position[1]
        self.position = position
        self.velocity_mps = (dx / elapsed_s, dy / elapsed_s)
        step_m = hypot(dx, dy)
        self.walked_m += step_m
        if step_m / elapsed_s > 0.2:
            self._turn(atan2(dy, dx), elapsed_s * 5.0)
        elif self.paused and self.goal.facing is not None:
            self._turn(atan2(self.goal.facing[1] - position[1], self.goal.facing[0] - position[0]), elapsed_s * 2.5)

    def _turn(self, towards_rad: float, share: float) -> None:
        difference = (towards_rad - self.heading_rad + pi) % (2 * pi) - pi
        self.heading_rad += difference * min(1.0, share)

    def blocked_checks(self, now_s: float) -> int:
        """Look every 3 s whether they get on; return how many times in a row they did not."""
        if now_s - self.checked_at_s >= 3.0:
            self.blocked = self.blocked + 1 if self.near(self.checked_position, 0.35) else 0
            self.checked_at_s, self.checked_position = now_s, self.position
        return self.blocked
