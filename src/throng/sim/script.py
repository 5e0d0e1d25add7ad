"""What the people of a scene do: where they come from, where they stop, what frightens them."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

from shapely.geometry import Polygon, box

Corners = tuple[tuple[float, float], ...]


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Corners:
    """Return the corners of an upright rectangle, counter-clockwise, site metres."""
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rate per second that changes in steps and repeats.

    Attributes:
        steps: (from_s, rate_per_s) in order, the first from 0.
        period_s: length after which the steps begin again; None for once.
    """

    steps: tuple[tuple[float, float], ...]
    period_s: float | None = None

    def __post_init__(self) -> None:
        starts = [start for start, _ in self.steps]
        if not starts or starts[0] != 0 or starts != sorted(starts):
            raise ValueError(f"expected steps in order of time from 0 s, got {self.steps}")

    def at(self, time_s: float) -> float:
        """Return the rate at a time; before 0 s the first one."""
        if self.period_s is not None and time_s > 0:
            time_s %= self.period_s
        index = bisect_right([start for start, _ in self.steps], time_s) - 1
        return self.steps[max(index, 0)][1]


def steady(rate_per_s: float) -> Schedule:
    """Return a schedule that never changes."""
    return Schedule(((0.0, rate_per_s),))


@dataclass(frozen=True, slots=True)
class Gate:
    """Where people come from and leave to: a rectangle that the camera does not see.

    Attributes:
        id: name in flows.
        area: (x0, y0, x1, y1) in site metres.
    """

    id: str
    area: tuple[float, float, float, float]

    @property
    def polygon(self) -> Polygon:
        """The rectangle."""
        return box(*self.area)


@dataclass(frozen=True, slots=True)
class Stop:
    """A place where some people pause on their way.

    Attributes:
        area: (x0, y0, x1, y1) in site metres.
        chance: share of the people who stop there.
        pause_s: shortest and longest stay.
        facing: the point they look at, None for wherever they came walking.
    """

    area: tuple[float, float, float, float]
    chance: float
    pause_s: tuple[float, float] = (8.0, 40.0)
    facing: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Gathering:
    """A place that fills from the front, person by person, and empties from the back.

    Attributes:
        area: (x0, y0, x1, y1) in site metres.
        density_per_m2: people/m² when every place is taken.
        front: the point they look at; places near it go first.
        release: people per second who are sent home.
        disorder_m: how strictly it fills from the front; a few metres for a crowd that thickens everywhere alike.
    """

    area: tuple[float, float, float, float]
    density_per_m2: float
    front: tuple[float, float]
    release: Schedule
    disorder_m: float = 0.45


@dataclass(frozen=True, slots=True)
class Flow:
    """A stream of people.

    Attributes:
        gate: id of the gate they come from.
        leave_by: ids of the gates that they leave by, each as likely.
        rate: people per second.
        stops: where they may pause, in this order.
        via: rectangles that everyone passes, in this order, before the stops.
        gather: they take a place in the gathering of the script.
        hurry: factor on their walking speed.
    """

    gate: str
    leave_by: tuple[str, ...]
    rate: Schedule
    stops: tuple[Stop, ...] = ()
    via: tuple[tuple[float, float, float, float], ...] = ()
    gather: bool = False
    hurry: float = 1.0


@dataclass(frozen=True, slots=True)
class Flight:
    """Everybody runs from a place, again and again.

    Attributes:
        first_s: time of the first flight.
        every_s: time between flights.
        lasting_s: for how long those who come are frightened too.
        threat: what they run from, site metres.
        speed_mps: mean running speed.
    """

    first_s: float
    every_s: float
    lasting_s: float
    threat: tuple[float, float]
    speed_mps: float = 3.2


@dataclass(frozen=True, slots=True)
class Hold:
    """A place where people have to stand as long as it is closed, such as the strip before a door.

    Those behind them walk on until they stand close: a model without pushing makes a crush of it all the same.

    Attributes:
        area: (x0, y0, x1, y1) in site metres; as wide as the way, so that nobody gets past.
        closed: above 0 while it is closed.
    """

    area: tuple[float, float, float, float]
    closed: Schedule

    def stops(self, place: tuple[float, float], time_s: float) -> bool:
        """Tell whether somebody at a place has to stand at a time."""
        x0, y0, x1, y1 = self.area
        return x0 <= place[0] <= x1 and y0 <= place[1] <= y1 and self.closed.at(time_s) > 0


@dataclass(frozen=True, slots=True)
class Fall:
    """Somebody who walks falls and stays down: the one nearest to a place at a time.

    Attributes:
        at_s: when.
        near: the place, site metres.
    """

    at_s: float
    near: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Walking:
    """How people walk.

    Attributes:
        model: `anticipation` steers around people before they are met (Xu et al. 2021, Transportation Research Part
            C 133) and keeps two-way streams moving; `collision-free` (Tordeux et al. 2016, Traffic and Granular
            Flow '15) keeps a crush at a door flowing, where the other one can clog for good.
        speed_mps: mean free walking speed (Weidmann 1993: 1.34 m/s).
        speed_std_mps: its spread between people.
        radius_m: half the width that one person claims.
        time_gap_s: time that people keep to the one in front.
        squeeze: share of their width that people claim who turn a shoulder to get through when they are stuck.
        step_s: longest step of the model; 0.1 s is enough where nobody runs and no door is narrow.
    """

    model: Literal["anticipation", "collision-free"] = "anticipation"
    speed_mps: float = 1.34
    speed_std_mps: float = 0.2
    radius_m: float = 0.18
    time_gap_s: float = 0.8
    squeeze: float = 0.75
    step_s: float = 0.05


@dataclass(frozen=True, slots=True)
class Script:
    """What happens in a scene.

    Attributes:
        gates: where people come and go.
        flows: the streams of people; none for an empty scene.
        walking: how they walk.
        gathering: a place that fills, None for none.
        flight: what frightens them, None for nothing.
        holds: places that close.
        fall: who falls, None for nobody.
        limit: as long as so many people are present nobody new comes.
        warm_up_s: seconds that pass before the first frame, so that people are already there.
    """

    gates: tuple[Gate, ...] = ()
    flows: tuple[Flow, ...] = ()
    walking: Walking = Walking()
    gathering: Gathering | None = None
    flight: Flight | None = None
    holds: tuple[Hold, ...] = ()
    fall: Fall | None = None
    limit: int = 400
    warm_up_s: float = 0.0

    def __post_init__(self) -> None:
        known = {gate.id for gate in self.gates}
        for flow in self.flows:
            for gate_id in (flow.gate, *flow.leave_by):
                if gate_id not in known:
                    raise ValueError(f"flow from {flow.gate}: there is no gate {gate_id!r}, only {sorted(known)}")
            if flow.gather and self.gathering is None:
                raise ValueError(f"flow from {flow.gate} gathers, but the script has no gathering")
