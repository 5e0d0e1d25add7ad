"""The routers of the REST API, in the order of its documentation."""

from throng.server.api import (
    admin,
    alerts,
    audit,
    auth,
    cameras,
    detect,
    edges,
    exports,
    health,
    history,
    ingest,
    lines,
    live,
    manual_counts,
    pictures,
    playbooks,
    privacy,
    settings,
    sites,
    statistics,
    tokens,
    users,
    videos,
    zones,
)

ROUTERS = tuple(
    noun.routes
    for noun in (
        auth, users, tokens, sites, zones, lines, cameras, edges, playbooks, alerts, ingest, manual_counts,
        live, history, statistics, exports, detect, videos, pictures, settings, audit, admin, privacy, health,
    )
)  # fmt: skip
