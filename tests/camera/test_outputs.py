"""Readings into files."""

import csv
import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from throng.camera.outputs import CSV_COLUMNS, LINE_COLUMNS, ZONE_COLUMNS, open_writer, to_row
from throng.core.company import Company
from throng.core.crowd_state import (
    Balance,
    CrowdEvent,
    EventKind,
    Movement,
    Outlook,
    Risk,
    RiskLevel,
    ThresholdOutlook,
)
from throng.core.errors import ThrongError
from throng.core.estimate import Estimate
from throng.core.reading import Density, LineReading, Reading, Speed, Validity
from throng.video.errors import OutputError

AT = datetime(2026, 7, 4, 20, 15, 3, 250_000, tzinfo=UTC)
FULL = Reading(
    zone_id="gate",
    camera_id="north",
    at=AT,
    pts_s=12.5,
    validity=Validity.DEGRADED,
    reasons=("picture is dark", "2 of 5 frames"),
    models=("yolox-nano", "bytetrack"),
    simulated=False,
    frames=2,
    count=Estimate(12.0, 10.0, 15.5),
    density=Density(Estimate(0.5, 0.4, 0.65), "classical", 2.25, "grid-1m", (3.5, -1.25)),
    level_of_service="C",
    speed=Speed(1.25, 0.3, 7),
    occupancy=Estimate(0.12, 0.1, 0.155),
    last_good_at=AT - timedelta(seconds=4),
    movement=Movement((0.5, -0.25), "fused", 0.75, 0.5, 0.625, 0.125, -0.0625, 1.5, 0.75, 0.03125, False, float("nan")),
    balance=Balance(Estimate(30.0, 24.0, 37.0), Estimate(12.0, 8.0, 17.0), 18.0, 60.0),
    outlook=Outlook(
        Estimate(0.5, 0.25, 0.75),
        True,
        (ThresholdOutlook(4.0, ((60.0, 0.125), (300.0, 0.875)), Estimate(240.0, 180.0, 400.0)),),
    ),
    events=(CrowdEvent(EventKind.SURGE, 0.75, ("inflow 30/min, 8 before",), (3.0, 4.0)),),
    risk=Risk(RiskLevel.CAUTION, 31.5, ("density 0.5 [0.4-0.65] people/m²",), "moving"),
    company=Company(2, 5, 3.5, (6.5, -2.0), 4, 7, 1, 0.25, float("nan"), 0.0),
)
UNKNOWN = replace(
    FULL,
    validity=Validity.UNKNOWN,
    reasons=("no frame",),
    models=(),
    frames=0,
    pts_s=None,
    count=None,
    density=None,
    level_of_service=None,
    speed=None,
    occupancy=None,
    last_good_at=None,
    movement=None,
    balance=None,
    outlook=None,
    events=(),
    risk=None,
    company=None,
)
LINE = LineReading("door", "north", AT, 12.5, Validity.LIVE, (), True, 3, 0, 40, 38)


