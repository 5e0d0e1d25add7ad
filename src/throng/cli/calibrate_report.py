"""What `throng calibrate` says about a calibration: on the terminal and as JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from throng.core.calibration import Calibration, CalibrationError
from throng.core.focal import CLICK_SIGMA_PX
from throng.core.homography import PointPairs, point_errors_px
from throng.core.observation import HEAD_HEIGHT_M
from throng.core.pinhole import Mounting, intrinsics_and_rotation, mounting
from throng.core.points import FloatArray, GroundPoints, ground_points
from throng.core.uncertainty import (
    EXTRAPOLATION_LIMIT,
    FOCAL_SIGMA,
    HEIGHT_SIGMA,
    TILT_SIGMA_DEG,
    click_density_error,
    extrapolation,
    head_plane_error,
    metres_per_pixel,
    mounting_density_error,
)

FAR_M = 40.0
"""Further away only a trend can be measured, reference sheet 1.13."""

POOR_FIT = 0.01
_DISTANCES_M = (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0, 25.0, 30.0, 35.0)
_STEP_M = 0.1


@dataclass(frozen=True, slots=True)
class DistanceRow:
    """What holds at one distance along the middle of the view.

    Attributes:
        distance_m: on the ground, from the point below the camera.
        across_m_per_px, along_m_per_px: ground metres per pixel, across and along the view.
        calibration_error: relative error of people/m² from the calibration, one sigma; None where it is unbounded.
        head_error: relative error of people/m² when heads are 0.1 m higher than the head plane.
        total_error: both together.
        extrapolation: how far outside the calibration points, 1 at their border; None without points.
    """

    distance_m: float
    across_m_per_px: float
    along_m_per_px: float
    calibration_error: float | None
    head_error: float
    total_error: float | None
    extrapolation: float | None


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """Everything that is said about one calibration."""

    calibration: Calibration
    pairs: PointPairs | None
    errors_px: FloatArray | None
    mounting: Mounting
    rows: tuple[DistanceRow, ...]
    basis: str
    warnings: tuple[str, ...]

    @property
    def rms_px(self) -> float | None:
        """Root mean square reprojection error, None without points."""
        return None if self.errors_px is None else float(np.sqrt(np.mean(self.errors_px**2)))


def make_report(calibration: Calibration, pairs: PointPairs | None) -> CalibrationReport:
    """Work out what can be said about a calibration.

    Raises:
        CalibrationError: the picture shows no ground in front of the camera.
    """
    distances = _distances_m(calibration)
    at = _places(calibration, distances)
    clicked = calibration.method == "points" and pairs is not None
    if pairs is not None and clicked:
        errors, outside = click_density_error(calibration, pairs, at), extrapolation(pairs, at)
        basis = f"clicks that are {CLICK_SIGMA_PX:g} px off (one sigma)"
    else:
        errors, outside = mounting_density_error(calibration, at), np.full(len(at), np.nan)
        basis = (
            f"a tilt known to ±{TILT_SIGMA_DEG:g}°, a height to ±{HEIGHT_SIGMA:.0%} "
            f"and a focal length to ±{FOCAL_SIGMA:.0%} (one sigma)"
        )
    head = head_plane_error(calibration.camera_height_m)
    scales = metres_per_pixel(calibration, at)
    rows = tuple(
        DistanceRow(
            distance_m=float(distances[i]),
            across_m_per_px=float(scales[i, 0]),
            along_m_per_px=float(scales[i, 1]),
            calibration_error=_known(errors[i]),
            head_error=head,
            total_error=_known(np.hypot(errors[i], head)),
            extrapolation=_known(outside[i]),
        )
        for i in range(len(at))
    )
    errors_px = None if pairs is None else point_errors_px(calibration, pairs)
    warnings = _warnings(calibration, errors_px, rows, clicked=clicked)
    return CalibrationReport(calibration, pairs, errors_px, mounting(calibration), rows, basis, warnings)


def print_report(report: CalibrationReport, console: Console) -> None:
    """Show a report on the terminal."""
    camera, (width, height) = report.mounting, report.calibration.image_size
    console.print(f"[bold]Calibration[/] from {report.calibration.method}, for pictures of {width}×{height} pixels")
    console.print(
        f"Camera at x {camera.position_m[0]:z.2f} m, y {camera.position_m[1]:z.2f} m, "
        f"[bold]{camera.height_m:.2f} m[/] above the ground; tilt {camera.tilt_deg:z.1f}° down, "
        f"roll {camera.roll_deg:z.1f}°, heading {camera.heading_deg:z.1f}°, field of view {camera.fov_deg:.1f}°"
    )
    if report.pairs is not None and report.errors_px is not None:
        console.print(_points_table(report.pairs, report.errors_px))
        console.print(f"Reprojection error: [bold]{report.rms_px:.2f} px[/] RMS")
    near, far = report.rows[0], report.rows[-1]
    console.print(
        f"Metres per pixel: [bold]{near.across_m_per_px:.4f}[/] across and {near.along_m_per_px:.4f} along the view "
        f"at {near.distance_m:.1f} m (near), [bold]{far.across_m_per_px:.4f}[/] and {far.along_m_per_px:.4f} "
        f"at {far.distance_m:.1f} m (far)"
    )
    console.print(_distance_table(report.rows))
    console.print(f"The calibration column assumes {report.basis}.", style="dim")
    for warning in report.warnings:
        console.print(f"[yellow]Mind:[/] {warning}")


def write_report(report: CalibrationReport, path: Path) -> None:
    """Write a report as JSON.

    Raises:
        CalibrationError: the file cannot be written.
    """
    points = []
    if report.pairs is not None and report.errors_px is not None:
        points = [
            {"image": image.tolist(), "ground": ground.tolist(), "error_px": float(error)}
            for image, ground, error in zip(report.pairs.image, report.pairs.ground, report.errors_px, strict=True)
        ]
    rows = [asdict(row) for row in report.rows]
    content = {
        "method": report.calibration.method,
        "image_size": list(report.calibration.image_size),
        "camera": asdict(report.mounting),
        "rms_px": report.rms_px,
        "points": points,
        "metres_per_pixel": {"near": _scale(report.rows[0]), "far": _scale(report.rows[-1])},
        "density_error": rows,
        "density_error_assumes": report.basis,
        "warnings": list(report.warnings),
    }
    try:
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise CalibrationError(f"cannot write {path}: {error.strerror or error}") from error


def _scale(row: DistanceRow) -> dict[str, float]:
    return {"distance_m": row.distance_m, "across": row.across_m_per_px, "along": row.along_m_per_px}


def _points_table(pairs: PointPairs, errors_px: FloatArray) -> Table:
    table = Table("point", "u, v px", "x, y m", "error px", title=None)
    for i, (image, ground, error) in enumerate(zip(pairs.image, pairs.ground, errors_px, strict=True)):
        where, place = f"{image[0]:g}, {image[1]:g}", f"{ground[0]:g}, {ground[1]:g}"
        table.add_row(str(i + 1), where, place, f"{error:.2f}")
    return table


def _distance_table(rows: tuple[DistanceRow, ...]) -> Table:
    table = Table(title="Error of people/m²", title_justify="left")
    for column in (
        "distance",
        "m/px\nacross",
        "m/px\nalong",
        "calibration",
        "head\n±0.1 m",
        "together",
        "outside\npoints",
    ):
        table.add_column(column, justify="right")
    for row in rows:
        outside = row.extrapolation is not None and row.extrapolation > EXTRAPOLATION_LIMIT
        table.add_row(
            f"{row.distance_m:.1f} m",
            f"{row.across_m_per_px:.4f}",
            f"{row.along_m_per_px:.4f}",
            _percent(row.calibration_error),
            _percent(row.head_error),
            _percent(row.total_error),
            f"[yellow]{row.extrapolation:.1f}×[/]" if outside else "",
        )
    return table


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"±{share:.1%}"


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _distances_m(calibration: Calibration) -> FloatArray:
    """Distances along the middle of the view: the nearest that the picture shows, round ones, the farthest."""
    fine = np.arange(0.0, FAR_M + _STEP_M / 2, _STEP_M)
    shown = fine[calibration.contains(calibration.to_image(_places(calibration, fine)))]
    if not len(shown):
        raise CalibrationError(
            f"the picture shows no ground within {FAR_M:g} m in front of the camera; check tilt and height"
        )
    between = [d for d in _DISTANCES_M if shown[0] + 0.5 < d < shown[-1] - 0.5]
    return np.array(sorted({float(shown[0]), *between, float(shown[-1])}))


def _places(calibration: Calibration, distances_m: FloatArray) -> GroundPoints:
    """Places on the ground in the direction of the view, (N, 2); upwards in the picture when it looks straight down."""
    _, (_, down, view) = intrinsics_and_rotation(calibration)
    direction = view[:2] if np.hypot(*view[:2]) > 1e-3 else -down[:2]
    direction = direction / np.hypot(*direction)
    return ground_points(calibration.camera_position_m[:2] + distances_m[:, None] * direction)


def _warnings(
    calibration: Calibration, errors_px: FloatArray | None, rows: tuple[DistanceRow, ...], *, clicked: bool
) -> tuple[str, ...]:
    warnings = []
    if clicked and errors_px is not None and len(errors_px) == 4:
        warnings.append("four points always fit exactly: add a fifth to see whether they are right")
    limit_px = POOR_FIT * float(np.hypot(*calibration.image_size))
    if errors_px is not None and float(np.sqrt(np.mean(errors_px**2))) > limit_px:
        worst = int(np.argmax(errors_px))
        warnings.append(f"the points fit badly (above {limit_px:.0f} px), point {worst + 1} worst: check its metres")
    outside = [r.distance_m for r in rows if r.extrapolation is not None and r.extrapolation > EXTRAPOLATION_LIMIT]
    if outside:
        where = ", ".join(f"{distance:.1f}" for distance in outside)
        warnings.append(
            f"the ground at {where} m is more than {EXTRAPOLATION_LIMIT:g} times outside the calibration points: "
            "measure no density there, or mark points that span it"
        )
    if calibration.camera_height_m <= HEAD_HEIGHT_M:
        warnings.append(f"the camera is not above the heads ({HEAD_HEIGHT_M} m): it can measure no people/m²")
    return tuple(warnings)
