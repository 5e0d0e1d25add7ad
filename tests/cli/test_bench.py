"""`throng bench scenarios` as a user calls it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from throng.cli.bench import app
from throng.sim import SimError


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["scenarios", *arguments], env={"COLUMNS": "200"})


@pytest.mark.parametrize("noise", [False, True])
def test_a_scene_is_played_judged_and_drawn(tmp_path: Path, noise: bool) -> None:
    file, pictures = tmp_path / "b.json", tmp_path / "pictures"
    options = ["--scene", "fallen-person", "--json", str(file), "--pictures", str(pictures)]
    result = bench(*options, *(["--noise"] if noise else []))
    assert result.exit_code == 0, result.output
    assert "fallen-person" in result.stdout
    assert "event at 120 s" in result.stdout
    read = json.loads(file.read_text())
    assert set(read) >= {"scenes", "missed", "false_alarms", "lead_time_s"}
    (scene,) = read["scenes"]
    assert (scene["scene"], scene["kind"], scene["noise"], scene["danger_s"]) == ("fallen-person", "event", noise, 120)
    assert (pictures / f"fallen-person{'-noise' if noise else ''}.png").is_file()


def test_an_unknown_scene_is_one_sentence() -> None:
    told = bench("--scene", "moon")
    assert isinstance(told.exception, SimError)
    assert str(told.exception).startswith("there is no scenario 'moon'; the scenarios are: calm-plaza")
