"""What all bodies of the API share: nothing unknown in them, names that fit the database, ids that exist."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

LARGEST_ID = 2**53 - 1
"""Ids stay whole numbers in JavaScript."""

Id = Annotated[int, Path(ge=1, le=LARGEST_ID, description="number of the object")]
"""An id in the path of a route."""

IdField = Annotated[int, Field(ge=1, le=LARGEST_ID)]
"""An id in a body or a query."""


def _printable(text: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError("control characters are not allowed")
    return text


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the character NUL is not allowed")
    return text


Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", min_length=1, max_length=64)]
"""Name of an object in site files and for edges: letters, digits, `_`, `.` and `-`."""

Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
"""Name for screens."""

Short = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
"""A short text of one line, or none."""

Text = Annotated[str, Field(max_length=10_000), AfterValidator(_without_nul)]
"""A longer text, or none."""

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def _in_range(at: datetime) -> datetime:
    if not EARLIEST <= at <= LATEST:
        raise ValueError("expected a time between 1970 and 9000")
    return at


Time = Annotated[AwareDatetime, AfterValidator(_in_range)]
"""A time with its offset."""

Coordinate = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
"""Metres from the origin of a site."""

Point = tuple[Coordinate, Coordinate]


Degrees = Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


def _plain_json(limit: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def checked(value: dict[str, Any]) -> dict[str, Any]:
        try:
            size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        if size > limit:
            raise ValueError(f"at most {limit} bytes as JSON, got {size}")
        return value

    return checked


JsonObject = Annotated[dict[str, Any], AfterValidator(_plain_json(64_000))]
"""Any JSON object that every database can keep and every reader can read: finite numbers, valid text, 64 kB."""

LargeJsonObject = Annotated[dict[str, Any], AfterValidator(_plain_json(256_000))]
"""The same up to 256 kB."""


class Wire(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Shown(Wire):
    """Base of the bodies that show a row of the database."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(description="number of the object, for paths")
    created_at: datetime
    updated_at: datetime
    version: int = Field(description="grows with every change; the `ETag` of the object")


def example(**fields: Any) -> ConfigDict:
    """Return the settings of a body with one example."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


SHOWN: dict[str, Any] = {
    "id": 7,
    "created_at": "2026-06-01T12:00:00Z",
    "updated_at": "2026-06-01T12:00:00Z",
    "version": 1,
}
"""What every shown object has, for examples."""
