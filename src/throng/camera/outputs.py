"""Readings into files: one flat row each, JSON lines or CSV."""

import csv
import io
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from throng.camera.crowd_row import (
    CROWD_COLUMNS,
    Cell,
    Row,
    balance_cells,
    company_cells,
    estimate_cells,
    event_cells,
    movement_cells,
    number,
    outlook_cells,
    risk_cells,
)
from throng.core.reading import LineReading, Reading, Validity
from throng.video.errors import OutputError
from throng.video.output_path import require_free

ZONE_COLUMNS = (
    "kind", "zone_id", "camera_id", "at", "pts_s", "validity", "reasons", "models", "simulated", "frames",
    "count", "count_low", "count_high",
    "density_mean_per_m2", "density_mean_low_per_m2", "density_mean_high_per_m2", "density_mean_estimator",
    "density_peak_per_m2", "density_peak_estimator", "density_peak_x_m", "density_peak_y_m",
    "level_of_service", "speed_mean_mps", "speed_std_mps", "speed_persons", "speed_estimator",
    "occupancy", "occupancy_low", "occupancy_high", "last_good_at", "age_s",
    *CROWD_COLUMNS,
)  # fmt: skip
"""Columns of a zone's row, in order."""
LINE_COLUMNS = (
    "kind", "line_id", "camera_id", "at", "pts_s", "validity", "reasons", "simulated",
    "in_count", "out_count", "in_total", "out_total",
)  # fmt: skip
"""Columns of a line's row, in order."""
CSV_COLUMNS = (*ZONE_COLUMNS, *(name for name in LINE_COLUMNS if name not in ZONE_COLUMNS))
"""Columns of a CSV file: rows of zones and lines share it and leave empty what is not theirs."""
LIST_SEPARATOR = "; "


def to_row(reading: Reading | LineReading) -> Row:
    """Flatten a reading.

    Times are ISO 8601 in UTC with milliseconds and `Z`; units are in the names; what is unknown is None, never 0.

    Returns:
        The columns `ZONE_COLUMNS` or `LINE_COLUMNS`, in order.
    """
    return _line_row(reading) if isinstance(reading, LineReading) else _zone_row(reading)


def _zone_row(reading: Reading) -> Row:
    density, speed = reading.density, reading.speed
    peak_x_m, peak_y_m = (None, None) if density is None or density.peak_at_m is None else density.peak_at_m
    known_peak = density is not None and density.peak_per_m2 is not None
    return {
        "kind": "zone",
        "zone_id": reading.zone_id,
        "camera_id": reading.camera_id,
        "at": _time(reading.at),
        "pts_s": number(reading.pts_s),
        "validity": reading.validity.value,
        "reasons": [*reading.reasons],
        "models": [*reading.models],
        "simulated": reading.simulated,
        "frames": reading.frames,
        **estimate_cells(reading.count, "count", "count_low", "count_high"),
        **estimate_cells(
            None if density is None else density.mean,
            "density_mean_per_m2",
            "density_mean_low_per_m2",
            "density_mean_high_per_m2",
        ),
        "density_mean_estimator": None if density is None else density.mean_estimator,
        "density_peak_per_m2": None if density is None else number(density.peak_per_m2),
        "density_peak_estimator": density.peak_estimator if density is not None and known_peak else None,
        "density_peak_x_m": number(peak_x_m),
        "density_peak_y_m": number(peak_y_m),
        "level_of_service": reading.level_of_service,
        "speed_mean_mps": None if speed is None else number(speed.mean_mps),
        "speed_std_mps": None if speed is None else number(speed.std_mps),
        "speed_persons": None if speed is None else speed.persons,
        "speed_estimator": None if speed is None else speed.estimator,
        **estimate_cells(reading.occupancy, "occupancy", "occupancy_low", "occupancy_high"),
        "last_good_at": None if reading.last_good_at is None else _time(reading.last_good_at),
        "age_s": number(reading.age_s),
        **risk_cells(reading.risk),
        "events": None if reading.validity is Validity.UNKNOWN else event_cells(reading.events),
        **movement_cells(reading.movement),
        **company_cells(reading.company),
        **balance_cells(reading.balance),
        **outlook_cells(reading.outlook),
    }


