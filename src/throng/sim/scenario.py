"""A scenario: scripted people before a camera, and what is known to be dangerous about it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from shapely.geometry import Polygon

from throng.core.calibration import Calibration
from throng.core.crowd_state import EventKind
from throng.core.points import FloatArray
from throng.core.site import Site, Zone
from throng.sim.errors import SimError
from throng.sim.script import Script

CRUSH_PER_M2 = 5.0
"""Density from which people cannot move of their own will: the danger that the bench asks for."""


@dataclass(frozen=True, slots=True)
class Danger:
    """What is dangerous in a scenario.

    Attributes:
        kind: `crush` when the true density of the zone passes `CRUSH_PER_M2`, `event` for something that happens,
            `harmless` for nothing at all.
        begins_s: when a build-up begins or an event sets in.
        ends_s: when an event is over; None for a crush, whose end the true density tells.
        events: the names that an event may be given, the best first.
    """

    kind: Literal["crush", "event", "harmless"]
    begins_s: float = 0.0
    ends_s: float | None = None
    events: tuple[EventKind, ...] = ()

    def __post_init__(self) -> None:
        event = self.kind == "event"
        if event != (self.ends_s is not None) or event != bool(self.events):
            raise ValueError(f"danger {self.kind}: an event, and only an event, needs an end and names")


HARMLESS = Danger("harmless")


@dataclass(frozen=True, slots=True)
class Blindness:
    """The camera sees nothing for a while.

    Attributes:
        from_s, until_s: when.
        reason: why, in plain words.
    """

    from_s: float
    until_s: float
    reason: str = "the picture is black"


Shift = Callable[[FloatArray, float], FloatArray]
"""Maps places (N, 2) at rest and a time in seconds to the places (N, 2) at that time; smooth in both."""


def stay(places: FloatArray, time_s: float) -> FloatArray:  # noqa: ARG001  a shift takes the time
    """Nobody is moved."""
    return places


@dataclass(frozen=True, slots=True)
class Standing:
    """People who stand close and are moved by a script: what walking models cannot make, such as pushes and waves.

    They stand on a slightly disordered hexagonal grid and sway.

    Attributes:
        area: (x0, y0, x1, y1) at rest, site metres.
        density_per_m2: people/m² at rest.
        facing: the point they look at.
        shift: how they are moved.
        sway_m: how far a head sways to each side.
    """

    area: tuple[float, float, float, float]
    density_per_m2: float
    facing: tuple[float, float]
    shift: Shift = stay
    sway_m: float = 0.02


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scene of the bench, without pictures.

    Attributes:
        name: for commands and files.
        title: for screens.
        site: the zone and the one camera with its exact calibration.
        walkable: where people can walk.
        script: who comes and goes by JuPedSim.
        duration_s: length.
        danger: the truth.
        standing: people who are moved by a script.
        blind: when the camera sees nothing.
    """

    name: str
    title: str
    site: Site
    walkable: Polygon
    script: Script
    duration_s: float
    danger: Danger
    standing: Standing | None = None
    blind: tuple[Blindness, ...] = ()

    @property
    def zone(self) -> Zone:
        """The watched zone."""
        return self.site.zones[0]

    @property
    def polygon(self) -> Polygon:
        """Its ground."""
        return Polygon(self.zone.polygon)

    @property
    def calibration(self) -> Calibration:
        """The exact calibration of the camera.

        Raises:
            SimError: it has none.
        """
        calibration = self.site.cameras[0].calibration
        if calibration is None:
            raise SimError(f"scenario {self.name}: its camera needs a calibration")
        return calibration

    def blind_at(self, time_s: float) -> str | None:
        """Why the camera sees nothing at a time; None when it sees."""
        return next((b.reason for b in self.blind if b.from_s <= time_s < b.until_s), None)

    def shortened(self, duration_s: float) -> "Scenario":
        """Return the beginning of the scenario."""
        return replace(self, duration_s=min(duration_s, self.duration_s))


def eased(time_s: float, start_s: float, length_s: float) -> float:
    """Return 0 before a start, 1 after an end, and a smooth way between."""
    share = float(np.clip((time_s - start_s) / length_s, 0.0, 1.0))
    return share * share * (3 - 2 * share)
