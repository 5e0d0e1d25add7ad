"""`throng run --fast` on PETS2009 S2L1: frames per second end to end and peak memory of the whole process."""

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from benchmarks.outcome import Measure, finish, shared_folder, throng_command

from throng.vision.registry import load_detector

FRAMES = 795


def main() -> None:
    """Run the command once and look at what the system says of it."""
    clip = shared_folder() / "data" / "pets2009"
    with tempfile.TemporaryDirectory() as folder:
        readings = Path(folder) / "readings.jsonl"
        command = [throng_command(), "run", str(clip / "S2L1_view001.mp4"), "--fast", "--no-web", "--rate", "100"]
        command += ["--calibration", str(clip / "View_001_calibration.xml"), "--model", "yolox-nano"]
        start_s, _ = run([throng_command(), "run", "--help"])
        wall_s, peak_mb = run([*command, "--out", str(readings)])
        network_s = network_alone_s()
        lines = len(readings.read_text(encoding="utf-8").splitlines())
    finish(
        "throng run --fast on PETS2009 S2L1, every frame analysed",
        "run_speed",
        [
            Measure("frames per second, end to end", FRAMES / wall_s, "1/s", at_least=40),
            Measure("start of the command alone", start_s, "s"),
            Measure("one run of the network alone, one thread", 1000 * network_s, "ms"),
            Measure("time per frame / one run of the network", wall_s / FRAMES / network_s),
            Measure("peak memory", peak_mb, "MB", at_most=400),
            Measure("readings written", lines, at_least=FRAMES // 10),
        ],
    )


def network_alone_s() -> float:
    """Return the median time of the bare network on one thread: how fast this machine is right now."""
    detector = load_detector("yolox-nano", threads=1)
    picture = np.random.default_rng(0).integers(0, 255, (416, 416, 3), dtype=np.uint8)
    times = []
    for _ in range(40):
        began_s = time.perf_counter()
        detector.detect([picture])
        times.append(time.perf_counter() - began_s)
    return statistics.median(times)


def run(command: list[str]) -> tuple[float, float]:
    """Return the seconds that a command took and its peak resident memory in MB."""
    began_s = time.monotonic()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(command)} left with exit code {child.returncode}")
    kilobytes = usage.ru_maxrss
    return time.monotonic() - began_s, kilobytes * 1024 / 1e6


if __name__ == "__main__":
    main()
