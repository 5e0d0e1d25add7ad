"""The folder of one training: what was asked, what came of it, and how to go on."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from throng.train.errors import TrainError
from throng.train.recipe import Recipe, read_recipe

PACKAGES = ("torch", "numpy", "opencv-python", "onnx", "onnxruntime")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One training on disk.

    Attributes:
        root: the folder.
    """

    root: Path

    @property
    def recipe_file(self) -> Path:
        """What was asked."""
        return self.root / "recipe.yaml"

    @property
    def metrics_file(self) -> Path:
        """A JSON object per line: losses every few steps, errors after each validation."""
        return self.root / "metrics.jsonl"

    @property
    def last(self) -> Path:
        """Checkpoint of the averaged network, the newest one."""
        return self.root / "last.pt"

    @property
    def best(self) -> Path:
        """Checkpoint of the averaged network with the least validation error."""
        return self.root / "best.pt"

    @property
    def state(self) -> Path:
        """Everything that is needed to go on."""
        return self.root / "state.pt"

    @property
    def curves(self) -> Path:
        """Loss and validation error over the steps, as a picture."""
        return self.root / "curves.png"

    def check_new(self) -> None:
        """Refuse a folder in which there is a training.

        Raises:
            TrainError: there is one.
        """
        if self.recipe_file.exists():
            raise TrainError(f"{self.root}: there is a training already; go on with --resume, or name another folder")

    def create(self, recipe: Recipe, *, device: str) -> None:
        """Make the folder and write down what is asked, of which code, on which machine.

        Raises:
            TrainError: there is a training already, or the folder cannot be made.
        """
        self.check_new()
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            recipe.write(self.recipe_file)
            surroundings = json.dumps(environment(device), indent=2, ensure_ascii=False)
            (self.root / "environment.json").write_text(surroundings + "\n", encoding="utf-8")
        except OSError as error:
            raise TrainError(f"{self.root}: the run folder cannot be written: {error.strerror}") from error

    def recipe(self) -> Recipe:
        """Read what was asked when the training began.

        Raises:
            TrainError: there is no training in the folder.
        """
        if not self.recipe_file.is_file():
            raise TrainError(f"{self.root}: expected the folder of a training, but {self.recipe_file.name} is missing")
        return read_recipe(self.recipe_file)

    def add_metrics(self, row: Mapping[str, Any]) -> None:
        """Write one more line of metrics."""
        with self.metrics_file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def metrics(self) -> list[dict[str, Any]]:
        """Read all lines of metrics, in order; none before the first."""
        if not self.metrics_file.is_file():
            return []
        lines = self.metrics_file.read_text(encoding="utf-8").splitlines()
        return [dict(json.loads(line)) for line in lines if line.strip()]

    def forget_after(self, step: int) -> None:
        """Drop metrics of steps that will be done again."""
        kept = [json.dumps(row) + "\n" for row in self.metrics() if row["step"] <= step]
        replace_file(self.metrics_file, "".join(kept).encode())


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves either the old or the new one.

    Raises:
        TrainError: it cannot be written.
    """
    half = path.with_name(f"{path.name}.part")
    try:
        half.write_bytes(content)
        os.replace(half, path)
    except OSError as error:
        raise TrainError(f"{path}: the file cannot be written: {error.strerror}") from error


def environment(device: str) -> dict[str, Any]:
    """Return what else decides the result: code, libraries and machine."""
    return {
        "command": sys.argv,
        "throng": _version("throng"),
        "commit": commit(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "device": device,
        "packages": {name: _version(name) for name in PACKAGES},
    }


def commit() -> str | None:
    """Name the commit of the source tree, with `-dirty` where files differ from it; None outside a clone."""
    clone = Path(__file__).resolve().parents[3]
    if not (clone / ".git").exists():
        return None
    command = ["git", "--no-optional-locks", "-C", str(clone), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run([*command, "--exclude=*"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
