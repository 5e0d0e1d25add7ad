"""The commissioning report of one camera: what was compared and how far apart it is."""

from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from throng.core.points import FloatArray
from throng.core.scoring import DetectionScore, ErrorStats
from throng.evaluation.alignment import Alignment
from throng.evaluation.report_files import without_nan, write_json_file

QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)


@dataclass(frozen=True, slots=True)
class SpeedSpread:
    """Walking speeds of everybody in every analysed frame, each over their last second; NaN where nobody walked.

    Attributes:
        p10_mps, p25_mps, median_mps, p75_mps, p90_mps: quantiles in m/s.
        samples: number of speeds.
    """

    p10_mps: float
    p25_mps: float
    median_mps: float
    p75_mps: float
    p90_mps: float
    samples: int


@dataclass(frozen=True, slots=True)
class ZoneReport:
    """How far the readings of one zone are from the truth.

    Attributes:
        area_m2: visible area, None without a calibration.
        count: errors of the readings' counts.
        count_per_frame: errors of the people counted in single frames.
        density: errors in people/m²; 0 samples without a calibration.
        speed: errors of the mean speed in m/s, over readings in which it is known on both sides.
        coverage: share of the readings whose 90 % interval holds the true count.
        readings: readings with labels on every frame, known or not.
        unknown: readings of those that were unknown; they are in no error.
    """

    area_m2: float | None
    count: ErrorStats
    count_per_frame: ErrorStats
    density: ErrorStats
    speed: ErrorStats
    coverage: float
    readings: int
    unknown: int


@dataclass(frozen=True, slots=True)
class LineReport:
    """Crossings of one counting line over the whole clip, measured and true."""

    in_count: int
    out_count: int
    truth_in: int
    truth_out: int


@dataclass(frozen=True, slots=True)
class TruthSummary:
    """What the labels hold in the frames that were compared."""

    file: str
    format: str
    labelled_on: tuple[int, int]
    people: int
    mean_count: float
    speed: SpeedSpread


@dataclass(frozen=True, slots=True, eq=False)
class CountSeries:
    """Count and truth of each compared frame, for the chart.

    Attributes:
        times_s, measured, truth: (F,) each; stream time and people in the picture.
    """

    times_s: FloatArray
    measured: FloatArray
    truth: FloatArray


@dataclass(frozen=True, slots=True)
class ClipSummary:
    """What was measured, and how fast.

    Attributes:
        source: label of the clip, credentials removed.
        camera_id: the camera.
        models: the models that looked.
        image_size: width and height of the pictures in pixels.
        rate_hz: analyses per second, None for every frame.
        frames_read, frames_analysed, frames_blind, frames_compared: decoded frames; those whose turn it was; those of
            them that showed nothing (black, covered); those with labels and a count.
        fps: frames analysed per second, decoding and readings included.
    """

    source: str
    camera_id: str
    models: tuple[str, ...]
    image_size: tuple[int, int]
    rate_hz: float | None
    frames_read: int
    frames_analysed: int
    frames_blind: int
    frames_compared: int
    fps: float


@dataclass(frozen=True, slots=True, eq=False)
class VideoReport:
    """The commissioning report of one camera.

    Attributes:
        clip: what was measured.
        truth: what the labels hold.
        count: errors of the people counted in the whole picture, per frame.
        detection: finds and people, paired by an overlap of 0.5, or by the head where points were labelled.
        speed: measured walking speeds.
        density: errors of people/m² of all zones' readings.
        readings, unknown: readings of all zones that could be compared, and the unknown ones among them.
        coverage: share of the known readings whose 90 % interval holds the true count.
        zones, lines: by id.
        alignment: whether the labels belong to these frames.
        notes: what a reader must know, in plain words.
        series: for the chart.
    """

    clip: ClipSummary
    truth: TruthSummary
    count: ErrorStats
    detection: DetectionScore
    speed: SpeedSpread
    density: ErrorStats
    readings: int
    unknown: int
    coverage: float
    zones: dict[str, ZoneReport]
    lines: dict[str, LineReport]
    alignment: Alignment
    notes: tuple[str, ...]
    series: CountSeries

    @property
    def speed_error_share(self) -> float:
        """How far the median speed is from the true one, as a share of the true one; NaN when either is unknown."""
        true_mps = self.truth.speed.median_mps
        return self.speed.median_mps / true_mps - 1 if true_mps else float("nan")


def as_json(report: VideoReport) -> dict[str, object]:
    """Return the report as nested values for a JSON file; what is not known is null."""
    clip = report.clip
    values = {
        "throng": version("throng"),
        "source": clip.source,
        "camera": clip.camera_id,
        "model": list(clip.models),
        "image_size": list(clip.image_size),
        "rate_hz": clip.rate_hz,
        "frames": {
            "read": clip.frames_read,
            "analysed": clip.frames_analysed,
            "blind": clip.frames_blind,
            "compared": clip.frames_compared,
        },
        "count": asdict(report.count) | {"coverage_90": report.coverage},
        "density": _density(report.density),
        "detection": {
            "precision": report.detection.precision,
            "recall": report.detection.recall,
            "matched": report.detection.matched,
            "found": report.detection.found,
            "present": report.detection.present,
        },
        "speed": asdict(report.speed) | {"median_error_share": report.speed_error_share},
        "truth": asdict(report.truth),
        "readings": {"compared": report.readings, "unknown": report.unknown},
        "zones": {zone_id: _zone(zone) for zone_id, zone in report.zones.items()},
        "lines": {line_id: asdict(line) for line_id, line in report.lines.items()},
        "alignment": asdict(report.alignment),
        "fps": clip.fps,
        "notes": list(report.notes),
    }
    return {key: without_nan(value) for key, value in values.items()}


def write_json(report: VideoReport, path: Path) -> None:
    """Write the report as JSON.

    Raises:
        EvaluationError: the file cannot be written.
    """
    write_json_file(as_json(report), path)


def _density(errors: ErrorStats) -> dict[str, float | int]:
    return {
        "mae_per_m2": errors.mae,
        "rmse_per_m2": errors.rmse,
        "bias_per_m2": errors.bias,
        "mean_truth_per_m2": errors.mean_truth,
        "samples": errors.samples,
    }


def _zone(zone: ZoneReport) -> dict[str, object]:
    return {
        "area_m2": zone.area_m2,
        "count": asdict(zone.count) | {"coverage_90": zone.coverage},
        "count_per_frame": asdict(zone.count_per_frame),
        "density": _density(zone.density),
        "speed": {"mae_mps": zone.speed.mae, "bias_mps": zone.speed.bias, "samples": zone.speed.samples},
        "readings": {"compared": zone.readings, "unknown": zone.unknown},
    }
