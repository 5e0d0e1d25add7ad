"""Whether the memory of one zone stays flat: people come, go and never come back under the same number."""

import gc
import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from benchmarks.outcome import Measure
from numpy.typing import NDArray
from rich.progress import track
from shapely.geometry.base import BaseGeometry

from throng.camera.people import People
from throng.camera.period import Period
from throng.camera.tracks import Tracks
from throng.camera.zone_watch import ZoneWatch
from throng.core.observation import HEAD_HEIGHT_M, UNTRACKED, Heads, Observation
from throng.core.points import FloatArray, GroundPoints, ImagePoints, ground_points
from throng.core.site import Use, Zone
from throng.core.zones import zone_view
from throng.sim.viewpoint import look_at

SIDE_M = 10.0
CROWDS = (0, 3, 25, 25, 25, 60)
"""So many people are there by turns."""

SHARES = (0.1, 0.5, 1.0)
"""Memory is told after these shares of the readings; it must not grow from the first to the last."""

MOST_GROWTH_MB = 2.0
SIZE = (1280, 720)
BEGIN = datetime(2026, 7, 4, 20, 0, tzinfo=UTC)


class Passers:
    """People who walk, stop and vanish; whoever comes has a new number."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        self._wanted, self._next_id = 25, 0
        self._ids: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._places: FloatArray = np.empty((0, 2))
        self._velocities: FloatArray = np.empty((0, 2))

    def step(self, seconds: float) -> tuple[NDArray[np.int64], GroundPoints]:
        """Let time pass; return the numbers, (N,), and the places, (N, 2), of those who are found."""
        rng = self.rng
        if rng.random() < 1 / 60:
            self._wanted = int(rng.choice(CROWDS))
        self._places = self._places + self._velocities * min(abs(seconds), 5.0)
        stays = (np.abs(self._places - SIDE_M / 2) < SIDE_M / 2 + 2).all(axis=1) & (rng.random(len(self._ids)) > 0.02)
        self._velocities = np.where(rng.random((len(stays), 1)) < 0.05, 0.0, self._velocities)
        come = max(0, self._wanted - int(stays.sum()))
        self._ids = np.concatenate((self._ids[stays], self._next_id + np.arange(come)))
        self._next_id += come
        self._places = np.concatenate((self._places[stays], rng.uniform(-1, SIDE_M + 1, (come, 2))))
        self._velocities = np.concatenate((self._velocities[stays], rng.normal(0, 0.8, (come, 2))))
        return self._found()

    def _found(self) -> tuple[NDArray[np.int64], GroundPoints]:
        """Not everybody is found, some without a number and some at the horizon."""
        luck = self.rng.random(len(self._ids))
        seen = luck > 0.05
        ids = np.where(luck > 0.08, self._ids, UNTRACKED)[seen]
        jitter = self.rng.normal(0, 0.05, (int(seen.sum()), 2))
        places = np.where(luck[seen, None] > 0.98, np.nan, self._places[seen] + jitter)
        return ids, ground_points(places)


class Clock:
    """A second from reading to reading, but for gaps and steps back."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self.now_s = 0.0

    def step(self) -> float:
        """Let time pass and return how much."""
        luck, step_s = self._rng.random(), 1.0
        if luck < 0.002:
            step_s = float(self._rng.choice((5, 40, 400)))
        elif luck > 0.9995:
            step_s = -30.0
        self.now_s += step_s
        return step_s


class Soak:
    """One zone of one camera, from tracks to readings."""

    def __init__(self) -> None:
        corners = ((0.0, 0.0), (SIDE_M, 0.0), (SIDE_M, SIDE_M), (0.0, SIDE_M))
        exits = (((3.0, 0.0), (6.0, 0.0)),)
        zone = Zone("square", corners, 300, Use.STANDING, one_way_deg=0.0, exits=exits)
        calibration = look_at((5.0, -9.0, 16.0), (5.0, 5.0, 0.0), field_of_view_deg=70.0, size=SIZE)
        self._passers, self.tracks = Passers(), Tracks()
        self._clock = Clock(self._passers.rng)
        self.watch = ZoneWatch(zone_view(zone, calibration, SIZE), calibration)

    def step(self, number: int) -> None:
        """Take one reading; one of two hundred is blind."""
        ids, ground = self._passers.step(self._clock.step())
        period = Period()
        if self._passers.rng.random() < 0.005:
            period.blind.append("the picture froze")
        else:
            observation = self._observation(number, ids)
            pixels = ImagePoints(np.zeros((len(ids), 2)))
            velocities = self.tracks.update(self._clock.now_s, ids, ground, pixels)
            self.watch.observe(observation, People(ids, pixels, ground, velocities))
            period.add(observation)
        self.watch.close(period, camera_id="mast", at=BEGIN + timedelta(seconds=self._clock.now_s))

    def _observation(self, number: int, ids: NDArray[np.int64]) -> Observation:
        heads = Heads(np.zeros((len(ids), 2)), np.ones(len(ids)), ids, np.full(len(ids), HEAD_HEIGHT_M))
        at_s = self._clock.now_s
        return Observation("mast", at_s, BEGIN + timedelta(seconds=at_s), number, SIZE, None, heads, ("test",))


