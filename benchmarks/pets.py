"""`throng eval video` on PETS2009 S2L1 view 001 with both person detectors."""

import json
import subprocess
import tempfile
from pathlib import Path

from benchmarks.outcome import Measure, finish, shared_folder, throng_command

MODELS = ("yolox-nano", "person-detection-retail-0013")
TRUE_MEDIAN_SPEED_MPS = 1.38


def main() -> None:
    """Evaluate each model and hold it against the targets."""
    clip = shared_folder() / "data" / "pets2009"
    measures = [measure for model in MODELS for measure in evaluate(clip, model)]
    finish("PETS2009 S2L1 view 001, every frame", "pets", measures)


def evaluate(clip: Path, model: str) -> list[Measure]:
    """Run the command as an integrator does and read its report."""
    with tempfile.TemporaryDirectory() as folder:
        report_file = Path(folder) / "report.json"
        command = [throng_command(), "eval", "video", "--model", model, "--json", str(report_file)]
        command += ["--source", str(clip / "S2L1_view001.mp4"), "--truth", str(clip / "S2L1_groundtruth.xml")]
        command += ["--calibration", str(clip / "View_001_calibration.xml")]
        subprocess.run(command, check=True)
        report = json.loads(report_file.read_text(encoding="utf-8"))
    shift = report["alignment"]["best_shift"]
    return [
        Measure(f"{model}: count MAE per frame", report["count"]["mae"], "people", at_most=0.8),
        Measure(f"{model}: count RMSE per frame", report["count"]["rmse"], "people"),
        Measure(f"{model}: count bias per frame", report["count"]["bias"], "people"),
        Measure(f"{model}: density MAE", report["density"]["mae_per_m2"], "people/m²"),
        Measure(f"{model}: median speed", report["speed"]["median_mps"], "m/s"),
        Measure(f"{model}: labels' median speed", report["truth"]["speed"]["median_mps"], "m/s"),
        Measure(
            f"{model}: median speed off {TRUE_MEDIAN_SPEED_MPS} m/s",
            100 * abs(report["speed"]["median_mps"] / TRUE_MEDIAN_SPEED_MPS - 1),
            "%",
            at_most=5,
        ),
        Measure(
            f"{model}: median speed off the labels'", 100 * abs(report["speed"]["median_error_share"]), "%", at_most=5
        ),
        Measure(f"{model}: detection precision", report["detection"]["precision"]),
        Measure(f"{model}: detection recall", report["detection"]["recall"]),
        Measure(f"{model}: readings whose 90 % interval holds the truth", 100 * report["count"]["coverage_90"], "%"),
        Measure(f"{model}: frames off alignment", float("nan") if shift is None else abs(shift), at_most=0),
        Measure(f"{model}: frames per second", report["fps"], "1/s"),
    ]


if __name__ == "__main__":
    main()
