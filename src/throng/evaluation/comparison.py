"""Holds what was measured against what the labels say, frame by frame and reading by reading."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from throng.core.points import FloatArray, ImagePoints, Mask
from throng.core.reading import LineReading, Reading, Validity
from throng.core.scoring import DetectionScore, detection_score, error_stats, interval_coverage, quantiles
from throng.core.site import Camera
from throng.evaluation.alignment import Alignment, align, similarity
from throng.evaluation.clip import UNLABELLED, ClipRun, Look
from throng.evaluation.errors import EvaluationError
from throng.evaluation.report import (
    QUANTILES,
    ClipSummary,
    CountSeries,
    LineReport,
    SpeedSpread,
    TruthSummary,
    VideoReport,
    ZoneReport,
)
from throng.evaluation.truth import Labelled, Truth

FramePair = tuple[Look, Labelled]
ReadingPair = tuple[Reading, Reading]


def compare(
    run: ClipRun,
    exact: ClipRun,
    truth: Truth,
    *,
    source: str,
    models: tuple[str, ...],
    camera: Camera,
    labelled_on: tuple[int, int],
    rate_hz: float | None,
) -> VideoReport:
    """Make the report.

    Args:
        run: what was measured.
        exact: the labels of the same frames after the same pipeline.
        truth: the labels, in pixels and frame numbers of the video.
        source, models, camera, labelled_on, rate_hz: for the report.

    Raises:
        EvaluationError: no analysed frame has labels.
    """
    pairs = _frame_pairs(run, truth, source)
    readings = _reading_pairs(run, exact)
    known = [(m, t) for m, t in readings if m.validity is not Validity.UNKNOWN]
    series = _series(pairs)
    alignment = align(run.looks, truth)
    return VideoReport(
        clip=ClipSummary(
            source=source,
            camera_id=camera.id,
            models=models,
            image_size=run.image_size,
            rate_hz=rate_hz,
            frames_read=run.frames_read,
            frames_analysed=len(run.looks),
            frames_blind=sum(look.people is None for look in run.looks),
            frames_compared=len(pairs),
            fps=len(run.looks) / run.wall_s if run.wall_s > 0 else float("nan"),
        ),
        truth=TruthSummary(
            file=truth.path.name,
            format=truth.format,
            labelled_on=labelled_on,
            people=len({int(i) for _, labelled in pairs for i in labelled.ids}),
            mean_count=float(series.truth.mean()),
            speed=_speeds(exact.looks),
        ),
        count=error_stats(series.measured, series.truth),
        detection=_detection(pairs),
        speed=_speeds(run.looks),
        density=error_stats(*_densities(known)),
        readings=len(readings),
        unknown=len(readings) - len(known),
        coverage=_coverage(known),
        zones={zone_id: _zone(zone_id, run, exact, readings) for zone_id in run.zone_area_m2},
        lines=_lines(run, exact),
        alignment=alignment,
        notes=tuple(_notes(run, truth, camera, alignment)),
        series=series,
    )


def in_picture(boxes: FloatArray | None, heads: ImagePoints, picture: tuple[int, int]) -> Mask:
    """Tell who is in the picture, (N,): whoever has the middle of the box, or else the head, inside it."""
    middles = heads if boxes is None else (boxes[:, :2] + boxes[:, 2:]) / 2
    x, y = middles[:, 0], middles[:, 1]
    inside: Mask = (x >= -0.5) & (y >= -0.5) & (x <= picture[0] - 0.5) & (y <= picture[1] - 0.5)
    return inside


def _frame_pairs(run: ClipRun, truth: Truth, source: str) -> list[FramePair]:
    """Every frame that was looked at and labelled, with the labels of those in the picture."""
    pairs = []
    for look in run.looks:
        labelled = truth.at(look.sequence)
        if labelled is not None and look.people is not None:
            pairs.append((look, labelled.select(in_picture(labelled.boxes, labelled.heads, run.image_size))))
    if not pairs:
        raise EvaluationError(
            f"{source}: none of the frames {run.looks[0].sequence} to {run.looks[-1].sequence} that were analysed is "
            f"labelled in {truth.path}, which has frames {truth.labelled[0]} to {truth.labelled[-1]}; "
            "say with --truth-start which video frame the labels begin at"
        )
    return pairs


def _reading_pairs(run: ClipRun, exact: ClipRun) -> list[ReadingPair]:
    """Every reading of a zone with the true one of the same period, where all its frames were labelled."""
    true_readings: dict[tuple[str, datetime], Reading] = {
        (r.zone_id, r.at): r
        for r in exact.readings
        if isinstance(r, Reading) and r.validity is not Validity.UNKNOWN and UNLABELLED not in r.reasons
    }
    measured = [r for r in run.readings if isinstance(r, Reading)]
    return [(r, true_readings[r.zone_id, r.at]) for r in measured if (r.zone_id, r.at) in true_readings]


def _series(pairs: Sequence[FramePair]) -> CountSeries:
    return CountSeries(
        times_s=np.array([look.pts_s for look, _ in pairs]),
        measured=np.array([look.people for look, _ in pairs], dtype=np.float64),
        truth=np.array([len(labelled) for _, labelled in pairs], dtype=np.float64),
    )


def _detection(pairs: Sequence[FramePair]) -> DetectionScore:
    """Sum over the frames; all zero when the models give no boxes."""
    frames = [detection_score(similarity(look.boxes, labelled)) for look, labelled in pairs if look.boxes is not None]
    return sum(frames, DetectionScore())


def _speeds(looks: Sequence[Look]) -> SpeedSpread:
    speeds = np.concatenate([np.empty(0), *(look.speeds_mps for look in looks)])
    p10, p25, median, p75, p90 = quantiles(speeds, QUANTILES).tolist()
    return SpeedSpread(p10, p25, median, p75, p90, samples=len(speeds))


def _zone(zone_id: str, run: ClipRun, exact: ClipRun, readings: Sequence[ReadingPair]) -> ZoneReport:
    own = [(m, t) for m, t in readings if m.zone_id == zone_id]
    known = [(m, t) for m, t in own if m.validity is not Validity.UNKNOWN]
    frames = [
        (look.in_zone[zone_id], true.in_zone[zone_id])
        for look, true in zip(run.looks, exact.looks, strict=True)
        if zone_id in look.in_zone and zone_id in true.in_zone
    ]
    walked = [(m.speed.mean_mps, t.speed.mean_mps) for m, t in known if m.speed is not None and t.speed is not None]
    return ZoneReport(
        area_m2=run.zone_area_m2[zone_id],
        count=error_stats(*_columns([(m.count.value, t.count.value) for m, t in known if m.count and t.count])),
        count_per_frame=error_stats(*_columns(frames)),
        density=error_stats(*_densities(known)),
        speed=error_stats(*_columns(walked)),
        coverage=_coverage(known),
        readings=len(own),
        unknown=len(own) - len(known),
    )


def _densities(known: Sequence[ReadingPair]) -> tuple[FloatArray, FloatArray]:
    return _columns([(m.density.mean.value, t.density.mean.value) for m, t in known if m.density and t.density])


def _coverage(known: Sequence[ReadingPair]) -> float:
    counts = [(m.count.low, m.count.high, t.count.value) for m, t in known if m.count and t.count]
    low, high, true = np.array(counts, dtype=np.float64).reshape(-1, 3).T
    return interval_coverage(low, high, true)


def _columns(pairs: Sequence[tuple[float, float]]) -> tuple[FloatArray, FloatArray]:
    both = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _lines(run: ClipRun, exact: ClipRun) -> dict[str, LineReport]:
    measured = {r.line_id: r for r in run.readings if isinstance(r, LineReading)}
    true = {r.line_id: r for r in exact.readings if isinstance(r, LineReading)}
    return {
        line_id: LineReport(m.in_total, m.out_total, true[line_id].in_total, true[line_id].out_total)
        for line_id, m in measured.items()
        if line_id in true
    }


def _notes(run: ClipRun, truth: Truth, camera: Camera, alignment: Alignment) -> list[str]:
    notes = []
    if run.incomplete:
        notes.append(f"the clip could not be read to its end: {run.incomplete}")
    if truth.labelled[-1] > run.last_frame:
        notes.append(f"the labels go on to frame {truth.labelled[-1]}, the last frame of the clip is {run.last_frame}")
    if camera.calibration is None:
        notes.append("no calibration: people/m² and speeds are unknown")
    if alignment.best_shift:
        notes.append(
            f"the labels fit best when moved by {alignment.best_shift:+d} frames "
            f"({alignment.fit_at_best:.3f} against {alignment.fit_at_zero:.3f}): check the frame numbers"
        )
    blind = sum(look.people is None for look in run.looks)
    if blind:
        notes.append(f"{blind} of {len(run.looks)} frames showed nothing (black or covered) and are in no error")
    return notes
