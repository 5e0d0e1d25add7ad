"""`throng calibrate`: makes or checks the calibration of a camera."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from throng.camera.calibration_file import load_krt, read_calibration, save_calibration
from throng.camera.calibration_forms import CalibrationRecord
from throng.cli.calibrate_report import make_report, print_report, write_report
from throng.core.calibration import CalibrationError
from throng.core.focal import Vertical
from throng.core.homography import PointPairs, calibration_from_points
from throng.core.pinhole import calibration_from_camera, focal_from_fov
from throng.core.points import Image, ground_points, image_points

_PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}
_OPEN_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """The ways to make a calibration that somebody asked for on the command line."""

    calibration: Path | None
    points: Path | None
    point: Sequence[str]
    vertical: Sequence[str]
    tsai: Path | None
    krt: Path | None
    height_m: float | None
    tilt_deg: float | None
    fov_deg: float | None
    roll_deg: float
    heading_deg: float
    position_m: str | None


def calibrate(
    *,
    calibration: Annotated[
        Path | None, typer.Argument(help="A calibration to check: YAML, or a PETS Tsai XML file.", show_default=False)
    ] = None,
    points: Annotated[
        Path | None, typer.Option(help="CSV file with a line u,v,x,y (pixels, site metres) per point.")
    ] = None,
    point: Annotated[
        list[str] | None, typer.Option(help="One point u,v,x,y; give it at least four times.", metavar="U,V,X,Y")
    ] = None,
    vertical: Annotated[
        list[str] | None,
        typer.Option(
            help="An upright thing: pixels of foot and top, and its height in metres. Fixes the camera's height.",
            metavar="U,V,U,V,M",
        ),
    ] = None,
    tsai: Annotated[Path | None, typer.Option(help="Tsai calibration, XML as PETS has it.")] = None,
    krt: Annotated[Path | None, typer.Option(help="YAML or JSON file with k, r and t, as OpenCV has them.")] = None,
    height: Annotated[float | None, typer.Option(help="Height of the camera above the ground in metres.")] = None,
    tilt: Annotated[float | None, typer.Option(help="Degrees below the horizontal: 0 level, 90 straight down.")] = None,
    fov: Annotated[float | None, typer.Option(help="Horizontal field of view in degrees.")] = None,
    roll: Annotated[float, typer.Option(help="Turn about the view in degrees, clockwise from behind.")] = 0.0,
    heading: Annotated[float, typer.Option(help="Direction of the view in degrees, clockwise from +y.")] = 0.0,
    position: Annotated[
        str | None, typer.Option(help="Site metres of the point below the camera (default 0,0).", metavar="X,Y")
    ] = None,
    frame: Annotated[
        str | None, typer.Option(help="A picture, video or stream of the camera; its first frame is used.")
    ] = None,
    size: Annotated[
        str | None, typer.Option(help="Size of the pictures in pixels, where no frame says it.", metavar="WxH")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the calibration to this YAML file.")] = None,
    grid: Annotated[Path | None, typer.Option(help="Write the frame with a 1 m ground grid to this picture.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report to this JSON file.")] = None,
) -> None:
    """Make or check the calibration of a camera, and show how far its people/m² can be trusted."""
    asked = _Asked(
        calibration, points, point or (), vertical or (), tsai, krt, height, tilt, fov, roll, heading, position
    )
    if grid is not None and frame is None:
        raise CalibrationError("--grid draws over a picture of the camera: give one with --frame")
    if grid is not None and grid.suffix.lower() not in _PICTURES:
        raise CalibrationError(f"--grid {grid}: a picture's name ends in .png or .jpg")
    if out is not None and calibration is not None and out.resolve() == calibration.resolve():
        raise CalibrationError(f"--out {out} is the file that is read: choose another name")
    picture = None if frame is None else _first_frame(frame)
    record = _make(asked, _image_size(picture, size))
    if picture is not None:
        # A calibration may be for a larger picture of the same camera; what is shown belongs to this one.
        record = _scaled(record, (picture.shape[1], picture.shape[0]))
    report = make_report(record.calibration, record.pairs)
    console = Console(highlight=False)
    print_report(report, console)
    if out is not None:
        save_calibration(record.calibration, out, pairs=record.pairs)
        console.print(f"Calibration written to {out}")
    if json_file is not None:
        write_report(report, json_file)
        console.print(f"Report written to {json_file}")
    if grid is not None and picture is not None:
        _write_grid(picture, record, grid)
        console.print(f"Ground grid written to {grid}: its lines must lie on the ground")


def _make(asked: _Asked, image_size: tuple[int, int] | None) -> CalibrationRecord:
    by_mounting = asked.height_m is not None or asked.tilt_deg is not None
    by_points = asked.points is not None or bool(asked.point)
    ways = [
        name
        for name, given in (
            ("a calibration file", asked.calibration is not None),
            ("points", by_points),
            ("--tsai", asked.tsai is not None),
            ("--krt", asked.krt is not None),
            ("--height, --tilt and --fov", by_mounting),
        )
        if given
    ]
    if len(ways) != 1:
        found = f"these were given: {'; '.join(ways)}" if ways else "none was given"
        raise CalibrationError(
            "give one of: a calibration file to check, --points or --point, --tsai, --krt, "
            f"or --height with --tilt and --fov; {found}. `throng calibrate --help` shows them"
        )
    if asked.vertical and not by_points:
        raise CalibrationError("--vertical belongs to points; leave it out here")
    if asked.calibration is not None or asked.tsai is not None:
        return read_calibration(asked.calibration or asked.tsai or Path())
    if asked.krt is not None:
        return load_krt(asked.krt, image_size)
    if by_mounting and (asked.height_m is None or asked.tilt_deg is None or asked.fov_deg is None):
        raise CalibrationError("the mounting of a camera takes three numbers: --height, --tilt and --fov")
    if image_size is None:
        raise CalibrationError("the size of the pictures is not known: give --frame, or --size such as 1920x1080")
    return _from_points(asked, image_size) if by_points else _from_mounting(asked, image_size)


def _from_points(asked: _Asked, image_size: tuple[int, int]) -> CalibrationRecord:
    rows = [] if asked.points is None else _read_points(asked.points)
    rows += [_numbers(text, 4, "--point", "u,v,x,y") for text in asked.point]
    pairs = PointPairs(image_points([row[:2] for row in rows]), ground_points([row[2:] for row in rows]))
    verticals = []
    for text in asked.vertical:
        u1, v1, u2, v2, height_m = _numbers(text, 5, "--vertical", "u,v,u,v,metres")
        verticals.append(Vertical((u1, v1), (u2, v2), height_m))
    focal_px = None if asked.fov_deg is None else focal_from_fov(asked.fov_deg, image_size[0])
    calibration = calibration_from_points(pairs, image_size, focal_px=focal_px, verticals=verticals)
    return CalibrationRecord(calibration, pairs)


def _from_mounting(asked: _Asked, image_size: tuple[int, int]) -> CalibrationRecord:
    assert asked.height_m is not None
    assert asked.tilt_deg is not None
    x, y = (0.0, 0.0) if asked.position_m is None else _numbers(asked.position_m, 2, "--position", "x,y")
    calibration = calibration_from_camera(
        height_m=asked.height_m,
        tilt_deg=asked.tilt_deg,
        fov_deg=asked.fov_deg,
        roll_deg=asked.roll_deg,
        heading_deg=asked.heading_deg,
        position_m=(x, y),
        image_size=image_size,
    )
    return CalibrationRecord(calibration, None)


def _read_points(path: Path) -> list[list[float]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text file"
        raise CalibrationError(f"cannot read the points {path}: {reason}") from error
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1)]
    lines = [(number, line) for number, line in lines if line.strip() and not line.lstrip().startswith("#")]
    if lines and not re.search(r"\d", lines[0][1]):
        lines = lines[1:]
    separator = ";" if lines and ";" in lines[0][1] else ","
    rows = []
    for number, line in lines:
        cells = next(csv.reader([line], delimiter=separator))
        rows.append(_numbers(",".join(cells[:4]), 4, f"{path}, line {number}", "u,v,x,y"))
    return rows


def _numbers(text: str, count: int, where: str, form: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise CalibrationError(f"{where}: expected {count} numbers {form}, got {text!r}")
    return numbers


def _image_size(picture: Image | None, size: str | None) -> tuple[int, int] | None:
    if size is None:
        return None if picture is None else (picture.shape[1], picture.shape[0])
    found = re.fullmatch(r"\s*([1-9]\d*)\s*[xX×]\s*([1-9]\d*)\s*", size)
    if found is None:
        raise CalibrationError(f"--size: expected WIDTHxHEIGHT in pixels such as 1920x1080, got {size!r}")
    return int(found[1]), int(found[2])


def _scaled(record: CalibrationRecord, size: tuple[int, int]) -> CalibrationRecord:
    old_size = record.calibration.image_size
    calibration = record.calibration.scaled_to(*size)
    if record.pairs is None or old_size == size:
        return CalibrationRecord(calibration, record.pairs)
    sx, sy = size[0] / old_size[0], size[1] / old_size[1]
    moved = image_points((record.pairs.image + 0.5) * [sx, sy] - 0.5)
    return CalibrationRecord(calibration, PointPairs(moved, record.pairs.ground))


def _first_frame(frame: str) -> Image:
    from throng.camera.still import read_picture  # noqa: PLC0415
    from throng.sim.source import open_sim  # noqa: PLC0415
    from throng.video.sources import open_source  # noqa: PLC0415

    if Path(frame).suffix.lower() in _PICTURES:
        return read_picture(Path(frame))
    source = open_sim(frame, camera_id="frame") if frame.startswith("sim://") else open_source(frame)
    try:
        source.open()
        first = source.read(_OPEN_TIMEOUT_S)
    finally:
        source.close()
    if first is None:
        raise CalibrationError(f"{source.info.label}: no frame came; {source.status.detail}")
    return first.image


def _write_grid(picture: Image, record: CalibrationRecord, path: Path) -> None:
    from throng.camera.ground_grid import draw_ground_grid  # noqa: PLC0415
    from throng.camera.still import write_picture  # noqa: PLC0415

    write_picture(draw_ground_grid(picture, record.calibration), path)
