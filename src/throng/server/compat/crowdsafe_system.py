"""How the server is, as CrowdSafe says it."""

from datetime import datetime
from typing import Annotated, Literal

import anyio.to_thread
import psutil
from fastapi import Query
from pydantic import BaseModel, Field

from throng.server import health
from throng.server.api.health import LogLine, logs
from throng.server.auth.access import Admin, Viewer
from throng.server.compat.crowdsafe_places import status_of
from throng.server.compat.router import SlashRouter
from throng.server.compat.rows import every
from throng.server.context import Ctx
from throng.server.health import Condition
from throng.store import zone_alerts
from throng.store.tables import AlertState, Camera

routes = SlashRouter(stem="crowdsafe", tags=["compat: crowdsafe"])

WORDS: dict[Condition, Literal["healthy", "degraded", "unhealthy"]] = {
    Condition.OK: "healthy", Condition.DEGRADED: "degraded", Condition.UNKNOWN: "degraded",
    Condition.FAILED: "unhealthy",
}  # fmt: skip


class SystemHealth(BaseModel):
    """How the server is: as bad as its worst part."""

    status: Literal["healthy", "degraded", "unhealthy"]
    timestamp: datetime
    components: dict[str, str] = Field(description="each part: `ok`, or its condition and why")


class SystemStats(BaseModel):
    """Figures of the server."""

    total_cameras: int
    active_cameras: int
    online_cameras: int
    active_alerts: int
    cpu_percent: float | None = Field(description="since the figures were last asked for; null the first time")
    memory_percent: float
    disk_percent: float
    timestamp: datetime


@routes.get("/api/system/health")
async def get_health(context: Ctx, viewer: Viewer) -> SystemHealth:
    """Say how the server is."""
    taken = await health.take(context, site_ids=viewer.site_ids)
    parts = {
        part.name: part.condition.value + (f": {part.reason}" if part.condition is not Condition.OK else "")
        for part in taken.parts
    }
    return SystemHealth(status=WORDS[taken.condition], timestamp=taken.at, components=parts)


@routes.get("/api/system/stats")
async def get_stats(context: Ctx, viewer: Viewer) -> SystemStats:
    """Give figures of the server, and of the cameras and alerts that the caller may see."""
    async with context.database.read() as session:
        cameras = await every(session, Camera, site_ids=viewer.site_ids)
        figures = await zone_alerts.figures(session, site_ids=viewer.site_ids)
    cpu, memory, disk = await anyio.to_thread.run_sync(_machine, str(context.settings.data_dir))
    return SystemStats(
        total_cameras=len(cameras),
        active_cameras=sum(camera.is_active for camera in cameras),
        online_cameras=sum(status_of(camera, context) == "online" for camera in cameras),
        active_alerts=sum(one.count for one in figures if one.state != AlertState.RESOLVED.value),
        cpu_percent=cpu,
        memory_percent=memory,
        disk_percent=disk,
        timestamp=context.clock.now(),
    )


@routes.get("/api/system/logs")
async def list_logs(
    context: Ctx,
    admin: Admin,
    limit: Annotated[int, Query(ge=1, le=2000)] = 100,
    level: Literal["INFO", "WARNING", "ERROR"] = "INFO",
) -> list[LogLine]:
    """Give the newest lines of the log, newest first."""
    return await logs(context, admin, limit, level, "")


def _machine(folder: str) -> tuple[float | None, float, float]:
    cpu = psutil.cpu_percent() or None  # 0.0 is what psutil says the first time
    return cpu, psutil.virtual_memory().percent, psutil.disk_usage(folder).percent
