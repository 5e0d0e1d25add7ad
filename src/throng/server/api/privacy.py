"""Routes that erase what was measured or filmed; each erasure leaves a record of itself."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request

from throng.server.api.wire import IdField, Text, Time
from throng.server.audit_trail import noted
from throng.server.auth.access import Admin
from throng.server.auth.principal import Principal
from throng.server.context import Ctx
from throng.store.erasure import Erasable, Selection, count_erasable, erase

routes = APIRouter(prefix="/api/v1/privacy", tags=["privacy"])


class Erasure(BaseModel):
    """What to erase: everything of these kinds that lies in the time and the places named."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kinds": ["clips", "recordings"],
                    "start": "2026-06-01T00:00:00Z",
                    "end": "2026-06-02T00:00:00Z",
                    "camera_ids": [3],
                    "reason": "request of a visitor",
                    "dry_run": True,
                }
            ]
        },
    )

    kinds: frozenset[Erasable] = Field(min_length=1)
    start: Time | None = Field(None, description="from here; null for without limit")
    end: Time | None = Field(None, description="up to here; null for without limit")
    site_ids: frozenset[IdField] | None = Field(None, description="of these sites; null for all that are yours")
    camera_ids: frozenset[IdField] | None = Field(None, description="of these cameras only; null for all")
    reason: Text = Field(min_length=1, max_length=500, description="why; kept in the audit log")
    dry_run: bool = Field(True, description="only say how much it would be")

    @model_validator(mode="after")
    def _rising(self) -> "Erasure":
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("start must lie before end")
        return self


class Erased(BaseModel):
    """How many rows went, or would go, by kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dry_run: bool
    rows: dict[Erasable, int]


@routes.post("/erase", operation_id="erase_data")
async def erase_data(wish: Erasure, request: Request, context: Ctx, principal: Admin) -> Erased:
    """Erase by kind, camera and time range at once. What was erased, why and by whom stays in the audit log."""
    selection = Selection(wish.kinds, wish.start, wish.end, _sites(wish, principal), wish.camera_ids)
    if wish.dry_run:
        async with context.database.read() as session:
            return Erased(dry_run=True, rows=await count_erasable(session, selection))
    detail = wish.model_dump(mode="json", exclude={"dry_run"})
    detail["kinds"] = sorted(detail["kinds"])
    async with context.database.write() as session:
        await noted(session, request, principal, "privacy.erase", "data", "begun", **detail)
    rows = await erase(context.database, selection, folder=context.settings.data_dir)
    async with context.database.write() as session:
        await noted(session, request, principal, "privacy.erase", "data", "done", **detail, rows=rows)
    return Erased(dry_run=False, rows=rows)


def _sites(wish: Erasure, principal: Principal) -> frozenset[int] | None:
    for site_id in wish.site_ids or ():
        principal.require_site(site_id, f"site {site_id}")
    return principal.site_ids if wish.site_ids is None else wish.site_ids