@dataclass(frozen=True, slots=True)
class Held:
    """What the zone and its tracks hold.

    Attributes:
        megabytes: of arrays and containers.
        longest: entries of the longest container or array.
        name: where that is.
    """

    megabytes: float
    longest: int
    name: str


def soak(readings: int) -> list[Measure]:
    """Take so many readings and return the memory after parts of them."""
    one = Soak()
    marks = {max(1, round(share * readings)): share for share in SHARES}
    looks = {max(1, round(part * readings / 100)) for part in range(1, 101)}
    told: list[tuple[float, float]] = []
    measures: list[Measure] = []
    longest = Held(0.0, 0, "")
    for number in track(range(1, readings + 1), description="readings"):
        one.step(number)
        if number not in looks:
            continue
        held = held_by({"watch": one.watch, "tracks": one.tracks})
        longest, resident = max(longest, held, key=lambda look: look.longest), resident_mb()
        print(f"{number:,} readings: {resident:.2f} MB, the zone {held.megabytes:.3f} MB", flush=True)
        if number in marks:
            told.append((resident, held.megabytes))
            measures += _at(marks[number], told[-1])
    return [*measures, *_growth(told), Measure(f"longest ever: {longest.name}", longest.longest)]


def _at(share: float, told: tuple[float, float]) -> list[Measure]:
    return [
        Measure(f"memory of the program after {share:.0%}", told[0], "MB"),
        Measure(f"held by the zone after {share:.0%}", told[1], "MB"),
    ]


def _growth(told: Sequence[tuple[float, float]]) -> list[Measure]:
    (resident, held), (resident_then, held_then) = told[-1], told[0]
    return [
        Measure("the program's growth from 10 % to 100 %", resident - resident_then, "MB", at_most=MOST_GROWTH_MB),
        Measure("the zone's growth from 10 % to 100 %", held - held_then, "MB", at_most=MOST_GROWTH_MB),
    ]


def resident_mb() -> float:
    """Return the memory that the program holds now, of the system's pages, MB."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def held_by(roots: dict[str, object]) -> Held:
    """Walk through everything that can be reached from some objects, each once."""
    left, seen = deque(roots.items()), set[int]()
    total, longest, place = 0, 0, ""
    while left:
        name, one = left.popleft()
        if id(one) in seen or isinstance(one, (type, BaseGeometry)):
            continue
        seen.add(id(one))
        total += one.nbytes if isinstance(one, np.ndarray) else one.__sizeof__()
        if _length(one) > longest:
            longest, place = _length(one), name
        left.extend(_parts(name, one))
    return Held(total / 2**20, longest, place)


def _length(one: object) -> int:
    if isinstance(one, np.ndarray):
        return len(one) if one.ndim == 1 else 0
    return len(one) if isinstance(one, (dict, set, list, tuple, deque)) else 0


def _parts(name: str, one: object) -> Iterator[tuple[str, object]]:
    if isinstance(one, np.ndarray):
        if one.base is not None:
            yield name, one.base
    elif isinstance(one, dict):
        yield from ((f"{name}{{}}", part) for pair in one.items() for part in pair)
    elif isinstance(one, (set, list, tuple, deque)):
        yield from ((f"{name}[]", part) for part in one)
    else:
        slots = [slot for kind in type(one).__mro__ for slot in getattr(kind, "__slots__", ())]
        kept = {slot: getattr(one, slot) for slot in slots if hasattr(one, slot)} | getattr(one, "__dict__", {})
        yield from ((f"{name}.{part}", value) for part, value in kept.items())
