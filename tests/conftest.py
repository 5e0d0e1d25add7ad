"""Fixtures that every tier shares."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}


def missing(what: str, mend: str) -> None:
    """Skip on a user's machine, fail in CI, and say what is missing and how to get it."""
    sentence = f"{what} is missing: {mend}"
    if IN_CI:
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with research data and third-party weights, `THRONG_SHARED`."""
    folder = Path(os.environ.get("THRONG_SHARED", "../shared")).resolve()
    if not (folder / "data").is_dir():
        missing(
            "the research data", f"set THRONG_SHARED to the folder that holds data/ and models/ (looked in {folder})"
        )
    return folder


@pytest.fixture(scope="session")
def require_program() -> Callable[[str, str], str]:
    """Return the path of a program, or skip (fail in CI) with the Debian package that brings it."""

    def require(program: str, package: str) -> str:
        found = shutil.which(program)
        if found is None:
            missing(f"the program {program}", f"apt-get install {package}")
        return str(found)

    return require
