"""Rendered scenes through the whole pipeline of a camera: density and speed of what is seen, against the truth."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from benchmarks.outcome import Measure, finish

from throng.core.clock import SystemClock
from throng.core.errors import ThrongError
from throng.core.frame import Frame
from throng.core.reading import Reading
from throng.core.site import Zone
from throng.core.stream import StreamStatus
from throng.core.zones import points_in_zone
from throng.edge.build import DEFAULT_RATE_HZ
from throng.edge.runner import CameraRunner
from throng.sim.source import SimSource, open_sim
from throng.video.ports import SourceInfo
from throng.vision.observers import DEFAULT_MODEL, load_observer

BESIDE = f"{DEFAULT_MODEL}+yolox-nano"
"""The default model beside a detector, where its weights are installed."""

FEWEST_PEOPLE = 5.0
"""Zones with fewer people on average say nothing: one person more or less is a fifth."""

DENSEST_PER_M2 = 4.0
SLOWEST_MPS = 0.3
"""Below this the error of a mean speed is told in m/s, for a share of nearly nothing says nothing."""

MOST_OFF = {"density": 15.0, "speed": 10.0, "standing": 0.1}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a scene: from when on it is drawn, for how long, and with how many other crowds."""

    scene: str
    start_s: float
    seconds: float
    seeds: int = 1

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{self.scene} at {self.start_s:g} s"


PARTS = (
    Part("plaza", 30, 12),
    Part("counterflow", 60, 12),
    Part("hall", 60, 4),
    Part("hall", 120, 4),
    Part("hall", 170, 4),
    Part("bottleneck", 60, 4),
    Part("panic", 18, 5, seeds=2),
    Part("panic", 25.5, 3, seeds=3),
)
BESIDE_PARTS = (Part("plaza", 30, 6), Part("hall", 120, 3))


class LateSource:
    """A simulated camera that is switched on late; the people have walked before (a `FrameSource`)."""

    def __init__(self, source: SimSource, *, start_s: float, seconds: float) -> None:
        self._source, self._skipped = source, round(start_s * (source.info.fps or 1))
        self._left = round(seconds * (source.info.fps or 1))

    @property
    def info(self) -> SourceInfo:
        """That of the simulated camera."""
        return self._source.info

    @property
    def status(self) -> StreamStatus:
        """That of the simulated camera."""
        return self._source.status

    def open(self) -> None:
        """Let the people walk to the beginning."""
        self._source.open()
        for _ in range(self._skipped):
            self._source.skip()

    def read(self, timeout_s: float) -> Frame | None:
        """Draw the next frame; the camera is switched off at the end."""
        self._left -= 1
        if self._left < 0:
            self._source.close()
        return self._source.read(timeout_s)

    def close(self) -> None:
        """Switch it off."""
        self._source.close()


@dataclass(slots=True)
class Compared:
    """One zone: what the readings said, and what was there in the same frames.

    Attributes:
        people, true_people: per reading.
        held: per reading, whether the 90 % interval holds the truth.
        speeds_mps: per reading, NaN where none was told.
        true_speeds_mps: per person and analysed frame.
    """

    people: list[float] = field(default_factory=list)
    true_people: list[float] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    speeds_mps: list[float] = field(default_factory=list)
    true_speeds_mps: list[float] = field(default_factory=list)

    def add(self, reading: Reading, true_counts: list[int]) -> None:
        """Take in a reading and the true counts of its frames."""
        assert reading.count is not None
        truth = float(np.mean(true_counts))
        self.people.append(reading.count.value)
        self.true_people.append(truth)
        self.held.append(reading.count.low <= truth <= reading.count.high)
        self.speeds_mps.append(np.nan if reading.speed is None else reading.speed.mean_mps)

    @property
    def speed_mps(self) -> float:
        """Mean over the readings, each weighted by its people."""
        known = np.isfinite(self.speeds_mps)
        return float(np.average(np.array(self.speeds_mps)[known], weights=np.array(self.people)[known]))


