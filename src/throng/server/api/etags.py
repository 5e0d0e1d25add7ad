"""ETags: whoever has the newest version is not sent it again, and nobody overwrites what they have not seen."""

from typing import Annotated, TypeVar

from fastapi import Depends, Header, Response

from throng.server.problems import Problem

T = TypeVar("T")


class Tags:
    """The conditions of a request, and the tag of its answer.

    Args:
        response: gets the header `ETag`.
        if_match: versions that may be changed; None for any.
        if_none_match: versions that the caller has.
    """

    def __init__(self, response: Response, *, if_match: str | None, if_none_match: str | None) -> None:
        self._response = response
        self._if_match = if_match
        self._if_none_match = if_none_match

    def answer(self, version: int | str, body: T) -> T | Response:
        """Return `body` with the tag of its version, or 304 without a body for a caller who has that one already."""
        tag = _tag(version)
        if self._if_none_match is not None and _named(self._if_none_match, tag):
            return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "no-cache"})
        self._response.headers["ETag"] = tag
        self._response.headers["Cache-Control"] = "no-cache"
        return body

    def require(self, version: int | str) -> None:
        """Refuse a change of a version that the caller has not seen.

        Raises:
            Problem: 412.
        """
        if self._if_match is not None and not _named(self._if_match, _tag(version)):
            raise Problem(
                412, f"this was changed meanwhile: it is at {_tag(version)} now, you gave {self._if_match[:80]}; "
                "load it again and repeat your change",
            )  # fmt: skip

    def show(self, version: int | str) -> None:
        """Give the answer to a change the tag of the new version."""
        self._response.headers["ETag"] = _tag(version)


def _tag(version: int | str) -> str:
    return f'"{version}"'


def _named(header: str, tag: str) -> bool:
    """Compare weakly: proxies that compress make a tag weak."""
    return header.strip() == "*" or tag in {t.strip().removeprefix("W/") for t in header.split(",")}


def _of_reading(
    response: Response,
    if_none_match: Annotated[
        str | None, Header(description="`ETag` that you have; the answer is 304 while it is the newest")
    ] = None,
) -> Tags:
    return Tags(response, if_match=None, if_none_match=if_none_match)


def _of_changing(
    response: Response,
    if_match: Annotated[
        str | None, Header(description="`ETag` that you have seen; the answer is 412 if there is a newer one")
    ] = None,
) -> Tags:
    return Tags(response, if_match=if_match, if_none_match=None)


ReadTags = Annotated[Tags, Depends(_of_reading)]
"""Parameter of a GET: `return tags.answer(row.version, body)`, with `response_model` given to the route."""

ChangeTags = Annotated[Tags, Depends(_of_changing)]
"""Parameter of a PUT, PATCH or DELETE: `tags.require(row.version)` before, `tags.show(row.version)` after."""
