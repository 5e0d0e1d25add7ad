"""Routes that say how the server is."""

import logging
from datetime import datetime
from importlib.metadata import version as installed_version
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from throng.server import health
from throng.server.auth.access import Admin, Viewer
from throng.server.context import Ctx
from throng.store import migrate

routes = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The server answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    condition: health.Condition


class Version(BaseModel):
    """What runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(examples=["0.1.0"])
    database: Literal["sqlite", "postgresql"]
    revision: str | None = Field(description="of the tables")


class LogLine(BaseModel):
    """One line of the log, credentials removed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    at: datetime
    level: str
    logger: str
    text: str


@routes.get("/healthz", operation_id="get_alive", responses={503: {"model": Alive}})
async def alive(context: Ctx) -> Response:
    """Say whether the server and its database answer: 200 or 503. Public, and says nothing else."""
    taken = await health.take(context, site_ids=frozenset())
    status = 503 if taken.condition is health.Condition.FAILED else 200
    return JSONResponse({"condition": taken.condition}, status)


@routes.get("/api/v1/health", operation_id="get_health")
async def full_health(context: Ctx, principal: Viewer) -> health.Health:
    """Say how every part, camera and edge is, with ages and reasons."""
    return await health.take(context, site_ids=principal.site_ids)


@routes.get("/api/v1/version", operation_id="get_version")
async def version(context: Ctx, _principal: Viewer) -> Version:
    """Say what runs."""
    kind: Literal["sqlite", "postgresql"] = "sqlite" if context.database.is_sqlite else "postgresql"
    return Version(
        version=installed_version("throng"), database=kind, revision=await migrate.revision(context.database)
    )


@routes.get("/api/v1/logs", operation_id="list_log_lines")
async def logs(
    context: Ctx,
    principal: Admin,
    limit: Annotated[int, Query(ge=1, le=2000)] = 200,
    level: Literal["INFO", "WARNING", "ERROR"] = "INFO",
    contains: Annotated[str, Query(max_length=200)] = "",
) -> list[LogLine]:
    """Give the newest lines of the log, newest first; they are kept in memory only."""
    principal.require_all_sites()
    lines = context.log.newest(limit=limit, at_least=logging.getLevelNamesMapping()[level], contains=contains)
    return [LogLine(number=x.number, at=x.at, level=x.level, logger=x.logger, text=x.text) for x in lines]


@routes.get("/metrics", operation_id="get_metrics", response_class=Response)
async def metrics(request: Request, principal: Viewer) -> Response:
    """Give figures for Prometheus; it logs in with an API token (`authorization: credentials` in its settings)."""
    principal.require_all_sites()
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)
