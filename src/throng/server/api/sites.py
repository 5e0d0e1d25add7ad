"""Routes of sites and their plans."""

from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query, Request, Response

from throng.server.api.bodies import read_limited
from throng.server.api.etags import ChangeTags, ReadTags
from throng.server.api.objects import site_changed
from throng.server.api.paging import Cursor, Page, page
from throng.server.api.sites_schemas import MetresPerPx, Pixel, PlanPosition, PlanShown, SiteChange, SiteShown
from throng.server.api.wire import Degrees, Id, Key, Short
from throng.server.audit_trail import noted
from throng.server.auth.access import Admin, Viewer
from throng.server.context import Ctx
from throng.server.plan_picture import LARGEST_BYTES, read_plan_picture
from throng.store import sites
from throng.store.tables import Site, SitePlan

routes = APIRouter(prefix="/api/v1", tags=["sites"])

PICTURE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
PICTURES = dict.fromkeys(("image/png", "image/jpeg", "image/webp"), PICTURE)


@routes.get("/sites", operation_id="list_sites")
async def list_sites(
    context: Ctx,
    viewer: Viewer,
    cursor: Cursor,
    key: Annotated[Key | None, Query(description="only with this key")] = None,
    search: Annotated[Short | None, Query(description="part of the key or the name")] = None,
) -> Page[SiteShown]:
    """List the sites that you may see."""
    async with context.database.read() as session:
        rows, position = await sites.find(
            session, site_ids=viewer.site_ids, key=key, search=search, after=cursor.after, limit=cursor.limit
        )
    return page(rows, position, SiteShown.model_validate)


@routes.post("/sites", operation_id="create_site", status_code=201)
async def create_site(body: SiteChange, context: Ctx, request: Request, admin: Admin) -> SiteShown:
    """Add a site."""
    admin.require_all_sites()
    async with context.database.write() as session:
        site = await sites.add(session, Site(**body.model_dump()))
        await noted(session, request, admin, "site.create", "site", site.id, site.id, key=site.key, name=site.name)
    return SiteShown.model_validate(site)


@routes.get("/sites/{site_id}", operation_id="get_site", response_model=SiteShown)
async def get_site(site_id: Id, context: Ctx, viewer: Viewer, tags: ReadTags) -> SiteShown | Response:
    """Show a site."""
    async with context.database.read() as session:
        site = await sites.get(session, site_id, site_ids=viewer.site_ids)
    return tags.answer(site.version, SiteShown.model_validate(site))


@routes.put("/sites/{site_id}", operation_id="replace_site")
async def replace_site(
    site_id: Id, body: SiteChange, context: Ctx, request: Request, admin: Admin, tags: ChangeTags
) -> SiteShown:
    """Change a site."""
    async with context.database.write() as session:
        site = await sites.get(session, site_id, site_ids=admin.site_ids)
        tags.require(site.version)
        changed = await sites.change(session, site, body.model_dump())
        if changed:
            await noted(session, request, admin, "site.update", "site", site.id, site.id, **changed)
    site_changed(context, site_id)
    tags.show(site.version)
    return SiteShown.model_validate(site)


@routes.delete("/sites/{site_id}", operation_id="delete_site", status_code=204)
async def delete_site(site_id: Id, context: Ctx, request: Request, admin: Admin, tags: ChangeTags) -> None:
    """Remove a site with everything configured in it and its alerts; its readings stay until they are erased."""
    admin.require_all_sites()
    async with context.database.write() as session:
        site = await sites.get(session, site_id, site_ids=admin.site_ids)
        tags.require(site.version)
        await noted(session, request, admin, "site.delete", "site", site.id, site.id, key=site.key, name=site.name)
        await session.delete(site)
        await session.flush()
    context.auth.known.forget()
    site_changed(context, site_id)


