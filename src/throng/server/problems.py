"""Errors of the API as problem details (RFC 9457): one shape for everything that goes wrong."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from throng.core.errors import ThrongError
from throng.store.errors import ConflictError, NotFoundError, StorageFullError, StoreError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
FIXED_KINDS = {413: "content-too-large", 422: "unprocessable-entity"}


class ProblemDetails(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="which kind of problem; stable, for programs", examples=["/problems/not-found"])
    title: str = Field(description="the kind in words")
    status: int
    detail: str = Field(description="what happened this time and what to do")


class Problem(ThrongError):
    """A request that cannot be answered as wished.

    Args:
        status: HTTP status.
        detail: what happened and what to do.
        kind: last part of the problem's `type`; by default that of the status.
        headers: further headers of the answer.
        more: further members of the body.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind or _kind(status)
        self.headers = dict(headers or {})
        self.more = more


def install(app: FastAPI) -> None:
    """Let an application answer errors as problems."""
    app.add_exception_handler(ThrongError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def answer(status: int, detail: str, *, kind: str | None = None, **more: Any) -> JSONResponse:
    """Return a problem as an answer."""
    kind = kind or _kind(status)
    body = {
        "type": f"/problems/{kind}",
        "title": kind.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
    }
    return JSONResponse({**body, **more}, status, media_type=MEDIA_TYPE)


def _kind(status: int) -> str:
    """Return the name of a status; those whose phrase differs between versions of Python are fixed here."""
    if status in FIXED_KINDS:
        return FIXED_KINDS[status]
    return HTTPStatus(status).phrase.lower().replace(" ", "-").replace("'", "")


async def _known(_request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, Problem):
        response = answer(error.status, str(error), kind=error.kind, **error.more)
        response.headers.update(error.headers)
        return response
    for kind, status in ((NotFoundError, 404), (ConflictError, 409), (StorageFullError, 507), (StoreError, 503)):
        if isinstance(error, kind):
            return answer(status, str(error))
    return answer(422, str(error))


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError), "registered for this kind only"
    wrong = [{"where": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in error.errors()]
    detail = "; ".join(f"{w['where']}: {w['what']}" for w in wrong[:5])
    return answer(422, detail, kind="invalid-request", errors=wrong)


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException), "registered for this kind only"
    response = answer(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return answer(500, "The server made a mistake; its log says which. Please report it.")
