"""From the bytes of a request to checked rows: all at once when all are good, row by row when one is not."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from throng.server.ingest.rows import BODY, EVENT, READING
from throng.server.problems import Problem

LARGEST_BODY_BYTES = 8 * 1024 * 1024
MOST_ROWS = 5000

Indexed = tuple[int, dict[str, Any]]
"""A row and its place in the list that was sent."""


@dataclass(slots=True)
class Parsed:
    """Rows that are well formed, and what is wrong with the others.

    Attributes:
        readings, events: with their places.
        rejected: {"list": "readings" or "events", "index", "what"} each.
    """

    readings: Sequence[Indexed] = ()
    events: Sequence[Indexed] = ()
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def reject(self, which: str, index: int, what: str) -> None:
        """Say what is wrong with a row."""
        self.rejected.append({"list": which, "index": index, "what": what})


def unpacked(body: bytes, encoding: str) -> bytes:
    """Return the body of a request as it was before it was packed.

    Raises:
        Problem: 413 it becomes too large, 415 another encoding than gzip, 422 it is damaged.
    """
    if encoding in {"", "identity"}:
        return body
    if encoding != "gzip":
        raise Problem(415, f"content encoding {encoding[:40]!r} is not supported; use gzip or none")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(body, LARGEST_BODY_BYTES)
    except zlib.error as error:
        raise Problem(422, f"the body is not gzip: {error}") from error
    if unpacker.unconsumed_tail:
        raise too_large()
    if not unpacker.eof:
        raise Problem(422, "the gzip body ends too early")
    return text


def too_large() -> Problem:
    """Return what a sender of too much at once is told."""
    megabytes = LARGEST_BODY_BYTES // (1024 * 1024)
    return Problem(413, f"a batch holds at most {MOST_ROWS} rows and {megabytes} MB; send it in parts")


def parse(body: bytes) -> Parsed:
    """Check the form of everything in a batch.

    Raises:
        Problem: 413 it has too many rows; 422 it is no JSON object of lists of rows.
    """
    try:
        whole = BODY.validate_json(body)
    except ValidationError:
        return _one_by_one(body)
    _require_few(whole)
    return Parsed(list(enumerate(whole.get("readings", ()))), list(enumerate(whole.get("events", ()))))


def _one_by_one(body: bytes) -> Parsed:
    try:
        whole = from_json(body)
    except ValueError as error:
        raise Problem(422, f"the body is not JSON: {error}", kind="invalid-request") from error
    if not isinstance(whole, dict) or set(whole) - {"readings", "events"}:
        raise _no_batch()
    if not all(isinstance(rows, list) for rows in whole.values()):
        raise _no_batch()
    _require_few(whole)
    parsed = Parsed()
    parsed.readings = _good(parsed, "readings", whole.get("readings", []), READING)
    parsed.events = _good(parsed, "events", whole.get("events", []), EVENT)
    return parsed


def _good(parsed: Parsed, which: str, rows: Sequence[Any], adapter: TypeAdapter[Any]) -> list[Indexed]:
    good = []
    for index, row in enumerate(rows):
        try:
            good.append((index, adapter.validate_python(row)))
        except ValidationError as error:
            parsed.reject(which, index, _in_words(error))
    return good


def _in_words(error: ValidationError) -> str:
    # Pydantic puts the kind of a reading before the field.
    wrong = [
        f"{'.'.join(str(part) for part in e['loc'] if part not in {'zone', 'line'}) or 'row'}: {e['msg']}"
        for e in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return "; ".join(wrong[:5])[:500]


def _require_few(whole: dict[str, Any]) -> None:
    if sum(map(len, whole.values())) > MOST_ROWS:
        raise too_large()


def _no_batch() -> Problem:
    expected = '{"readings": [rows as in docs/readings.md, …], "events": […]}'
    return Problem(422, f"expected a JSON object {expected}", kind="invalid-request")