def test_every_column_of_a_zone() -> None:
    assert to_row(FULL) == {
        "kind": "zone",
        "zone_id": "gate",
        "camera_id": "north",
        "at": "2026-07-04T20:15:03.250Z",
        "pts_s": 12.5,
        "validity": "degraded",
        "reasons": ["picture is dark", "2 of 5 frames"],
        "models": ["yolox-nano", "bytetrack"],
        "simulated": False,
        "frames": 2,
        "count": 12.0,
        "count_low": 10.0,
        "count_high": 15.5,
        "density_mean_per_m2": 0.5,
        "density_mean_low_per_m2": 0.4,
        "density_mean_high_per_m2": 0.65,
        "density_mean_estimator": "classical",
        "density_peak_per_m2": 2.25,
        "density_peak_estimator": "grid-1m",
        "density_peak_x_m": 3.5,
        "density_peak_y_m": -1.25,
        "level_of_service": "C",
        "speed_mean_mps": 1.25,
        "speed_std_mps": 0.3,
        "speed_persons": 7,
        "speed_estimator": "tracks",
        "occupancy": 0.12,
        "occupancy_low": 0.1,
        "occupancy_high": 0.155,
        "last_good_at": "2026-07-04T20:14:59.250Z",
        "age_s": 4.0,
        "risk_level": "caution",
        "risk_score": 31.5,
        "risk_reasons": ["density 0.5 [0.4-0.65] people/m²"],
        "risk_profile": "moving",
        "events": [{"kind": "surge", "score": 0.75, "evidence": ["inflow 30/min, 8 before"], "x_m": 3.0, "y_m": 4.0}],
        "velocity_x_mps": 0.5,
        "velocity_y_mps": -0.25,
        "movement_estimator": "fused",
        "moving_share": 0.75,
        "polarisation": 0.5,
        "direction_entropy": 0.625,
        "counter_flow": 0.125,
        "divergence_per_s": -0.0625,
        "congestion_level_per_m": 1.5,
        "crowd_danger_per_m3": 0.75,
        "pressure_per_s2": 0.03125,
        "pressure_gated": False,
        "wave_period_s": None,
        "groups": 2,
        "largest_group": 5,
        "largest_group_m2": 3.5,
        "largest_group_x_m": 6.5,
        "largest_group_y_m": -2.0,
        "close_pairs": 4,
        "close_persons": 7,
        "speed_outliers": 1,
        "coherence": 0.25,
        "slowness": None,
        "stagnation": 0.0,
        "inflow_per_min": 30.0,
        "inflow_low_per_min": 24.0,
        "inflow_high_per_min": 37.0,
        "outflow_per_min": 12.0,
        "outflow_low_per_min": 8.0,
        "outflow_high_per_min": 17.0,
        "net_per_min": 18.0,
        "balance_window_s": 60.0,
        "slope_per_m2_per_min": 0.5,
        "slope_low_per_m2_per_min": 0.25,
        "slope_high_per_m2_per_min": 0.75,
        "slope_significant": True,
        "outlook": [
            {
                "threshold_per_m2": 4.0,
                "probability_by_s": {"60": 0.125, "300": 0.875},
                "time_to_s": 240.0,
                "time_to_low_s": 180.0,
                "time_to_high_s": 400.0,
            }
        ],
    }


def test_columns_keep_their_order() -> None:
    assert tuple(to_row(FULL)) == tuple(to_row(UNKNOWN)) == ZONE_COLUMNS
    assert tuple(to_row(LINE)) == LINE_COLUMNS


def test_unknown_is_nothing_and_never_zero() -> None:
    row = to_row(UNKNOWN)
    known = ("kind", "zone_id", "camera_id", "at", "validity", "reasons", "models", "simulated", "frames")
    assert {name: row[name] for name in ZONE_COLUMNS if name not in known and row[name] is not None} == {}


def test_an_unknown_zone_keeps_its_alarm() -> None:
    held = Risk(RiskLevel.CRITICAL, 80.0, ("no data for 12 s; the last level is held",), "standing")
    row = to_row(replace(UNKNOWN, risk=held))
    assert (row["risk_level"], row["risk_score"], row["count"]) == ("critical", 80.0, None)


def test_an_unknown_line_keeps_its_totals() -> None:
    row = to_row(replace(LINE, validity=Validity.UNKNOWN, in_count=None, out_count=None))
    assert (row["in_count"], row["out_count"], row["in_total"], row["out_total"]) == (None, None, 40, 38)


def test_times_of_other_zones_are_written_in_utc() -> None:
    east = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert to_row(replace(FULL, at=east))["at"] == "2026-07-04T20:15:03.250Z"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_unknown(value: float) -> None:
    row = to_row(replace(FULL, speed=Speed(value, value, 1), pts_s=value))
    assert (row["speed_mean_mps"], row["speed_std_mps"], row["pts_s"]) == (None, None, None)


def test_json_lines_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with open_writer(path) as writer:
        for reading in (FULL, LINE, UNKNOWN):
            writer.write(reading)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert rows == [to_row(FULL), to_row(LINE), to_row(UNKNOWN)]


