"""Forecasts replayed from readings are judged by what came."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from series import ramp

from throng.camera.outputs import JsonlWriter
from throng.core.crowd_state import Balance
from throng.core.estimate import Estimate
from throng.core.points import FloatArray
from throng.core.reading import Density, LineReading, Reading, Validity
from throng.evaluation.backtest import Passed, backtest, mean_around
from throng.evaluation.backtest_report import as_json, draw_chart, write_chart, write_json
from throng.evaluation.errors import EvaluationError
from throng.evaluation.reading_history import ReadingHistory, read_history

BEGIN = datetime(2025, 6, 2, 8, tzinfo=UTC)
AREA_M2 = 50.0


def reading(at_s: float, density: float | None, *, zone_id: str = "gate", balance: Balance | None = None) -> Reading:
    count = None if density is None else Estimate(density * AREA_M2, density * AREA_M2 * 0.9, density * AREA_M2 * 1.1)
    return Reading(
        zone_id=zone_id,
        camera_id="cam",
        at=BEGIN + timedelta(seconds=at_s),
        pts_s=at_s,
        validity=Validity.UNKNOWN if density is None else Validity.LIVE,
        reasons=(),
        models=("sim",),
        simulated=True,
        frames=1,
        count=count,
        density=None if count is None else Density(count.scaled(1 / AREA_M2), "classical", None, "gaussian_r1m", None),
        level_of_service=None,
        speed=None,
        occupancy=None,
        last_good_at=None,
        balance=balance,
    )


def write(path: Path, readings: Sequence[Reading | LineReading]) -> Path:
    with JsonlWriter(path, overwrite=True) as writer:
        for one in readings:
            writer.write(one)
    return path


def history_of(values: FloatArray, every_s: float = 1.0) -> ReadingHistory:
    at_s = np.arange(len(values), dtype=np.float64) * every_s
    return ReadingHistory("gate", BEGIN, at_s, values, np.full(len(values), 0.04), (None,) * len(values), AREA_M2, 0)


def hill(seed: int = 1) -> FloatArray:
    """A hall that fills to 5.5/m² in 22 minutes, and empties."""
    up = ramp(1500, start=1.0, per_min=0.2)
    return np.asarray(np.concatenate((up, up[::-1])), dtype=np.float64) + np.random.default_rng(seed).normal(
        0, 0.1, 3000
    )


def test_written_readings_are_read_back(tmp_path: Path) -> None:
    flow = Balance(Estimate(12, 7, 19), Estimate(3, 1, 8), 9.0, 60.0)
    line = LineReading("door", "cam", BEGIN, 0.0, Validity.LIVE, (), simulated=True, in_count=1, out_count=0, in_total=1, out_total=0)  # fmt: skip  # noqa: E501
    path = write(tmp_path / "r.jsonl", [line, reading(0, 2.0), reading(1, None), reading(2, 3.0, balance=flow)])
    history = read_history(path)
    assert history.zone_id == "gate"
    assert history.begin == BEGIN
    assert history.at_s.tolist() == [0, 1, 2]
    np.testing.assert_allclose(history.density_per_m2, [2, np.nan, 3])
    assert history.variance[0] == pytest.approx((0.2 / 1.6449) ** 2, rel=1e-3)
    assert history.balances == (None, None, flow)
    assert history.area_m2 == pytest.approx(AREA_M2)


def test_time_that_goes_backwards_is_left_out(tmp_path: Path) -> None:
    history = read_history(write(tmp_path / "r.jsonl", [reading(5, 1.0), reading(3, 9.0), reading(6, 1.0)]))
    assert history.at_s.tolist() == [0, 1]
    assert history.repeated == 1


def test_zone_must_be_chosen_where_there_are_several(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", [reading(0, 1.0), reading(0, 2.0, zone_id="stage")])
    with pytest.raises(EvaluationError, match=r"--zone: gate, stage"):
        read_history(path)
    with pytest.raises(EvaluationError, match="no zone 'bar'"):
        read_history(path, "bar")
    assert read_history(path, "stage").density_per_m2.tolist() == [2.0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"kind": "zone"', "line 1"),
        ("[1]\n", "line 1"),
        ('{"kind": "zone", "at": "2025-06-02T08:00:00Z"}\n', "line 1: expected the zone_id of a reading, got None"),
        ("", "no reading of a zone"),
        ('{"kind": "zone", "zone_id": "a", "at": "yesterday"}\n', "expected the time"),
        ('{"kind": "zone", "zone_id": "a", "at": "2025-06-02T08:00:00.000Z"}\n', "calibrated"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationError, match=words):
        read_history(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_history(tmp_path / "none.jsonl")


def test_filling_hall_is_foretold_better_than_by_chance() -> None:
    report = backtest(history_of(hill()), (3.0, 4.0))
    assert report.readings == 3000
    assert report.forecasts == pytest.approx(298, abs=2)
    assert report.significant > 0.7
    for horizon in report.horizons[:3]:
        assert horizon.forecast.mae < 0.6 * horizon.persistence.mae
        assert horizon.persistence.mae == pytest.approx(0.2 * horizon.ahead_s / 60, rel=0.25)
    for threshold in report.thresholds:
        scores = dict(threshold.by_horizon)
        assert scores[60].skill > 0.9
        assert scores[300].skill > 0.5
        assert threshold.time_to_judged > 10
        assert threshold.time_to_coverage > 0.8


def test_threshold_that_was_never_passed_has_no_skill() -> None:
    report = backtest(history_of(hill()), (8.0,))
    assert math.isnan(report.thresholds[0].by_horizon[0][1].skill)
    assert "never passed" in report.notes[0]


def test_few_readings_say_so() -> None:
    report = backtest(history_of(np.full(5, 2.0)))
    assert report.forecasts == 0
    assert math.isnan(report.significant)
    assert "too few readings" in report.notes[-1]
    assert as_json(report)["significant_share"] is None


def test_what_came_is_the_mean_around_and_unknown_in_a_gap() -> None:
    values = np.concatenate((np.arange(20.0), np.full(30, np.nan), np.arange(20.0)))
    came = mean_around(history_of(values), np.array([10.0, 0.0, 35.0, 1e6]))
    np.testing.assert_allclose(came, [10.0, 2.5, np.nan, np.nan])


def test_passing_is_not_known_across_a_gap() -> None:
    values = np.concatenate((np.full(100, 1.0), np.full(200, np.nan), np.full(100, 6.0)))
    passed = Passed(history_of(values), 5.0)
    assert passed.after(50.0) is None
    assert passed.watched_until(50.0) == 99
    assert passed.after(300.0) == 300


def test_daily_profile_foretells_the_last_day() -> None:
    times = np.arange(0, 12 * 86400, 300.0)
    values = 1 + np.cos(times / 86400 * 2 * np.pi) + np.random.default_rng(3).normal(0, 0.05, len(times))
    report = backtest(replace(history_of(np.abs(values), 300.0)))
    assert report.day.missing_days == 0
    assert report.day.errors.samples == 24
    assert report.day.errors.mae < 0.05
    assert report.day.coverage > 0.8
    assert backtest(history_of(hill())).day.missing_days == 7


def test_report_is_written(tmp_path: Path) -> None:
    report = backtest(history_of(hill()[:1500]), (3.0, 8.0))
    write_json(report, tmp_path / "r.json")
    values = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert values["thresholds"][0]["by_horizon"][0]["brier"] < 0.05
    assert values["thresholds"][1]["by_horizon"][0]["skill"] is None
    assert values["horizons"][0]["ahead_s"] == 60
    write_chart(report, tmp_path / "r.png")
    drawn = cv2.imread(str(tmp_path / "r.png"))
    assert drawn is not None
    assert drawn.shape == (620, 1400, 3)
    with pytest.raises(EvaluationError, match=r"\.png"):
        write_chart(report, tmp_path / "r.pdf")


def test_picture_of_nothing_is_drawn() -> None:
    assert draw_chart(backtest(history_of(np.full(5, 2.0)))).shape == (620, 1400, 3)
