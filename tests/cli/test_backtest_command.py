"""`throng backtest` end to end: a file of readings in, tables and files out, and bad input."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from series import ramp
from typer.testing import CliRunner

from throng.cli.backtest import backtest
from throng.core.errors import ThrongError


def call(*arguments: object) -> str:
    """Return what the command printed; what went wrong is raised."""
    app = typer.Typer()
    app.command()(backtest)
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    if outcome.exception is not None:
        raise outcome.exception
    return outcome.stdout


@pytest.fixture
def readings(tmp_path: Path) -> Path:
    """A zone that fills from 1 to 6/m² in 25 minutes."""
    rows = []
    for i, density in enumerate(np.round(ramp(1500, start=1, per_min=0.2), 3).tolist()):
        row = {"kind": "zone", "zone_id": "gate", "at": f"2025-06-02T{8 + i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}Z"}
        row |= {"count": density * 50, "density_mean_per_m2": density}
        row |= {"density_mean_low_per_m2": density * 0.9, "density_mean_high_per_m2": density * 1.1}
        rows.append(json.dumps(row))
    path = tmp_path / "readings.jsonl"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_report_is_printed_and_written(readings: Path, tmp_path: Path) -> None:
    report, picture = tmp_path / "report.json", tmp_path / "report.png"
    out = call(readings, "--threshold", 3, "--threshold", 4, "--json", report, "--picture", picture)
    assert "zone gate" in out
    assert "1500 over 0.4 h" in out
    assert "3/m² in 10 min" in out
    assert "needs 7 more days" in out
    values = json.loads(report.read_text(encoding="utf-8"))
    assert [threshold["threshold_per_m2"] for threshold in values["thresholds"]] == [3, 4]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_four_and_five_are_the_thresholds(readings: Path) -> None:
    out = call(readings, "--zone", "gate", "--time-zone", "Europe/Zurich")
    assert "4/m² in 1 min" in out
    assert "5/m² in 1 min" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--zone", "bar"), "no zone 'bar'"),
        (("--threshold", "-1"), "above 0"),
        (("--time-zone", "Atlantis/Centre"), "no time zone"),
        (("--picture", "/nowhere/at/all.png"), "does not exist"),
        (("--picture", "all.pdf"), r"\.png"),
    ],
)
def test_mistakes_are_one_sentence(readings: Path, arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(ThrongError, match=words):
        call(readings, *arguments)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ThrongError, match=r"none\.jsonl"):
        call(tmp_path / "none.jsonl")
