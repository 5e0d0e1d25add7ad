"""Routes of the live state: as a WebSocket, as server-sent events, and once."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, WebSocket
from fastapi.responses import Response, StreamingResponse
from pydantic import TypeAdapter

from throng.server.api.wire import Id
from throng.server.auth.access import Viewer
from throng.server.auth.principal import Principal
from throng.server.context import Context, Ctx
from throng.server.live.events import EventStream
from throng.server.live.messages import FromClient, FromServer, StateMessage
from throng.server.live.session import LiveSession
from throng.server.live.views import View, parse_topics
from throng.store import site_objects, sites
from throng.store.tables import Zone

routes = APIRouter(prefix="/api/v1", tags=["live"])

Topics = Annotated[
    str, Query(description="comma-separated: all, alerts, site:ID, zone:ID, line:ID, camera:ID", max_length=4000)
]
Resume = Annotated[str | None, Query(description="epoch:sequence of the last message seen", pattern=r"^\w+:\d{1,18}$")]


@routes.websocket("/live")
async def live(
    socket: WebSocket, context: Ctx, principal: Viewer, topics: Topics = "all", resume: Resume = None
) -> None:
    """Tell the full state, then every change."""
    await LiveSession(socket, context, principal, topics=parse_topics(topics.split(",")), resume=_resume(resume)).run()


@routes.get("/live/events", operation_id="stream_live_events", response_class=StreamingResponse)
async def live_events(
    context: Ctx,
    principal: Viewer,
    topics: Topics = "all",
    last_event_id: Annotated[str | None, Header(pattern=r"^\w+:\d{1,18}$")] = None,
) -> StreamingResponse:
    """Give the same stream as the WebSocket as server-sent events."""
    view = View(parse_topics(topics.split(",")), principal.site_ids)
    stream = EventStream(context.hub, view, resume=_resume(last_event_id))
    return StreamingResponse(stream.chunks(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@routes.get("/live/state", operation_id="get_live_state", response_model=StateMessage)
async def live_state(context: Ctx, principal: Viewer, topics: Topics = "all") -> Response:
    """Give the newest of everything once, as the first message of the stream does."""
    return _state(context, principal, parse_topics(topics.split(",")))


@routes.get("/live/schemas", operation_id="get_live_schemas")
async def live_schemas(_principal: Viewer) -> dict[str, Any]:
    """Give the JSON Schemas of all messages of the stream, in both directions."""
    return {
        "from_server": TypeAdapter(FromServer).json_schema(),
        "from_client": TypeAdapter(FromClient).json_schema(),
    }


@routes.get("/sites/{site_id}/live", operation_id="get_site_live", response_model=StateMessage)
async def site_live(site_id: Id, context: Ctx, principal: Viewer) -> Response:
    """Give the newest of everything at one site."""
    async with context.database.read() as session:
        await sites.get(session, site_id, site_ids=principal.site_ids)
    return _state(context, principal, frozenset({f"site:{site_id}"}))


@routes.get("/zones/{zone_id}/live", operation_id="get_zone_live", response_model=StateMessage)
async def zone_live(zone_id: Id, context: Ctx, principal: Viewer) -> Response:
    """Give the newest reading of one zone by each camera that sees it, and its alerts."""
    async with context.database.read() as session:
        await site_objects.get(session, Zone, zone_id, site_ids=principal.site_ids)
    return _state(context, principal, frozenset({f"zone:{zone_id}"}))


def _state(context: Context, principal: Principal, topics: frozenset[str]) -> Response:
    packet = context.hub.state(View(topics, principal.site_ids))
    return Response(packet.json, media_type="application/json")


def _resume(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    epoch, _, sequence = text.partition(":")
    return epoch, int(sequence)
