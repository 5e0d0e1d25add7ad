"""`throng eval counts` with the shipped counter: held-out pictures, cameras never trained on, bad weather, nobody."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.outcome import Measure, finish, shared_folder, throng_command

from throng.cli.evaluate_counts import DEFAULT_COUNTER, load_model
from throng.core.points import Image
from throng.core.scoring import interval_coverage
from throng.sim.source import open_sim
from throng.train.corruption import Corruption
from throng.train.negatives import blank_pictures
from throng.video.ports import FrameSource
from throng.video.sources import open_source
from throng.vision.input_scale import ScaleChooser
from throng.vision.ports import DensityCounter

PARTS = {"Part A": ("part_A", 75.0), "Part B": ("part_B", 9.0)}
NEGATIVE_SIZE = (1024, 768)
UCSD_FRAMES = 100
PETS_SECONDS = 79.5
EMPTY_FRAMES = 20
READ_TIMEOUT_S = 10.0

Report = dict[str, Any]
"""What `throng eval counts --json` wrote."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What every measurement needs.

    Attributes:
        data: the research data.
        model: name or file of the counter.
        limit: at most so many pictures of a set and frames of a clip, None for all.
    """

    data: Path
    model: str
    limit: int | None

    def counts(self, dataset: str, root: str, split: str, *more: str, limit: int | None = None) -> Report:
        """Run the command as a user does and read its report."""
        limit = limit if self.limit is None else min(self.limit, limit or self.limit)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "report.json"
            command = [throng_command(), "eval", "counts", "--dataset", dataset, "--root", str(self.data / root)]
            command += ["--split", split, "--model", self.model, "--json", str(file), *more]
            command += [] if limit is None else ["--limit", str(limit)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            report: Report = json.loads(file.read_text(encoding="utf-8"))
        return report


def main() -> None:
    """Measure everything and hold it against the targets."""
    options = read_options()
    bench = Bench(shared_folder() / "data", options.model, options.limit)
    counter = load_model(options.model)
    clean = {part: bench.counts("shanghaitech", f"shanghaitech/{folder}", "val") for part, (folder, _) in PARTS.items()}
    measures = [measure for part in PARTS for measure in errors(f"{part} val", clean[part], at_most=PARTS[part][1])]
    measures += [covered(list(clean.values()))]
    whole, region = (
        bench.counts("ucsd", "ucsd", "all", how, limit=UCSD_FRAMES) for how in ("--no-regions", "--regions")
    )
    measures += errors("UCSD, every 20th frame", whole, at_most=6)
    measures += errors("UCSD, every 20th frame, walkway only", region)[:3]
    measures += pets(bench)
    measures += [measure for kind in Corruption for measure in spoiled(bench, clean, kind)]
    measures += negatives(bench, counter)
    finish(f"Counter {counter.name}: pictures that it was not trained on", "counter", measures)


def read_options() -> argparse.Namespace:
    """Read the options of this benchmark and leave the others to `finish`."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--model", default=DEFAULT_COUNTER)
    parser.add_argument("--limit", type=int, help="at most so many pictures and frames, to see that it runs")
    options, sys.argv[1:] = parser.parse_known_args()
    if options.limit is not None and "--write" in sys.argv:
        sys.exit("--limit gives figures of a part only: do not keep them with --write")
    return options


def errors(name: str, report: Report, *, at_most: float | None = None) -> list[Measure]:
    """Return the rows of one dataset."""
    return [
        Measure(
            f"{name}: MAE", number(report["mae"]), f"of {number(report['mean_truth']):.4g} people", at_most=at_most
        ),
        Measure(f"{name}: RMSE", number(report["rmse"]), "people"),
        Measure(f"{name}: bias", number(report["bias"]), "people"),
        Measure(f"{name}: NAE", 100 * number(report["nae"]), "%"),
        *(Measure(f"{name}: GAME({level})", number(report["game"][level]), "people") for level in (1, 2, 3)),
        Measure(f"{name}: F1 of heads within 4 px", number(report["f1_4"])),
        Measure(f"{name}: F1 of heads within 8 px", number(report["f1_8"])),
        Measure(f"{name}: SSIM of the maps", number(report["ssim"])),
        Measure(f"{name}: 90 % intervals that hold the truth", 100 * number(report["coverage90"]), "%"),
        Measure(f"{name}: pictures with a warning", 100 * number(report["warned"]), "%"),
    ]


