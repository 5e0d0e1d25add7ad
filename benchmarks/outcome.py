"""What every benchmark shares: targets, where the data is, and how results are printed and kept."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Measure:
    """One number with its target.

    Attributes:
        name: what was measured.
        value: the number.
        unit: its unit.
        at_most, at_least: the target, None for none.
    """

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool:
        """Whether the target is met; a number that is not known (NaN) meets none."""
        low_enough = self.at_most is None or self.value <= self.at_most
        return low_enough and (self.at_least is None or self.value >= self.at_least)

    @property
    def target(self) -> str:
        """The target in words."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return "" if self.at_least is None else f"≥ {self.at_least:g}"


def shared_folder() -> Path:
    """Return the folder with research data and third-party weights, or leave with a sentence.

    The weights in it are used where `THRONG_MODELS` names no other folder.
    """
    folder = Path(os.environ.get("THRONG_SHARED", "../shared")).resolve()
    if not (folder / "data").is_dir():
        sys.exit(f"the research data is missing: set THRONG_SHARED to its folder (looked in {folder})")
    os.environ.setdefault("THRONG_MODELS", str(folder / "models"))
    return folder


def throng_command() -> str:
    """Return the path of the `throng` command beside this interpreter."""
    return str(Path(sys.executable).with_name("throng"))


def finish(title: str, name: str, measures: Sequence[Measure]) -> None:
    """Print the table, keep it when `--write` was given, and leave with exit code 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--write", action="store_true", help=f"keep the results in {RESULTS.name}/")
    write = parser.parse_args().write
    table = _table(measures)
    print(f"{title}\n\n{table}")
    if write:
        RESULTS.mkdir(exist_ok=True)
        machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}"
        content = {"title": title, "machine": machine, "measures": [asdict(m) | {"met": m.met} for m in measures]}
        (RESULTS / f"{name}.json").write_text(
            json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        (RESULTS / f"{name}.md").write_text(f"# {title}\n\n{machine}\n\n{table}\n", encoding="utf-8")
    missed = [m.name for m in measures if not m.met]
    if missed:
        sys.exit(f"missed: {', '.join(missed)}")


def _written(value: float) -> str:
    """Four digits; what is only rounding is 0."""
    return "0" if abs(value) < 1e-9 else f"{value:.4g}"


def _table(measures: Sequence[Measure]) -> str:
    rows = [("measure", "value", "target", "met"), ("---", "---:", "---:", "---")]
    for m in measures:
        rows.append(
            (m.name, f"{_written(m.value)} {m.unit}".strip(), m.target, ("yes" if m.met else "NO") if m.target else "")
        )
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows
    )
