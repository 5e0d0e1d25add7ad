"""`throng models` as a user calls it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from throng.cli.models import app
from throng.vision.errors import VisionError

pytestmark = pytest.mark.shared


def models(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"THRONG_MODELS": str(folder), "COLUMNS": "100"})


def test_model_is_brought_listed_and_verified(tmp_path: Path, shared_dir: Path) -> None:
    folder = tmp_path / "models"
    assert "missing" in models(folder, "list").stdout
    pulled = models(folder, "pull", "yolox-nano", "--from", str(shared_dir / "models"))
    assert pulled.exit_code == 0, pulled.output
    assert pulled.stdout == f"yolox-nano, Apache-2.0: {folder}/yolox-nano/yolox_nano.onnx\n"
    listed = models(folder, "list").stdout
    row = next(line for line in listed.splitlines() if "yolox-nano" in line)
    assert "Apache-2.0" in row
    assert "3.7 MB" in row
    assert "installed" in row
    assert "hog" in listed
    again = models(folder, "pull", "yolox-nano")
    assert (again.exit_code, again.stdout.split(":")[0]) == (0, "yolox-nano is already there")
    assert models(folder, "verify").exit_code == 0


def test_changed_model_fails_the_check(tmp_path: Path, shared_dir: Path) -> None:
    weights = tmp_path / "yolox-nano" / "yolox_nano.onnx"
    weights.parent.mkdir()
    weights.write_bytes((shared_dir / "models/yolox_nano.onnx").read_bytes() + b"x")
    for arguments in (["verify"], ["verify", "yolox-nano"]):
        checked = models(tmp_path, *arguments)
        assert checked.exit_code == 2
        assert "yolox-nano: differs" in checked.stdout
    assert "differs" in models(tmp_path, "list").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pull", "yolo-nano"], "unknown model 'yolo-nano'; did you mean 'yolox-nano'?"),
        (["pull", "yolox-nano", "--from", "/nowhere"], "/nowhere: there is no such folder"),
        (["verify", "nothing"], "unknown model 'nothing'; known models:"),
    ],
)
def test_mistake_is_one_sentence(tmp_path: Path, arguments: list[str], words: str) -> None:
    told = models(tmp_path, *arguments)
    assert isinstance(told.exception, VisionError)
    assert str(told.exception).startswith(words)


def test_named_model_that_is_not_there_fails_the_check(tmp_path: Path) -> None:
    assert models(tmp_path, "verify").exit_code == 0
    assert models(tmp_path, "verify", "yolox-nano").exit_code == 2