def covered(reports: list[Report]) -> Measure:
    """Return how honest the intervals are over all validation pictures."""
    rows = [row for report in reports for row in report["results"]]
    low, high, truth = (np.array([row[key] for row in rows], dtype=np.float64) for key in ("low", "high", "truth"))
    share = 100 * interval_coverage(low, high, truth) if np.isfinite(high).all() else float("nan")
    return Measure("both vals: 90 % intervals that hold the truth, 85 to 95 %", share, "%", at_least=85, at_most=95)


def pets(bench: Bench) -> list[Measure]:
    """Run `throng eval video` on PETS2009 S2L1 as an integrator does."""
    clip = bench.data / "pets2009"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        command = [throng_command(), "eval", "video", "--model", bench.model, "--json", str(file)]
        command += ["--source", str(clip / "S2L1_view001.mp4"), "--truth", str(clip / "S2L1_groundtruth.xml")]
        command += ["--calibration", str(clip / "View_001_calibration.xml")]
        command += [] if bench.limit is None else ["--rate", str(max(0.1, bench.limit / PETS_SECONDS))]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        report = json.loads(file.read_text(encoding="utf-8"))
    count = report["count"]
    return [
        Measure("PETS2009 S2L1, per frame: MAE", count["mae"], f"of {count['mean_truth']:.4g} people", at_most=1.5),
        Measure("PETS2009 S2L1, per frame: RMSE", count["rmse"], "people"),
        Measure("PETS2009 S2L1, per frame: bias", count["bias"], "people"),
    ]


def spoiled(bench: Bench, clean: dict[str, Report], kind: Corruption) -> list[Measure]:
    """Return by how much worse spoiled pictures are counted, and whether the counter says so where it matters."""
    measures = []
    for part, (folder, _) in PARTS.items():
        report = bench.counts("shanghaitech", f"shanghaitech/{folder}", "val", "--corruption", kind.value)
        ratio = number(report["mae"]) / number(clean[part]["mae"])
        measures += [
            Measure(f"{part} val, {kind}: MAE against the clean pictures'", ratio, "times", at_most=1.5),
            Measure(
                f"{part} val, {kind}: pictures with a warning",
                100 * number(report["warned"]),
                "%",
                at_least=50 if ratio > 1.5 else None,
            ),
        ]
    return measures


def negatives(bench: Bench, counter: DensityCounter) -> list[Measure]:
    """Return how many people are read where nobody is; the room has at most one person at a time."""
    measures = [
        Measure(f"nobody, {name}", people_in(counter, [image])[0], "people", at_most=0.5)
        for name, image in blank_pictures(NEGATIVE_SIZE).items()
    ]
    empty = open_sim(f"sim://empty?fps=10&duration={EMPTY_FRAMES / 10:g}", camera_id="empty")
    street = people_in(counter, islice(frames(empty), bench.limit))
    room = open_source(str(bench.data / "clips" / "empty_room_one_person_at_a_time.mp4"))
    people = people_in(counter, islice(frames(room), 0, None if bench.limit is None else 50 * bench.limit, 50))
    return [
        *measures,
        Measure("nobody, sim://empty, worst frame", max(street), "people", at_most=0.5),
        Measure("room with at most one person, every 50th frame: mean", float(np.mean(people)), "people"),
        Measure("room with at most one person, every 50th frame: worst", max(people), "people"),
    ]


def people_in(counter: DensityCounter, images: Iterable[Image]) -> list[float]:
    """Count the frames of one camera without calibration as `throng run` does, two seconds apart."""
    chooser = ScaleChooser(counter, None)
    counts = []
    for n, image in enumerate(images):
        (crowd,) = counter.count([image], scale=chooser.scale_for(image, 2.0 * n))
        counts.append(crowd.count.value)
    return counts


def frames(source: FrameSource) -> Iterator[Image]:
    """Read the pictures of a recording or a simulated camera."""
    source.open()
    try:
        while (frame := source.read(READ_TIMEOUT_S)) is not None:
            yield frame.image
    finally:
        source.close()


def number(value: float | None) -> float:
    """What the report does not know is null."""
    return float("nan") if value is None else value


if __name__ == "__main__":
    main()