def test_csv_reads_back_with_empty_cells_for_what_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with open_writer(path) as writer:
        for reading in (FULL, LINE, UNKNOWN):
            writer.write(reading)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == CSV_COLUMNS
    zone, line, unknown = rows
    assert (zone["kind"], zone["count"], zone["simulated"]) == ("zone", "12.0", "false")
    assert zone["reasons"] == "picture is dark; 2 of 5 frames"
    assert zone["in_count"] == ""
    assert (line["kind"], line["in_count"], line["out_count"], line["count"]) == ("line", "3", "0", "")
    assert (unknown["count"], unknown["density_mean_per_m2"], unknown["speed_persons"]) == ("", "", "")
    assert unknown["validity"] == "unknown"


@settings(max_examples=40)
@given(text=st.text(max_size=30))
@example(text="\r")
@example(text='a,"b";\n\x00')
def test_any_text_survives_both_formats(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("out")
    text = text.encode("utf-8", "replace").decode()
    reading = replace(FULL, zone_id=text)
    for name in ("a.jsonl", "a.csv"):
        with open_writer(folder / name) as writer:
            writer.write(reading)
    assert json.loads((folder / "a.jsonl").read_text(encoding="utf-8"))["zone_id"] == text
    with (folder / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["zone_id"] for row in rows] == [text]


@pytest.mark.parametrize("name", ["a.txt", "a", "a.json", "a.mp4"])
def test_another_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"\.jsonl or \.csv"):
        open_writer(tmp_path / name)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_file_that_holds_something_stays_unless_told_otherwise(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    with open_writer(path) as writer:
        writer.write(FULL)
    before = path.read_text()
    with pytest.raises(OutputError, match="this file exists"):
        open_writer(path)
    assert path.read_text() == before
    with open_writer(path, overwrite=True) as writer:
        writer.write(FULL)
    assert path.read_text() == before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written") as caught:
        open_writer(tmp_path / "no" / "a.csv")
    assert isinstance(caught.value, ThrongError)


def test_a_device_without_room(tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    for suffix in (".jsonl", ".csv"):
        link = tmp_path / f"full{suffix}"
        link.symlink_to("/dev/full")
        writer = open_writer(link)
        with pytest.raises(OutputError, match="writing stopped after 0 readings") as caught:
            writer.write(FULL)
        assert str(link) in str(caught.value)
        writer.close()


SCRIPT = """
    import os, resource, signal, sys
    from datetime import UTC, datetime
    from throng.camera.outputs import open_writer
    from throng.core.reading import LineReading, Validity
    from throng.video.errors import OutputError
    def reading(number):
        return LineReading("door", "north", datetime.now(UTC), number / 2, Validity.LIVE, (), False, 0, 0, number, 0)
    writer = open_writer(sys.argv[1])
"""


def run(script: str, path: Path) -> subprocess.CompletedProcess[str]:
    code = textwrap.dedent(SCRIPT) + textwrap.dedent(script)
    return subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_full_disk_is_told_and_every_row_in_the_file_is_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    said = run(
        """
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
        try:
            for number in range(1000):
                writer.write(reading(number))
        except OutputError as error:
            print(number, error)
        writer.close()
        """,
        path,
    )
    number = int(said.stdout.split()[0])
    assert f"{path}: writing stopped after {number} readings (File too large)" in said.stdout
    assert said.stderr == ""
    assert number > 5
    text = path.read_text()
    assert text.endswith("\n")
    if name.endswith("jsonl"):
        assert [json.loads(line)["in_total"] for line in text.splitlines()] == list(range(number))
    else:
        assert [int(row["in_total"]) for row in csv.DictReader(text.splitlines())] == list(range(number))


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_killed_process_loses_nothing_that_was_written(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    said = run(
        """
        for number in range(50):
            writer.write(reading(number))
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        path,
    )
    assert said.returncode == -signal.SIGKILL
    assert len(path.read_text().splitlines()) == (50 if name.endswith("jsonl") else 51)
