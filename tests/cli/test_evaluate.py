"""`throng eval video` as an integrator calls it: on PETS as it is, on a folder of pictures, and with bad input."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from throng.cli.evaluate import app
from throng.core.errors import ThrongError


def run(*arguments: str | Path | int) -> str:
    result = CliRunner().invoke(app, ["video", *map(str, arguments)], catch_exceptions=False, env={"COLUMNS": "140"})
    assert result.exit_code == 0, result.output
    return result.output


def picture_folder(folder: Path, *, frames: int) -> Path:
    folder.mkdir()
    noise = np.random.default_rng(3)
    for n in range(frames):
        cv2.imwrite(str(folder / f"IMG_{n + 1}.png"), noise.integers(60, 180, (240, 320, 3), dtype=np.uint8))
    return folder


def mot_labels(file: Path, *, frames: int) -> Path:
    file.write_text("".join(f"{n + 1},1,{100 + 5 * n},60,40,120,1,1,1\n" for n in range(frames)), encoding="utf-8")
    return file


@pytest.mark.shared
@pytest.mark.parametrize(("model", "rate"), [("yolox-nano", 2), ("person-detection-retail-0013", 1)])
def test_pets_as_it_is(
    shared_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, rate: int
) -> None:
    monkeypatch.setenv("THRONG_MODELS", str(shared_dir / "models"))
    clip = shared_dir / "data" / "pets2009"
    printed = run(
        *("--source", clip / "S2L1_view001.mp4", "--truth", clip / "S2L1_groundtruth.xml"),
        *("--calibration", clip / "View_001_calibration.xml", "--model", model, "--rate", rate),
        *("--json", tmp_path / "report.json", "--picture", tmp_path / "report.png"),
    )
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["frames"]["compared"] == pytest.approx(79.5 * rate, abs=1)
    assert report["count"]["mean_truth"] == pytest.approx(5.85, abs=0.05)
    assert report["count"]["mae"] <= 0.8
    assert report["truth"]["labelled_on"] == [768, 576]
    assert report["truth"]["speed"]["median_mps"] == pytest.approx(1.38, rel=0.05)
    assert report["speed"]["median_mps"] == pytest.approx(1.38, rel=0.05)
    assert report["detection"]["recall"] > 0.75
    assert report["detection"]["precision"] > 0.85
    assert report["alignment"]["best_shift"] == 0
    assert report["zones"]["view"]["readings"]["unknown"] == 0
    assert report["notes"] == []
    chart = cv2.imread(str(tmp_path / "report.png"))
    assert chart is not None
    assert chart.shape == (860, 1400, 3)
    for words in ("Commissioning report", "S2L1_view001.mp4", model, "count MAE", "walking speed, median", "zone view"):
        assert words in printed


def test_a_folder_of_pictures_without_a_calibration(tmp_path: Path) -> None:
    folder, labels = picture_folder(tmp_path / "frames", frames=2), mot_labels(tmp_path / "gt.txt", frames=2)
    printed = run("--source", folder, "--truth", labels, "--model", "hog", "--json", tmp_path / "r.json", "--fps", "5")
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["frames"]["compared"] == 2
    assert report["count"]["mean_truth"] == 1
    assert report["density"]["mae_per_m2"] is None
    assert "no calibration: people/m² and speeds are unknown" in printed


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--truth-size", "768"], "--truth-size: expected WIDTHxHEIGHT such as 768x576, got '768'"),
        (["--truth", "missing.xml"], r"missing\.xml: the truth file cannot be read"),
        (["--source", "missing.mp4"], r"missing\.mp4"),
        (["--calibration", "missing.yaml"], r"missing\.yaml"),
        (["--site", "missing.yaml"], r"missing\.yaml"),
        (["--source", "sim://plaza"], "a simulated camera has no label file"),
        (["--model", "no-such-model"], "no-such-model"),
        (["--picture", "chart.bmp"], r"chart\.bmp: the picture of the report must end in"),
        (["--json", "missing/report.json"], "cannot be written"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path: Path, options: list[str], sentence: str) -> None:
    folder, labels = picture_folder(tmp_path / "frames", frames=2), mot_labels(tmp_path / "gt.txt", frames=2)
    arguments = ["--source", str(folder), "--truth", str(labels), "--model", "hog", *options]
    with pytest.raises(ThrongError, match=sentence) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
