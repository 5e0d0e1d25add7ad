import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
import yaml
from typer.testing import CliRunner

from throng.camera.calibration_file import load_calibration
from throng.cli.calibrate import calibrate as command
from throng.core.errors import ThrongError
from throng.core.pinhole import calibration_from_camera
from throng.core.points import ground_points

SIZE = (1280, 720)
CAMERA = calibration_from_camera(height_m=6, tilt_deg=30, fov_deg=80, image_size=SIZE)
GROUND = ((-4, 6), (4, 6), (4, 22), (-4, 22), (0, 12))


@dataclass(frozen=True, slots=True)
class Done:
    """What a call of the command left."""

    code: int
    out: str
    err: str


Calibrate = Callable[..., Done]


@pytest.fixture
def calibrate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calibrate:
    """Call the command in an empty folder; an error that `throng` prints as one sentence is code 2."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def call(*arguments: str) -> Done:
        result = CliRunner().invoke(app, list(arguments))
        if isinstance(result.exception, ThrongError):
            return Done(2, " ".join(result.output.split()), str(result.exception))
        assert result.exit_code == 0, result.output
        return Done(result.exit_code, " ".join(result.stdout.split()), " ".join(result.stderr.split()))

    return call


def _point_options() -> list[str]:
    options = []
    for (u, v), (x, y) in zip(CAMERA.to_image(ground_points(GROUND)), GROUND, strict=True):
        options += ["--point", f"{u:.3f},{v:.3f},{x},{y}"]
    return options


def test_points_make_a_calibration(calibrate: Calibrate, tmp_path: Path) -> None:
    done = calibrate(*_point_options(), "--size", "1280x720", "--out", "c.yaml", "--json", "report.json")
    assert (done.code, done.err) == (0, "")
    assert "6.00 m above the ground; tilt 30.0° down" in done.out
    assert "Reprojection error: 0.00 px RMS" in done.out
    assert load_calibration(tmp_path / "c.yaml").camera_height_m == pytest.approx(6, rel=1e-3)
    report = json.loads((tmp_path / "report.json").read_text())
    assert len(report["points"]) == 5
    assert report["rms_px"] < 0.01
    scales = report["metres_per_pixel"]
    assert scales["near"]["across"] < scales["far"]["across"]
    errors = {row["distance_m"]: row["calibration_error"] for row in report["density_error"]}
    assert errors[12.0] < errors[20.0] < errors[30.0]
    assert any("more than 1.5 times outside" in warning for warning in report["warnings"])


def test_a_written_calibration_can_be_checked(calibrate: Calibrate) -> None:
    calibrate(*_point_options(), "--size", "1280x720", "--out", "c.yaml")
    done = calibrate("c.yaml")
    assert done.code == 0
    assert "Calibration from points, for pictures of 1280×720" in done.out
    assert "Reprojection error: 0.00 px RMS" in done.out
    again = calibrate("c.yaml", "--out", "c.yaml")
    assert again.code == 2
    assert "is the file that is read" in again.err


def test_points_from_a_file_with_head_line_and_comments(calibrate: Calibrate, tmp_path: Path) -> None:
    lines = ["u,v,x,y", "# the gate"] + [option for option in _point_options() if option != "--point"]
    (tmp_path / "points.csv").write_text("\n".join(lines) + "\n")
    done = calibrate("--points", "points.csv", "--size", "1280x720")
    assert done.code == 0
    assert "6.00 m above the ground" in done.out


def test_the_mounting_of_a_camera(calibrate: Calibrate, tmp_path: Path) -> None:
    done = calibrate(
        "--height", "6", "--tilt", "30", "--fov", "80", "--heading", "90", "--size", "1280x720", "--out", "c.yaml"
    )
    assert done.code == 0
    assert "heading 90.0°, field of view 80.0°" in done.out
    assert "±4.6%" in done.out  # 0.1 m of head height at 6 m, reference sheet 1.13
    made = load_calibration(tmp_path / "c.yaml")
    assert made.to_image(ground_points([(6 / np.tan(np.radians(30)), 0)]))[0] == pytest.approx((639.5, 359.5))


def test_a_frame_gives_the_size_and_the_grid(calibrate: Calibrate, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "frame.jpg"), np.full((360, 640, 3), 90, dtype=np.uint8))
    done = calibrate("--height", "6", "--tilt", "30", "--fov", "80", "--frame", "frame.jpg", "--grid", "grid.png")
    assert done.code == 0
    grid = cv2.imread(str(tmp_path / "grid.png"))
    assert grid is not None
    assert grid.shape == (360, 640, 3)
    assert (np.abs(grid.astype(int) - 90).max(axis=2) > 30).mean() > 0.02


def test_krt_from_a_file(calibrate: Calibrate, tmp_path: Path) -> None:
    content = {"K": [[900, 0, 639.5], [0, 900, 359.5], [0, 0, 1]], "R": [[1, 0, 0], [0, -1, 0], [0, 0, -1]]}
    (tmp_path / "krt.yaml").write_text(yaml.safe_dump({**content, "t": [0, 0, 7]}))
    done = calibrate("--krt", "krt.yaml", "--size", "1280x720")
    assert done.code == 0
    assert "7.00 m above the ground; tilt 90.0° down" in done.out


MOUNTING = ("--height", "6", "--tilt", "30", "--fov", "80", "--size", "1280x720")
CROSSED = ("--point", "1,700,0,0", "--point", "1200,700,9,9", "--point", "900,300,9,0", "--point", "300,300,0,9")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "give one of: a calibration file to check, --points"),
        ((*MOUNTING, "--tsai", "x.xml"), "these were given: --tsai; --height, --tilt and --fov"),
        (("--height", "6", "--tilt", "30"), "takes three numbers: --height, --tilt and --fov"),
        (("--height", "6", "--tilt", "30", "--fov", "80"), "the size of the pictures is not known"),
        ((*MOUNTING[:-1], "big"), "expected WIDTHxHEIGHT"),
        ((*MOUNTING, "--grid", "g.png"), "--grid draws over a picture of the camera: give one with --frame"),
        (("--point", "1,2,3", "--size", "9x9"), "--point: expected 4 numbers u,v,x,y, got '1,2,3'"),
        ((*CROSSED, "--size", "1280x720"), "crossed order: points 2 and 3 look swapped"),
        ((*CROSSED[:6], "--size", "1280x720"), "at least 4 points on the ground, got 3"),
        (("--points", "none.csv", "--size", "9x9"), "cannot read the points none.csv: No such file"),
        (("--tsai", "none.xml"), "cannot read the calibration none.xml: No such file"),
        (("none.yaml",), "cannot read the calibration none.yaml"),
        ((*MOUNTING, "--frame", "none.png"), "cannot read the picture none.png: No such file"),
        ((*MOUNTING, "--frame", "none.mp4"), "none.mp4"),
        ((*MOUNTING, "--out", "no/c.yaml"), "cannot write no/c.yaml: No such file or directory"),
        ((*MOUNTING, "--json", "no/r.json"), "cannot write no/r.json: No such file or directory"),
        (("--height", "6", "--tilt", "-60", "--fov", "40", "--size", "64x48"), "the picture shows no ground"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(
    calibrate: Calibrate, arguments: tuple[str, ...], sentence: str
) -> None:
    done = calibrate(*arguments)
    assert done.code == 2
    assert sentence in done.err
    assert "Traceback" not in done.err


@pytest.mark.shared
def test_pets_as_it_is(calibrate: Calibrate, shared_dir: Path, tmp_path: Path) -> None:
    """The Tsai file is for 768×576, the video has 480×360."""
    folder = shared_dir / "data/pets2009"
    files = ("--tsai", str(folder / "View_001_calibration.xml"), "--frame", str(folder / "S2L1_view001.mp4"))
    done = calibrate(*files, "--out", "c.yaml", "--grid", "g.png", "--json", "r.json")
    assert (done.code, done.err) == (0, "")
    assert load_calibration(tmp_path / "c.yaml").image_size == (480, 360)
    assert json.loads((tmp_path / "r.json").read_text())["camera"]["height_m"] == pytest.approx(7.07, abs=0.01)
    grid = cv2.imread(str(tmp_path / "g.png"))
    assert grid is not None
    assert grid.shape == (360, 480, 3)