def main() -> None:
    """Look at every part with the default model, and at some beside a detector."""
    measures, held = [], []
    for model, part in looks():
        for zone, compared in compare(model, part).values():
            if np.mean(compared.true_people) < FEWEST_PEOPLE:
                continue
            held += compared.held
            name = f"{part.name}, {zone.id}" + ("" if model == DEFAULT_MODEL else f", {model}")
            measures += [*density_measures(name, zone, compared), *speed_measures(name, compared)]
    share = 100 * float(np.mean(held))
    measures.append(Measure(f"readings whose 90 % interval holds the truth, of {len(held)}", share, "%"))
    finish(f"Rendered scenes, {DEFAULT_MODEL}, {DEFAULT_RATE_HZ:g} analyses per second", "rendered", measures)


def looks() -> Iterator[tuple[str, Part]]:
    """Give every model with the parts that it looks at."""
    for part in PARTS:
        yield DEFAULT_MODEL, part
    try:
        load_observer("camera", BESIDE, rate_hz=None, threads=1)
    except ThrongError as error:
        print(f"without {BESIDE}: {error}")
        return
    for part in BESIDE_PARTS:
        yield BESIDE, part


def compare(model: str, part: Part) -> dict[str, tuple[Zone, Compared]]:
    """Look at every crowd of a part; return per zone what was told and what was there."""
    compared: dict[str, tuple[Zone, Compared]] = {}
    for seed in range(1, part.seeds + 1):
        simulated = open_sim(f"sim://{part.scene}?seed={seed}", camera_id="camera")
        source = LateSource(simulated, start_s=part.start_s, seconds=part.seconds)
        watch(simulated, source, model, compared)
    return compared


def watch(simulated: SimSource, source: LateSource, model: str, compared: dict[str, tuple[Zone, Compared]]) -> None:
    """Run a camera as `throng run` does, and hold its readings against what was there."""
    (camera,) = simulated.site.cameras
    observer = load_observer(camera.id, model, rate_hz=DEFAULT_RATE_HZ, calibration=camera.calibration, threads=1)
    runner = CameraRunner(
        camera, simulated.site, source=source, observer=observer, rate_hz=DEFAULT_RATE_HZ, clock=SystemClock()
    )
    runner.open()
    zones = [view.zone for view in runner.pipeline.views]
    counts: dict[str, list[int]] = {zone.id: [] for zone in zones}
    for zone in zones:
        compared.setdefault(zone.id, (zone, Compared()))
    for step in runner.steps():
        for reading in step.readings:
            if isinstance(reading, Reading):
                compared[reading.zone_id][1].add(reading, counts[reading.zone_id][: reading.frames])
                del counts[reading.zone_id][: reading.frames]
        if step.frame is None or step.observation is None:
            continue
        truth = simulated.truth(step.frame.sequence)
        for zone in zones:
            inside = truth.visible & points_in_zone(zone, truth.ground)
            counts[zone.id].append(int(inside.sum()))
            if step.observation.motion is not None:  # not the first frame, which tells no speeds
                compared[zone.id][1].true_speeds_mps += np.hypot(*truth.velocity_mps[inside].T).tolist()


def density_measures(name: str, zone: Zone, compared: Compared) -> list[Measure]:
    """The mean density, and by how much it is off."""
    area_m2 = zone.area_m2 or np.nan
    told, true = (float(np.mean(people)) / area_m2 for people in (compared.people, compared.true_people))
    target = MOST_OFF["density"] if true < DENSEST_PER_M2 else None
    return [
        Measure(f"{name}: true density", true, "people/m²"),
        Measure(f"{name}: density", told, "people/m²"),
        Measure(f"{name}: density off", 100 * abs(told / true - 1), "%", at_most=target),
    ]


def speed_measures(name: str, compared: Compared) -> list[Measure]:
    """The mean speed, and by how much it is off."""
    told, true = compared.speed_mps, float(np.mean(compared.true_speeds_mps))
    measures = [Measure(f"{name}: true mean speed", true, "m/s"), Measure(f"{name}: mean speed", told, "m/s")]
    if true < SLOWEST_MPS:
        return [*measures, Measure(f"{name}: mean speed off", abs(told - true), "m/s", at_most=MOST_OFF["standing"])]
    return [*measures, Measure(f"{name}: mean speed off", 100 * abs(told / true - 1), "%", at_most=MOST_OFF["speed"])]


if __name__ == "__main__":
    main()
