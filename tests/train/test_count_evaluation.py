"""The evaluation of counters that err by a known amount, on pictures whose people are bright dots."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from throng.core.clock import ManualClock
from throng.core.density_map import DensityMap
from throng.core.estimate import Estimate
from throng.core.observation import Heads
from throng.core.points import Image, Mask, image_points
from throng.train.corruption import Corruption
from throng.train.errors import TrainError
from throng.train.evaluation import WORST, CountOptions, CountReport, evaluate_counts
from throng.train.record import Dataset, Record, Skipped
from throng.train.report import as_json, write_json
from throng.train.worst import WIDTH, draw_worst, write_worst
from throng.vision.crowd import Crowd

SIZE = (192, 128)
PEOPLE = (4, 9, 0, 25, 16)


@dataclass
class DotCounter:
    """Counts bright dots: sees `share` of the people in each, and each dot `shift_px` beside its place."""

    share: float = 1.0
    shift_px: float = 0.0
    half_width: float = 2.0
    clock: ManualClock | None = None
    name: str = "dots"
    head_px: float = 14.0
    recall: float = 1.0
    precision: float = 1.0
    scales: list[float] = field(default_factory=list)
    warmed: bool = False

    def warm_up(self) -> None:
        self.warmed = True

    def count(self, images: Sequence[Image], *, scale: float = 1.0) -> list[Crowd]:
        assert self.warmed
        self.scales.append(scale)
        if self.clock is not None:
            self.clock.advance(0.25)
        return [self._count(image) for image in images]

    def _count(self, image: Image) -> Crowd:
        height, width = image.shape[:2]
        rows, columns = np.nonzero(image[:, :, 1] > 128)
        people = np.zeros((-(-height // 8), -(-width // 8)), dtype=np.float32)
        np.add.at(people, (rows // 8, columns // 8), self.share)
        seen = float(people.sum())
        points = np.column_stack((columns + self.shift_px, rows)).astype(np.float64)
        count = Estimate(seen, max(0.0, seen - self.half_width), seen + self.half_width)
        warnings = ("the picture is dark",) if image.mean() < 0.02 else ()
        return Crowd(DensityMap(people, (8.0, 8.0), (width, height)), heads_at(points), count, warnings)


def heads_at(points: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Heads:
    return Heads.from_points(points, np.ones(len(points)))


def left_half() -> Mask:
    mask = np.zeros((SIZE[1], SIZE[0]), dtype=np.bool_)
    mask[:, : SIZE[0] // 2] = True
    return mask


def dots(folder: Path, people: int, number: int, *, roi: bool = False) -> Record:
    """A picture with dots at least 14 px apart, and the record that labels them."""
    chosen = np.random.default_rng(number).permutation(99)[:people]
    points = np.column_stack((chosen % 11, chosen // 11)) * 14.0 + 5
    image: Image = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)
    columns, rows = points.astype(int).T
    image[rows, columns] = 255
    path = folder / f"IMG_{number}.png"
    cv2.imwrite(str(path), image)
    record = Record(f"IMG_{number}", path, image_points(points), "dots")
    return Record(record.name, path, record.points, "dots", roi=left_half) if roi else record


def dataset(folder: Path, people: Sequence[int] = PEOPLE, *, roi: bool = False) -> Dataset:
    return Dataset("dots", "val", tuple(dots(folder, n, i + 1, roi=roi) for i, n in enumerate(people)))


def test_a_perfect_counter(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2030, 1, 1, tzinfo=UTC))
    told: list[tuple[int, int]] = []
    report = evaluate_counts(
        DotCounter(clock=clock),
        dataset(tmp_path),
        clock=clock,
        progress=lambda done, total: told.append((done, total)),
    )
    values = as_json(report)
    assert (values["mae"], values["rmse"], values["nae"], values["bias"]) == (0, 0, 0, 0)
    assert values["game"] == pytest.approx([0, 0, 0, 0], abs=1e-5)
    assert [values[key] for key in ("f1_4", "f1_8", "precision_4", "recall_4", "coverage90")] == [1, 1, 1, 1, 1]
    assert (values["pictures"], values["people"], values["mean_truth"]) == (5, sum(PEOPLE), np.mean(PEOPLE))
    assert values["fps"] == pytest.approx(4)
    assert told == [(n, 5) for n in range(1, 6)]
    with_people = [p for p in report.pictures if p.truth]
    assert len(with_people) == 4
    assert report.ssim == pytest.approx(np.mean([p.ssim for p in with_people]))
    assert report.psnr_db == pytest.approx(np.mean([p.psnr_db for p in with_people]))


def test_a_counter_that_sees_too_many_a_little_beside_them(tmp_path: Path) -> None:
    report = evaluate_counts(DotCounter(share=1.2, shift_px=6, half_width=2), dataset(tmp_path))
    errors = 0.2 * np.array(PEOPLE)
    values = as_json(report)
    assert values["mae"] == pytest.approx(errors.mean(), rel=1e-5)
    assert values["bias"] == pytest.approx(errors.mean(), rel=1e-5)
    assert values["rmse"] == pytest.approx(np.sqrt((errors**2).mean()), rel=1e-5)
    assert values["nae"] == pytest.approx(0.2, rel=1e-5)
    assert values["game"] == pytest.approx([errors.mean()] * 4, rel=1e-4)  # everywhere too many: nothing cancels
    assert (values["f1_4"], values["f1_8"]) == (0, 1)
    assert values["coverage90"] == pytest.approx(np.mean(errors <= 2))
    assert values["psnr"] is not None
    worst = [counted.record.name for counted in report.worst]
    assert worst == [f"IMG_{i + 1}" for i in np.argsort(-errors, kind="stable")]


def test_errors_that_cancel_show_in_the_fields_only(tmp_path: Path) -> None:
    """A counter whose people are all on the wrong side: the count is right, GAME(1) is not."""

    class Mirrored(DotCounter):
        def _count(self, image: Image) -> Crowd:
            return super()._count(np.ascontiguousarray(image[:, ::-1]))

    report = evaluate_counts(Mirrored(), dataset(tmp_path, [9, 16], roi=False))
    assert report.count.mae == 0
    assert report.game[0] == pytest.approx(0, abs=1e-5)
    assert report.game[3] > report.game[1] > 0


def test_only_what_lies_in_the_region_counts(tmp_path: Path) -> None:
    inside = evaluate_counts(DotCounter(share=2.0), dataset(tmp_path, [25, 30], roi=True))
    truth = [int((record.points[:, 0] < SIZE[0] / 2).sum()) for record in dataset(tmp_path, [25, 30]).records]
    assert 0 < truth[0] < 25
    assert inside.truth.tolist() == truth
    assert inside.estimates == pytest.approx(2 * np.array(truth))
    assert [score.found for score in inside.heads] == [sum(truth)] * 2
    assert inside.heads[0].precision == 1
    whole = evaluate_counts(DotCounter(), dataset(tmp_path, [25, 30], roi=True), options=CountOptions(regions=False))
    assert whole.truth.tolist() == [25, 30]
    assert whole.count.mae == 0
    first = inside.pictures[0].estimate
    assert first.high / first.value == pytest.approx((50 + 2) / 50)  # the interval shrinks with the count


def test_an_empty_region_keeps_the_upper_bound_of_the_picture(tmp_path: Path) -> None:
    nobody_left = Record(
        "IMG_1", dots(tmp_path, 30, 1).path, image_points([]), "dots", roi=lambda: np.zeros(SIZE[::-1], np.bool_)
    )
    report = evaluate_counts(DotCounter(half_width=5), Dataset("dots", "val", (nobody_left,)))
    assert report.pictures[0].estimate == Estimate(0, 0, 35)


def test_intervals_without_an_end_cover_nothing_that_is_known(tmp_path: Path) -> None:
    """A counter without a measured interval reads up to infinity; in an empty region 0 × infinity must not arise."""
    report = evaluate_counts(DotCounter(half_width=np.inf), dataset(tmp_path, [9, 0, 4], roi=True))
    values = as_json(report)
    assert values["coverage90"] is None
    assert draw_worst(report).shape[1] == WIDTH


def test_pictures_that_cannot_be_read_are_named_and_left_out(tmp_path: Path) -> None:
    good = dataset(tmp_path)
    broken = Record("IMG_9", tmp_path / "IMG_9.png", image_points([[1, 1]]), "dots")
    other_size = Record("IMG_8", good.records[0].path, image_points([]), "dots", roi=lambda: np.ones((3, 4), np.bool_))
    before = Skipped(tmp_path / "IMG_7.png", "no labels")
    report = evaluate_counts(DotCounter(), Dataset("dots", "all", (broken, *good.records, other_size), (before,)))
    values = as_json(report)
    assert (values["pictures"], values["skipped"], values["mae"]) == (5, 3, 0)
    assert [s.path.name for s in report.skipped] == ["IMG_7.png", "IMG_9.png", "IMG_1.png"]
    assert "the region of interest has 4×3 pixels, the picture 192×128" in report.skipped[2].reason


@pytest.mark.parametrize("records", [0, 1])
def test_no_picture_at_all_is_an_error(tmp_path: Path, records: int) -> None:
    broken = Record("IMG_9", tmp_path / "IMG_9.png", image_points([]), "dots")
    with pytest.raises(TrainError, match="dots, split val: there is no picture to count"):
        evaluate_counts(DotCounter(), Dataset("dots", "val", (broken,) * records))


def test_nobody_anywhere_is_null_and_not_a_number(tmp_path: Path) -> None:
    report = evaluate_counts(DotCounter(), dataset(tmp_path, [0, 0]))
    write_json(report, tmp_path / "report.json")
    values = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [values[key] for key in ("mae", "bias", "coverage90", "warned")] == [0, 0, 1, 1]
    assert [values[key] for key in ("nae", "f1_4", "f1_8", "precision_4", "recall_4", "psnr", "ssim")] == [None] * 7


def test_a_limit_is_spread_over_the_split_and_the_scale_reaches_the_counter(tmp_path: Path) -> None:
    counter = DotCounter()
    options = CountOptions(scale=lambda image: 384 / image.shape[1], limit=3)
    report = evaluate_counts(counter, dataset(tmp_path), options=options)
    assert [p.name for p in report.pictures] == ["IMG_1", "IMG_3", "IMG_5"]
    assert set(counter.scales) == {2.0}
    assert [p.scale for p in report.pictures] == [2.0] * 3


def test_a_corruption_spoils_what_the_counter_sees(tmp_path: Path) -> None:
    """Single bright pixels go out when the lens is out of focus."""
    options = CountOptions(corruption=Corruption.BLUR, severity=3)
    report = evaluate_counts(DotCounter(), dataset(tmp_path, [9, 25]), options=options)
    assert report.estimates.tolist() == [0, 0]
    assert as_json(report)["corruption"] == "blur, severity 3"


def blue_and_green(report: CountReport) -> tuple[int, int]:
    sheet = draw_worst(report).astype(int)
    blue, green, red = sheet[..., 0], sheet[..., 1], sheet[..., 2]
    return int(((red > 200) & (blue < 120)).sum()), int(((green > 180) & (green > red + 60)).sum())


def test_the_picture_of_the_worst_shows_labels_and_density(tmp_path: Path) -> None:
    crowded = evaluate_counts(DotCounter(share=1.5), dataset(tmp_path, range(5, 5 + WORST + 3)))
    assert len(crowded.worst) == WORST
    assert crowded.worst[0].score.truth == 5 + WORST + 2
    write_worst(crowded, tmp_path / "worst.png")
    drawn = cv2.imread(str(tmp_path / "worst.png"))
    assert drawn is not None
    assert (drawn == draw_worst(crowded)).all()
    assert drawn.shape[1] == WIDTH
    glowing, dotted = blue_and_green(crowded)
    # The same pictures with a counter that sees nobody: the labels' dots stay, the glow goes.
    blind = evaluate_counts(DotCounter(share=0.0), dataset(tmp_path, range(5, 5 + WORST + 3)))
    assert glowing > 5 * max(1, blue_and_green(blind)[0])
    assert dotted > 100
    assert draw_worst(evaluate_counts(DotCounter(), dataset(tmp_path, [3], roi=True))).shape[0] < drawn.shape[0]


@pytest.mark.parametrize("name", ["worst.bmp", "missing/worst.png"])
def test_a_picture_that_cannot_be_written_is_one_sentence(tmp_path: Path, name: str) -> None:
    report = evaluate_counts(DotCounter(), dataset(tmp_path, [3]))
    with pytest.raises(TrainError, match=r"worst\.(bmp: .* must end in|png: .* cannot be written)"):
        write_worst(report, tmp_path / name)


def test_a_report_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    report = evaluate_counts(DotCounter(), dataset(tmp_path, [3]))
    with pytest.raises(TrainError, match=r"r\.json: the report cannot be written"):
        write_json(report, tmp_path / "missing" / "r.json")
