"""Writes the configuration as YAML that `apply` reads back without a change."""

from typing import Any

import yaml
from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.options import load_options
from throng.store import site_objects, sites
from throng.store.edges import THIS_SERVER
from throng.store.site_objects import playbooks_of
from throng.store.tables import Camera, Edge, Line, Playbook, Site, Zone

HEAD = "# Configuration of Throng. `throng config apply FILE --dry-run` shows what it would change.\n"


async def write_configuration(session: AsyncSession, *, sealed_secrets: bool = False) -> str:
    """Return settings and sites as YAML.

    Args:
        session: reads.
        sealed_secrets: whether passwords of cameras are in it, encrypted with the key of this server. Users, tokens
            and enrolments are never in it.
    """
    options = await load_options(session)
    content = {
        "throng": 1,
        "settings": options.model_dump(mode="json"),
        "sites": [await _site(session, row, sealed=sealed_secrets) for row in await sites.every(session)],
    }
    return HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)


async def _site(session: AsyncSession, row: Site, *, sealed: bool) -> dict[str, Any]:
    edges = await site_objects.of_site(session, Edge, row.id)
    zones = await site_objects.of_site(session, Zone, row.id)
    lines = await site_objects.of_site(session, Line, row.id)
    cameras = await site_objects.of_site(session, Camera, row.id)
    edge_keys = {edge.id: key for key, edge in edges.items()}
    zone_keys = {zone.id: key for key, zone in zones.items()}
    return {
        "key": row.key,
        "name": row.name,
        **_without_defaults(row, {"description": "", "time_zone": "UTC", "latitude": None, "longitude": None}),
        "edges": [{"id": edge.key, "name": edge.name} for edge in edges.values() if edge.key != THIS_SERVER],
        "zones": [_zone(zone) for zone in zones.values()],
        "lines": [_line(line) for line in lines.values()],
        "cameras": [_camera(camera, edge_keys, sealed=sealed) for camera in cameras.values()],
        "playbooks": [_playbook(p, zone_keys) for p in await playbooks_of(session, row.id)],
    }


def _zone(row: Zone) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "description": "", "polygon": None, "capacity": None, "risk_profile": None, "thresholds_per_m2": None,
        "service_profile": "fruin", "one_way_deg": None, "exits": [], "latitude": None, "longitude": None,
    }  # fmt: skip
    return {"id": row.key, "name": row.name, "use": row.use, **_without_defaults(row, defaults), **_active(row)}


def _line(row: Line) -> dict[str, Any]:
    return {"id": row.key, "name": row.name, "from": row.points[0], "to": row.points[1], **_active(row)}


def _camera(row: Camera, edge_keys: dict[int, str], *, sealed: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": row.key, "name": row.name}
    entry |= _without_defaults(row, {"kind": "video", "source": None})
    if sealed and row.credentials is not None:
        entry["credentials"] = {"sealed": row.credentials}
    if row.edge_id is not None and edge_keys[row.edge_id] != THIS_SERVER:
        entry["edge"] = edge_keys[row.edge_id]
    entry |= _without_defaults(row, {"calibration": None, "latitude": None, "longitude": None})
    if row.zone_keys is not None:
        entry["zones"] = row.zone_keys
    for key, name in (("model", "model"), ("rate", "rate_hz")):
        if row.mode.get(name) is not None:
            entry[key] = row.mode[name]
    return entry | _active(row)


def _playbook(row: Playbook, zone_keys: dict[int, str]) -> dict[str, Any]:
    entry = {"name": row.name, "level": row.level, "steps": row.steps}
    return entry if row.zone_id is None else {**entry, "zone": zone_keys[row.zone_id]}


def _without_defaults(row: Any, defaults: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name, usual in defaults.items() if getattr(row, name) != usual}


def _active(row: Zone | Line | Camera) -> dict[str, bool]:
    return {} if row.is_active else {"active": False}