def _line_row(reading: LineReading) -> Row:
    return {
        "kind": "line",
        "line_id": reading.line_id,
        "camera_id": reading.camera_id,
        "at": _time(reading.at),
        "pts_s": number(reading.pts_s),
        "validity": reading.validity.value,
        "reasons": [*reading.reasons],
        "simulated": reading.simulated,
        "in_count": reading.in_count,
        "out_count": reading.out_count,
        "in_total": reading.in_total,
        "out_total": reading.out_total,
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ReadingWriter(Protocol):
    """Where readings are kept."""

    def write(self, reading: Reading | LineReading) -> None:
        """Keep one reading; when it returns, killing the process no longer loses it.

        Raises:
            OutputError: it cannot be kept.
        """
        ...

    def close(self) -> None:
        """Release the file; may be called twice."""
        ...


class _RowFile:
    """A file that grows by whole rows: a row that does not fit is taken back."""

    def __init__(self, path: Path, *, overwrite: bool) -> None:
        self._path = path
        self._rows = 0
        self._size = 0
        require_free(path, overwrite=overwrite)
        try:
            # Unbuffered: a row that was written is with the system, and nothing is left to fail at closing.
            self._file: io.FileIO | None = io.FileIO(path, "w")
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another folder or name") from error

    def append(self, line: str) -> None:
        """Write one line in full or not at all."""
        if self._file is None:
            raise ValueError(f"{self._path}: the writer is closed")
        left = memoryview(line.encode("utf-8"))
        try:
            while left:
                left = left[self._file.write(left) or 0 :]
        except OSError as error:
            self._take_back(self._file)
            raise OutputError(
                f"{self._path}: writing stopped after {self._rows} readings ({error.strerror}); "
                f"they are complete; make room and start again"
            ) from error
        self._size += len(line.encode("utf-8"))
        self._rows += 1

    def close(self) -> None:
        """Release the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _take_back(self, file: io.FileIO) -> None:
        if self._path.is_file():
            os.ftruncate(file.fileno(), self._size)
            file.seek(self._size)


class JsonlWriter:
    """A JSON object per line, zones and lines mixed, told apart by `kind`.

    Args:
        path: the file to make.
        overwrite: replace a file that holds something.
    """

    def __init__(self, path: Path | str, *, overwrite: bool = False) -> None:
        self._rows = _RowFile(Path(path), overwrite=overwrite)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, reading: Reading | LineReading) -> None:
        """Append one reading."""
        self._rows.append(json.dumps(to_row(reading), ensure_ascii=False, allow_nan=False) + "\n")

    def close(self) -> None:
        """Release the file."""
        self._rows.close()


class CsvWriter:
    """A table with the columns `CSV_COLUMNS`.

    Several reasons, models, events or thresholds share a cell, separated by `; `; the latter two are JSON.

    Args:
        path: the file to make.
        overwrite: replace a file that holds something.
    """

    def __init__(self, path: Path | str, *, overwrite: bool = False) -> None:
        self._rows = _RowFile(Path(path), overwrite=overwrite)
        self._has_header = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, reading: Reading | LineReading) -> None:
        """Append one reading, before the first the header."""
        line = csv_row(to_row(reading))
        self._rows.append(line if self._has_header else csv_header() + line)
        self._has_header = True

    def close(self) -> None:
        """Release the file."""
        self._rows.close()


def open_writer(path: Path | str, *, overwrite: bool = False) -> JsonlWriter | CsvWriter:
    """Choose the writer by the suffix, `.jsonl` or `.csv`.

    Raises:
        OutputError: another suffix, a file that holds something (unless `overwrite`), or no right to write there.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".jsonl":
        return JsonlWriter(path, overwrite=overwrite)
    if suffix == ".csv":
        return CsvWriter(path, overwrite=overwrite)
    raise OutputError(f"{path}: the name of a file of readings must end in .jsonl or .csv")


def csv_header() -> str:
    """Return the first line of a CSV file of readings."""
    return _csv_line(CSV_COLUMNS)


def csv_row(row: Mapping[str, Cell]) -> str:
    """Return the line of a CSV file for a row of `to_row`."""
    return _csv_line([_cell(row.get(name)) for name in CSV_COLUMNS])


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return LIST_SEPARATOR.join(item if isinstance(item, str) else json.dumps(item) for item in value)
    return str(value)


def _csv_line(cells: tuple[str, ...] | list[str]) -> str:
    text = io.StringIO()
    # With "\r\n" as its end of line the writer also quotes cells that hold a lone "\r".
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n") + "\n"