@routes.get("/sites/{site_id}/plan", operation_id="get_plan")
async def get_plan(site_id: Id, context: Ctx, viewer: Viewer) -> PlanShown:
    """Show where the plan of a site lies."""
    async with context.database.read() as session:
        await sites.get(session, site_id, site_ids=viewer.site_ids)
        plan = await sites.plan(session, site_id)
    return PlanShown.model_validate(plan, from_attributes=True)


@routes.put(
    "/sites/{site_id}/plan",
    operation_id="replace_plan",
    max_body_size=2 * LARGEST_BYTES,
    openapi_extra={"requestBody": {"required": True, "content": PICTURES}},
)
async def replace_plan(
    site_id: Id,
    context: Ctx,
    request: Request,
    admin: Admin,
    metres_per_px: MetresPerPx,
    origin_u: Annotated[Pixel, Query(description="pixel of the site's origin from the left")] = 0.0,
    origin_v: Annotated[Pixel, Query(description="pixel of the site's origin from the top")] = 0.0,
    rotation_deg: Degrees = 0.0,
) -> PlanShown:
    """Send a new plan: the body is the picture itself, PNG, JPEG or WebP, up to 20 MB and 40 million pixels."""
    admin.require_site(site_id, f"site {site_id}")
    content = await read_limited(request, limit_bytes=LARGEST_BYTES, what="the plan")
    picture = await anyio.to_thread.run_sync(read_plan_picture, content)
    plan = SitePlan(
        site_id=site_id, media_type=picture.media_type, picture=picture.content, width_px=picture.width_px,
        height_px=picture.height_px, metres_per_px=metres_per_px, origin_px=[origin_u, origin_v],
        rotation_deg=rotation_deg, sha256=picture.sha256,
    )  # fmt: skip
    async with context.database.write() as session:
        await sites.get(session, site_id, site_ids=admin.site_ids)
        await sites.set_plan(session, plan)
        await noted(session, request, admin, "plan.update", "site", site_id, site_id, sha256=picture.sha256)
    return PlanShown.model_validate(plan, from_attributes=True)


@routes.put("/sites/{site_id}/plan/position", operation_id="replace_plan_position")
async def replace_plan_position(
    site_id: Id, body: PlanPosition, context: Ctx, request: Request, admin: Admin
) -> PlanShown:
    """Move, scale or turn the plan of a site."""
    async with context.database.write() as session:
        await sites.get(session, site_id, site_ids=admin.site_ids)
        plan = await sites.plan(session, site_id)
        plan.metres_per_px, plan.origin_px = body.metres_per_px, list(body.origin_px)
        plan.rotation_deg = body.rotation_deg
        await noted(session, request, admin, "plan.move", "site", site_id, site_id, **body.model_dump())
    return PlanShown.model_validate(plan, from_attributes=True)


@routes.get(
    "/sites/{site_id}/plan/picture",
    operation_id="get_plan_picture",
    response_class=Response,
    responses={200: {"content": PICTURES, "description": "The picture."}},
)
async def get_plan_picture(site_id: Id, context: Ctx, viewer: Viewer, tags: ReadTags) -> Response:
    """Show the picture of the plan of a site."""
    async with context.database.read() as session:
        await sites.get(session, site_id, site_ids=viewer.site_ids)
        plan = await sites.plan(session, site_id)
    answer = Response(plan.picture, media_type=plan.media_type)
    shown = tags.answer(plan.sha256[:32], answer)
    shown.headers["ETag"] = f'"{plan.sha256[:32]}"'
    return shown


@routes.delete("/sites/{site_id}/plan", operation_id="delete_plan", status_code=204)
async def delete_plan(site_id: Id, context: Ctx, request: Request, admin: Admin) -> None:
    """Remove the plan of a site."""
    async with context.database.write() as session:
        await sites.get(session, site_id, site_ids=admin.site_ids)
        await session.delete(await sites.plan(session, site_id))
        await noted(session, request, admin, "plan.delete", "site", site_id, site_id)
