"""`throng run --fast` on PETS2009 S2L1: frames per second end to end and peak memory of the whole process."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.outcome import Measure, finish, shared_folder, throng_command

FRAMES = 795


def main() -> None:
    """Run the command once and look at what the system says of it."""
    clip = shared_folder() / "data" / "pets2009"
    with tempfile.TemporaryDirectory() as folder:
        readings = Path(folder) / "readings.jsonl"
        command = [throng_command(), "run", str(clip / "S2L1_view001.mp4"), "--fast", "--no-web", "--rate", "100"]
        command += ["--calibration", str(clip / "View_001_calibration.xml"), "--model", "yolox-nano"]
        wall_s, peak_mb = run([*command, "--out", str(readings)])
        lines = len(readings.read_text(encoding="utf-8").splitlines())
    finish(
        "throng run --fast on PETS2009 S2L1, every frame, start of the program included",
        "run_speed",
        [
            Measure("frames per second, end to end", FRAMES / wall_s, "1/s", at_least=40),
            Measure("peak memory", peak_mb, "MB", at_most=400),
            Measure("readings written", lines, at_least=FRAMES // 10),
        ],
    )


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
