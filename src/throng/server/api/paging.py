"""Long lists in pages: `?limit=100&cursor=…`. A cursor is opaque and says where the next page begins."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from throng.server.problems import Problem

T = TypeVar("T")
Row = TypeVar("Row")

LARGEST_PAGE = 500
LARGEST_NUMBER = 2**63 - 1


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: list[T]
    next_cursor: str | None = Field(
        description="send it as `cursor` to get the next page; null on the last one", examples=["WzQyXQ"]
    )


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is wanted.

    Attributes:
        position: where the page before ended, empty for the first page: the sort key of its last row.
        limit: rows per page.
    """

    position: tuple[int, ...]
    limit: int

    @property
    def after(self) -> int | None:
        """The position of a list that is sorted by one number; None for the first page."""
        return self.position[0] if self.position else None


def page(rows: Iterable[Row], position: int | tuple[int, ...] | None, shown: Callable[[Row], T]) -> Page[T]:
    """Return a page.

    Args:
        rows: its rows.
        position: the sort key of its last row where more rows follow, None on the last page.
        shown: makes the wire model of a row.
    """
    numbers = (position,) if isinstance(position, int) else position
    return Page(items=[shown(row) for row in rows], next_cursor=None if numbers is None else encoded(numbers))


def encoded(position: tuple[int, ...]) -> str:
    """Return the cursor of a position."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode().rstrip("=")


def decoded(cursor: str) -> tuple[int, ...]:
    """Return the position of a cursor.

    Raises:
        Problem: 422, it is none of ours.
    """
    try:
        numbers = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise _unknown() from error
    whole = isinstance(numbers, list) and 0 < len(numbers) <= 4
    if not whole or any(type(n) is not int or abs(n) > LARGEST_NUMBER for n in numbers):
        raise _unknown()
    return tuple(numbers)


def _unknown() -> Problem:
    return Problem(422, "this cursor is unknown; send next_cursor of the page before, or none for the first page")


def page_request(
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next_cursor` of the page before; none for the first page")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="rows per page")] = 100,
) -> PageRequest:
    """Read the query parameters of a page."""
    return PageRequest(() if cursor is None else decoded(cursor), limit)


Cursor = Annotated[PageRequest, Depends(page_request)]
"""A route's parameter of this type adds `cursor` and `limit` to its query."""
