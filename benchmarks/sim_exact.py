"""Every simulated scene with its simulated sensor as input: what the pipeline makes of people seen without error.

The truth is worked out here from the simulation's own places and velocities, apart from the pipeline's code.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from benchmarks.outcome import Measure, finish
from shapely import contains_xy
from shapely.geometry import LineString, Polygon

from throng.camera.pipeline import CameraPipeline
from throng.core.points import FloatArray
from throng.core.reading import LineReading, Reading
from throng.core.site import Line, Zone
from throng.core.zones import points_in_zone
from throng.sim.sensor import SimulatedSensor
from throng.sim.source import SimSource, open_sim

SCENES = ("plaza", "hall", "bottleneck", "counterflow", "panic", "empty")
SECONDS = 40
SETTLED_M = 0.2
"""Nearer to a line than this nobody has crossed it yet: they may turn back."""

Place = tuple[float, float]


@dataclass(slots=True)
class Watched:
    """What really happened in front of the camera.

    Attributes:
        fps: frames per second.
        counts: per zone and frame, the people in it who can be seen.
        everybody: per zone, the people in it in all frames together, hidden ones included.
        speeds_mps: per zone, the speed of each person in it in each frame, over their last second.
        paths: per person, where they were in the frames in which they could be seen.
        velocities: per person, their newest velocities in m/s.
    """

    fps: float
    counts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    everybody: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    speeds_mps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    paths: dict[int, list[Place]] = field(default_factory=lambda: defaultdict(list))
    velocities: dict[int, list[FloatArray]] = field(default_factory=lambda: defaultdict(list))

    def add(self, source: SimSource, sequence: int, zones: Iterable[Zone]) -> None:
        """Note where everybody is who can be seen."""
        truth = source.truth(sequence)
        seen = truth.visible
        ids, places = truth.ids[seen], truth.ground[seen]
        for person, place, velocity in zip(ids.tolist(), places.tolist(), truth.velocity_mps[seen], strict=True):
            self.paths[person].append((place[0], place[1]))
            self.velocities[person].append(velocity)
        for zone in zones:
            inside = contains_xy(Polygon(zone.polygon or ()), places)
            self.counts[zone.id].append(int(inside.sum()))
            self.everybody[zone.id] += int(contains_xy(Polygon(zone.polygon or ()), truth.ground).sum())
            self.speeds_mps[zone.id] += [self._speed_mps(person) for person in ids[inside].tolist()]

    def hidden_share(self, zone_id: str) -> float:
        """Share of the people in a zone whom the camera cannot see."""
        return 1 - sum(self.counts[zone_id]) / self.everybody[zone_id]

    def _speed_mps(self, person: int) -> float:
        """Speed over the last second, NaN for somebody who came less than a second ago."""
        window = round(self.fps)
        recent = self.velocities[person][-window:]
        return float(np.hypot(*np.mean(recent, axis=0))) if len(recent) == window else float("nan")


def main() -> None:
    """Run every scene and hold the readings against the truth."""
    finish("Simulated scenes, simulated sensor", "sim_exact", [m for scene in SCENES for m in compare(scene)])


def compare(scene: str) -> list[Measure]:
    """Return the errors of one scene, the worst of its zones and lines."""
    source = open_sim(f"sim://{scene}", camera_id="camera")
    source.open()
    camera, info = source.site.cameras[0], source.info
    pipeline = CameraPipeline(camera, source.site.zones, source.site.lines, (info.width, info.height))
    zones = [view.zone for view in pipeline.views]
    watched = Watched(info.fps or 10.0)
    readings, speeds = watch(source, pipeline, watched, zones)
    source.close()
    measures = []
    for zone in zones:
        own = [r for r in readings if isinstance(r, Reading) and r.zone_id == zone.id]
        measures += zone_measures(f"{scene}, zone {zone.id}", own, zone, watched, speeds[zone.id])
    for line in pipeline.lines:
        newest = [r for r in readings if isinstance(r, LineReading) and r.line_id == line.id][-1]
        entered, left = crossings(line, watched.paths.values())
        wrong = abs(newest.in_total - entered) + abs(newest.out_total - left)
        name = f"{scene}, line {line.id}: crossings wrong of {entered} in, {left} out"
        measures.append(Measure(name, wrong, at_most=0))
    return measures


def watch(
    source: SimSource, pipeline: CameraPipeline, watched: Watched, zones: Sequence[Zone]
) -> tuple[list[Reading | LineReading], dict[str, list[float]]]:
    """Let time pass; return the readings, and per zone the speed of each person in it in each frame."""
    sensor = SimulatedSensor(source)
    sensor.warm_up()
    readings: list[Reading | LineReading] = []
    speeds: dict[str, list[float]] = {zone.id: [] for zone in zones}
    for _ in range(round(SECONDS * watched.fps)):
        frame = source.read(10.0)
        if frame is None:
            break
        readings += pipeline.process(sensor.observe(frame))
        for view in pipeline.views:
            inside = points_in_zone(view.zone, pipeline.people.ground)
            speeds[view.zone.id] += pipeline.people.speeds_mps[inside].tolist()
        watched.add(source, frame.sequence, zones)
    return readings + pipeline.finish(), speeds


def zone_measures(
    name: str, readings: Sequence[Reading], zone: Zone, watched: Watched, speeds_mps: Sequence[float]
) -> list[Measure]:
    """Hold the readings of one zone against what was there."""
    true_counts, done = [], 0
    for reading in readings:
        true_counts.append(float(np.mean(watched.counts[zone.id][done : done + reading.frames])))
        done += reading.frames
    counts = [np.nan if r.count is None else r.count.value for r in readings]
    densities = [np.nan if r.density is None else r.density.mean.value for r in readings]
    true_densities = np.array(true_counts) / (zone.area_m2 or np.nan)
    crowd = true_densities > 0
    measures = [
        Measure(f"{name}: largest count error", float(np.max(np.abs(np.subtract(counts, true_counts)))), at_most=0)
    ]
    if crowd.any():
        off = np.abs(np.array(densities)[crowd] / true_densities[crowd] - 1)
        measures.append(Measure(f"{name}: largest density error", 100 * float(off.max()), "%", at_most=3))
        speed_off = np.nanmean(speeds_mps) / np.nanmean(watched.speeds_mps[zone.id]) - 1
        measures.append(Measure(f"{name}: mean speed error", 100 * float(abs(speed_off)), "%", at_most=3))
        measures.append(
            Measure(f"{name}: people whom a wall or the border hides", 100 * watched.hidden_share(zone.id), "%")
        )
    return measures


def crossings(line: Line, paths: Iterable[Sequence[Place]]) -> tuple[int, int]:
    """Count who got from one side of a line to the other between its ends: in leads to the right."""
    entered = left = 0
    counted = LineString([line.start, line.end])
    (x0, y0), (x1, y1) = line.start, line.end
    length_m = float(np.hypot(x1 - x0, y1 - y0))
    for path in paths:
        x, y = np.array(path).T
        to_the_right_m = ((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / length_m
        settled = np.flatnonzero(np.abs(to_the_right_m) >= SETTLED_M)
        for before, after in pairwise(settled.tolist()):
            through = to_the_right_m[before] * to_the_right_m[after] < 0
            if through and LineString(path[before : after + 1]).intersects(counted):
                entered += to_the_right_m[after] > 0
                left += to_the_right_m[after] < 0
    return int(entered), int(left)


if __name__ == "__main__":
    main()
