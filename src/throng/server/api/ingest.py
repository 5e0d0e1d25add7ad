"""The route by which readings come in."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from pydantic import Field

from throng.server.api.wire import LARGEST_ID, Wire, example
from throng.server.auth.access import Reporter
from throng.server.auth.principal import Principal
from throng.server.context import Ctx
from throng.server.ingest.batching import Sender
from throng.server.ingest.parsing import LARGEST_BODY_BYTES, too_large, unpacked
from throng.server.ingest.rows import body_schema
from throng.server.ingest.service import IngestService
from throng.server.problems import Problem

routes = APIRouter(prefix="/api/v1", tags=["ingest"])

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=80, pattern=r"^[\x21-\x7e]+$",
        description="tells this batch from your others; the same key again gets the same answer and stores nothing",
    ),
]  # fmt: skip
Site = Annotated[
    int | None, Query(ge=1, le=LARGEST_ID, description="id of the site whose keys are meant; an edge box has its own")
]

EXAMPLE = {
    "readings": [
        {"kind": "zone", "zone_id": "gate", "camera_id": "turnstile", "at": "2026-06-01T12:00:00Z", "count": 120}
    ]
}


class Rejected(Wire):
    """A row that was not stored."""

    list: str = Field(description="`readings` or `events`")
    index: int = Field(description="its place in that list, from 0")
    what: str = Field(description="what is wrong with it")


class IngestAnswer(Wire):
    """What became of a batch. It is on the disk when this answer is given."""

    model_config = example(
        stored=98,
        duplicates=1,
        rejected=[{"list": "readings", "index": 7, "what": "zone_id: the site has no zone 'gaet'"}],
    )

    stored: int = Field(description="readings that are new")
    duplicates: int = Field(description="readings that were stored before: same zone or line, camera and time")
    rejected: list[Rejected] = Field(description="rows that were not stored; sending them again does not help")


@routes.post(
    "/ingest",
    operation_id="ingest_batch",
    max_body_size=2 * LARGEST_BODY_BYTES,
    response_model=IngestAnswer,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body_schema(), "example": EXAMPLE}},
        }
    },
)
async def ingest(
    request: Request, context: Ctx, principal: Reporter, site: Site = None, idempotency_key: Key = None
) -> Any:
    """Store a batch of readings and events; good rows are stored also when others are bad."""
    site_id = _site(principal, site)
    sender = Sender(f"{principal.kind}:{principal.id}:{site_id}", principal.id if principal.kind == "edge" else None)
    service = context.ingest
    body, held = await _body(request, service)
    try:
        text = unpacked(body, request.headers.get("content-encoding", "").strip().lower())
        answer = await service.take(text, site_id=site_id, sender=sender, key=idempotency_key)
    finally:
        service.release(held)
    return {"stored": answer.stored, "duplicates": answer.duplicates, "rejected": answer.rejected}


def _site(principal: Principal, site: int | None) -> int:
    if principal.kind == "edge" and principal.site_ids is not None:
        own = min(principal.site_ids)
        if site not in {None, own}:
            raise Problem(422, f"this edge box belongs to site {own}, not {site}; leave ?site out")
        return own
    if site is None:
        raise Problem(422, "say which site the keys belong to: ?site=ID", kind="invalid-request")
    principal.require_site(site, f"site {site}")
    return site


async def _body(request: Request, service: IngestService) -> tuple[bytes, int]:
    """Read the body and count what it takes of the memory."""
    parts: list[bytes] = []
    held = 0
    try:
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > LARGEST_BODY_BYTES:
            raise too_large()
        async for part in request.stream():
            service.hold(len(part))
            held += len(part)
            parts.append(part)
            if held > LARGEST_BODY_BYTES:
                raise too_large()
    except BaseException:
        service.release(held)
        raise
    return b"".join(parts), held
