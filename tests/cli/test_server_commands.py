"""What people really type: wrong folders, wrong settings, databases that do not answer. One sentence, exit code 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "throng", *arguments]
    return subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("backup", "x.zip", "--data-dir", "typo"), "there is no database"),
        (("users", "list", "--data-dir", "typo"), "there is no database"),
        (("config", "export", "--data-dir", "typo"), "there is no database"),
        (("restore", "text.zip", "--data-dir", "new"), "is not a backup of Throng"),
        (("serve", "--data-dir", "text.zip", "--port", "0"), "cannot keep data in text.zip"),
        (("serve", "--config", "nowhere.yaml"), "cannot read the settings nowhere.yaml"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    done = run(*arguments, folder=tmp_path)
    assert done.returncode == 2, done.stderr
    said = " ".join(done.stderr.split())
    assert sentence in said
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "typo").exists(), "a wrong folder is not made"
    assert not (tmp_path / "x.zip").exists()


def test_a_database_that_does_not_answer_is_a_sentence(tmp_path: Path) -> None:
    url = "postgresql://nobody:hunter2@127.0.0.1:1/throng"
    done = run("serve", "--data-dir", "d", "--port", "0", folder=tmp_path, THRONG_DATABASE_URL=url)
    assert done.returncode == 2, done.stderr
    assert "the database does not answer" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
