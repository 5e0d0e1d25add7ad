"""Whole evaluations whose every error is known: people walk on known lines, and what sees them errs as told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from throng.core.calibration import Calibration
from throng.core.clock import ManualClock
from throng.core.frame import Frame
from throng.core.observation import Observation, Persons
from throng.core.pinhole import calibration_from_camera
from throng.core.points import FloatArray, ground_points
from throng.core.site import Camera, Line, Site, Zone
from throng.core.stream import StreamState, StreamStatus
from throng.evaluation.chart import HEIGHT, WIDTH, draw_chart, write_chart
from throng.evaluation.errors import EvaluationError, TruthError
from throng.evaluation.report import VideoReport, as_json, write_json
from throng.evaluation.truth import LabelRow, Truth, truth_from_rows
from throng.evaluation.video import EvalOptions, evaluate_video
from throng.video.ports import SourceInfo

SIZE = (320, 240)
FPS = 10.0
START = datetime(2026, 1, 1, tzinfo=UTC)
STATURE_M = 1.75
# Everybody walks along +x through the middle of the picture, 8 to 12 m from the camera.
SPEEDS_MPS = np.array([1.0, 1.2, 1.4])
STARTS_M = np.array([[-4.0, 8.0], [-4.0, 10.0], [-4.5, 12.0]])
SITE = Site(
    "yard",
    zones=(
        Zone("near", ((-6.0, 7.0), (6.0, 7.0), (6.0, 9.0), (-6.0, 9.0))),
        Zone("far", ((-6.0, 9.0), (6.0, 9.0), (6.0, 13.0), (-6.0, 13.0))),
    ),
    lines=(Line("middle", (0.0, 7.0), (0.0, 13.0)),),
)

Sees = Callable[[int, FloatArray], FloatArray]
"""From the frame number and the true boxes (N, 4) to what the model finds."""


def calibration() -> Calibration:
    return calibration_from_camera(height_m=5.0, tilt_deg=25.0, image_size=SIZE, fov_deg=70.0)


def camera() -> Camera:
    return Camera("gate", "yard.mp4", calibration=calibration())


def true_boxes(frame: int) -> FloatArray:
    """Boxes (3, 4) around people who stand upright: feet, heads, and the middle halfway between the two."""
    ground = ground_points(STARTS_M + np.column_stack((SPEEDS_MPS * frame / FPS, np.zeros(3))))
    feet, heads = calibration().to_image(ground), calibration().to_image(ground, STATURE_M)
    half = (feet[:, 1] - heads[:, 1]) * 0.2
    middle = (feet[:, 0] + heads[:, 0]) / 2
    return np.column_stack((middle - half, heads[:, 1], middle + half, feet[:, 1]))


def labels(frames: int = 60, *, points: bool = False, first: int = 0) -> Truth:
    rows = []
    for frame in range(frames):
        for person, box in enumerate(true_boxes(frame)):
            values = ((box[0] + box[2]) / 2, box[1]) if points else tuple(box)
            rows.append(LabelRow(frame + first, person, tuple(float(v) for v in values), f"frame {frame}"))
    return truth_from_rows(
        rows, path=Path("yard.xml"), format_name="test", labelled=range(first, first + frames), image_size=SIZE
    )


class Clip:
    """A recording in memory: grey noise, or black where told."""

    def __init__(self, frames: int = 60, *, black: frozenset[int] = frozenset(), live: bool = False) -> None:
        self.info = SourceInfo("yard.mp4", *SIZE, fps=FPS, duration_s=frames / FPS, frame_count=frames, live=live)
        self.status = StreamStatus(StreamState.ENDED, "", START)
        self._frames = frames
        self._black = black
        self._next = 0
        self._noise = np.random.default_rng(7).integers(40, 200, (SIZE[1], SIZE[0], 3), dtype=np.uint8)

    def open(self) -> None:
        self._next = 0

    def read(self, timeout_s: float) -> Frame | None:
        n, self._next = self._next, self._next + 1
        if n >= self._frames:
            return None
        image = np.zeros_like(self._noise) if n in self._black else self._noise
        return Frame("gate", image, n / FPS, START + timedelta(seconds=n / FPS), n)

    def close(self) -> None:
        self._next = self._frames


@dataclass
class Model:
    """Finds the true boxes after `sees` has changed them; ids stay with the people."""

    sees: Sees = lambda _frame, boxes: boxes
    recall: float = 1.0
    precision: float = 1.0
    models: tuple[str, ...] = ("known-errors",)

    def warm_up(self) -> None:
        """Nothing to load."""

    def observe(self, frame: Frame) -> Observation:
        boxes = self.sees(frame.sequence, true_boxes(frame.sequence))
        persons = Persons(boxes, np.ones(len(boxes)), np.arange(len(boxes)))
        return Observation(
            "gate",
            frame.pts_s,
            frame.arrived_at,
            frame.sequence,
            frame.size,
            persons,
            None,
            self.models,
            recall=self.recall,
            precision=self.precision,
        )


def evaluate(
    model: Model | None = None,
    *,
    clip: Clip | None = None,
    truth: Truth | None = None,
    site: Site = SITE,
    options: EvalOptions | None = None,
    the_camera: Camera | None = None,
) -> VideoReport:
    return evaluate_video(
        clip or Clip(),
        model or Model(),
        truth or labels(),
        camera=the_camera or camera(),
        site=site,
        options=options,
        clock=ManualClock(START),
    )


def test_a_model_that_never_errs_has_no_errors() -> None:
    report = evaluate()
    assert report.count.samples == 60
    assert (report.count.mae, report.count.rmse, report.count.bias, report.count.mean_truth) == (0, 0, 0, 3)
    assert (report.detection.precision, report.detection.recall) == (1, 1)
    assert report.density.mae == 0
    assert report.density.samples == report.readings == 12
    assert report.coverage == 1
    assert report.unknown == 0
    assert report.alignment.best_shift == 0
    assert report.notes == ()
    assert report.speed == report.truth.speed
    assert report.speed.median_mps == pytest.approx(1.2, abs=0.01)
    assert report.speed.p90_mps == pytest.approx(1.4, abs=0.01)


def test_zones_and_lines_have_the_truth_worked_out_by_hand() -> None:
    report = evaluate()
    near, far = report.zones["near"], report.zones["far"]
    assert near.count.mean_truth == pytest.approx(1.0)
    assert far.count.mean_truth == pytest.approx(2.0)
    assert near.area_m2 is not None
    assert near.density.mean_truth == pytest.approx(1.0 / near.area_m2)
    # In 5.9 s the three walk 5.9, 7.1 and 8.3 m along +x from x = -4, -4 and -4.5: all pass x = 0.
    middle = report.lines["middle"]
    assert (middle.truth_in, middle.truth_out) == (middle.in_count, middle.out_count) == (3, 0)


def test_one_person_who_is_never_seen() -> None:
    report = evaluate(Model(lambda _n, boxes: boxes[:2]))
    assert (report.count.mae, report.count.bias) == (1, -1)
    assert report.detection.recall == pytest.approx(2 / 3)
    assert report.detection.precision == 1
    assert report.zones["near"].count.mae == 0
    assert report.zones["far"].count.bias == pytest.approx(-1)
    # A model that claims to miss nobody is caught: its interval holds the truth in one zone of two.
    assert report.coverage == pytest.approx(0.5)
    assert report.zones["far"].coverage == 0


def test_an_honest_recall_widens_the_interval_over_the_truth() -> None:
    report = evaluate(Model(lambda _n, boxes: boxes[:2], recall=0.67))
    assert report.coverage == 1


def test_a_find_that_is_nobody_and_a_box_that_is_too_loose() -> None:
    ghost = np.array([[10.0, 180, 30, 230]])

    def sees(_frame: int, boxes: FloatArray) -> FloatArray:
        loose = boxes[2] + np.array([-1, -1, 1, 1]) * (boxes[2, 2] - boxes[2, 0])
        return np.vstack((boxes[:2], loose, ghost))

    report = evaluate(Model(sees))
    assert report.count.bias == 1
    assert report.detection.precision == pytest.approx(2 / 4)
    assert report.detection.recall == pytest.approx(2 / 3)


@pytest.mark.parametrize("shift", [-4, 3])
def test_labels_of_the_wrong_frames_are_noticed(shift: int) -> None:
    report = evaluate(Model(lambda frame, _boxes: true_boxes(frame + shift)))
    assert report.alignment.best_shift == shift
    assert report.alignment.fit_at_best > report.alignment.fit_at_zero
    assert any(f"moved by {shift:+d} frames" in note for note in report.notes)


def test_a_model_that_finds_nobody_cannot_tell_the_alignment() -> None:
    report = evaluate(Model(lambda _n, boxes: boxes[:0]))
    assert report.alignment.best_shift is None
    assert report.detection.recall == 0
    assert np.isnan(report.detection.precision)
    assert (report.count.mae, report.count.bias) == (3, -3)
    assert np.isnan(report.speed.median_mps)
    assert np.isnan(report.speed_error_share)


def test_a_clip_that_is_cut_off_is_measured_and_says_so() -> None:
    clip = Clip(40)
    clip.status = StreamStatus(StreamState.ENDED, "the recording is truncated at 4.00 s", START, complete=False)
    report = evaluate(clip=clip)
    assert report.clip.frames_compared == 40
    assert report.count.mae == 0
    assert any("truncated at 4.00 s" in note for note in report.notes)
    assert any("labels go on to frame 59, the last frame of the clip is 39" in note for note in report.notes)


def test_nothing_is_measured_after_the_last_label() -> None:
    report = evaluate(truth=labels(25))
    assert report.clip.frames_read == report.clip.frames_compared == 25
    assert report.notes == ()


def test_labels_that_begin_later_in_the_video() -> None:
    report = evaluate(truth=labels(20), options=EvalOptions(truth_start=0))
    assert report.clip.frames_compared == 20
    late = evaluate(
        Model(lambda frame, _boxes: true_boxes(frame - 30)), truth=labels(30), options=EvalOptions(truth_start=30)
    )
    assert late.clip.frames_compared == 30
    assert late.count.mae == 0
    assert late.alignment.best_shift == 0
    assert late.readings == 6, "three seconds with labels, two zones"


def test_a_lower_rate_analyses_fewer_frames() -> None:
    report = evaluate(options=EvalOptions(rate_hz=2.0))
    assert report.clip.frames_read == 60
    assert report.clip.frames_analysed == 12
    assert report.count.samples == 12
    assert report.notes == (), "the last frames were read, if not analysed"
    assert report.speed.median_mps == pytest.approx(1.2, abs=0.05)


def test_black_frames_are_unknown_and_no_zero() -> None:
    report = evaluate(clip=Clip(black=frozenset(range(20, 40))))
    assert report.clip.frames_blind == 20
    assert report.clip.frames_compared == 40
    assert report.count.mae == 0
    assert (report.readings, report.unknown) == (12, 4)
    assert report.zones["near"].unknown == 2
    assert report.zones["near"].count.samples == 4
    assert any("20 of 60 frames showed nothing" in note for note in report.notes)


def test_labels_in_points_are_compared_by_the_head() -> None:
    report = evaluate(truth=labels(points=True))
    assert (report.count.mae, report.detection.precision, report.detection.recall) == (0, 1, 1)
    assert report.alignment.best_shift == 0
    # Heads of 1.75 m people through the 1.7 m head plane, feet on the ground: a little apart, the same speed.
    assert report.speed_error_share == pytest.approx(0, abs=0.03)


def test_without_a_calibration_there_are_counts_but_no_density_and_no_speed() -> None:
    report = evaluate(site=Site("none"), the_camera=Camera("gate", "yard.mp4"))
    assert report.count.mae == 0
    assert report.density.samples == 0
    assert np.isnan(report.speed.median_mps)
    assert any("no calibration" in note for note in report.notes)
    values = as_json(report)
    assert values["density"] == {
        "mae_per_m2": None,
        "rmse_per_m2": None,
        "bias_per_m2": None,
        "mean_truth_per_m2": None,
        "samples": 0,
    }


def test_json_has_the_promised_keys(tmp_path: Path) -> None:
    import json

    report = evaluate(Model(lambda _n, boxes: boxes[:2]))
    write_json(report, tmp_path / "report.json")
    values = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert values["count"]["mae"] == 1
    assert values["count"]["rmse"] == 1
    assert values["count"]["bias"] == -1
    assert values["density"]["mae_per_m2"] > 0
    assert values["speed"]["median_mps"] == pytest.approx(1.1, abs=0.05)
    assert values["detection"]["precision"] == 1
    assert values["detection"]["recall"] == pytest.approx(2 / 3)
    assert values["alignment"]["best_shift"] == 0
    assert values["zones"]["far"]["count"]["bias"] == pytest.approx(-1)
    assert values["truth"]["mean_count"] == 3
    assert values["model"] == ["known-errors"]
    assert values["source"] == "yard.mp4"
    assert values["frames"] == {"read": 60, "analysed": 60, "blind": 0, "compared": 60}
    assert values["throng"]
    with pytest.raises(EvaluationError, match="cannot be written: No such file"):
        write_json(report, tmp_path / "missing" / "report.json")


def test_the_chart_shows_both_lines(tmp_path: Path) -> None:
    report = evaluate(Model(lambda _n, boxes: boxes[:2]))
    picture = draw_chart(report)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    blue = (picture == (196, 98, 20)).all(axis=2)
    grey = (picture == (150, 140, 130)).all(axis=2)
    rows_measured, rows_truth = np.flatnonzero(blue[150:520, 400]), np.flatnonzero(grey[150:520, 400])
    assert rows_measured.mean() > rows_truth.mean(), "two people are drawn below three"
    write_chart(report, tmp_path / "chart.png")
    assert (tmp_path / "chart.png").stat().st_size > 5_000
    with pytest.raises(EvaluationError, match=r"must end in \.png or \.jpg"):
        write_chart(report, tmp_path / "chart.txt")


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(
        TruthError, match=r"begin at frame 200, but yard\.mp4 has only 60 frames; say with --truth-start"
    ):
        evaluate(truth=labels(first=200))
    with pytest.raises(
        EvaluationError, match=r"none of the frames 0 to .* has frames -59 to 0; say with --truth-start"
    ):
        evaluate(clip=Clip(black=frozenset({0})), options=EvalOptions(truth_start=-59))
    with pytest.raises(TruthError, match="belong to pictures of 320×240 pixels, --truth-size says 640×480"):
        evaluate(options=EvalOptions(truth_size=(640, 480)))
    with pytest.raises(EvaluationError, match="a live source has no labels"):
        evaluate(clip=Clip(live=True))
    with pytest.raises(EvaluationError, match="no frame could be read"):
        evaluate(clip=Clip(frames=0))


def test_labels_of_another_picture_size_are_noticed() -> None:
    large = labels().resized(SIZE, (1280, 960))
    unsized = truth_from_rows(
        [
            LabelRow(int(f), int(i), tuple(float(v) for v in box), "row")
            for f, i, box in zip(large.frames, large.ids, large.boxes if large.boxes is not None else [], strict=True)
        ],
        path=Path("yard.xml"),
        format_name="test",
        labelled=range(60),
    )
    with pytest.raises(
        TruthError, match=r"lie outside the picture .* give the size that was labelled with --truth-size"
    ):
        evaluate(truth=unsized)
    assert evaluate(truth=unsized, options=EvalOptions(truth_size=(1280, 960))).count.mae == 0
