"""Every door of the server, and who gets through it: the whole table, driven with everybody there is."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from asgi import Answer, ask
from central import START, CentralServer, central_server
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import select

from throng.server.auth.identify import API_TOKEN_PREFIX, EDGE_TOKEN_PREFIX
from throng.server.central import create_server
from throng.server.live.items import Kind
from throng.server.settings import load_settings
from throng.store.secret_box import hashed
from throng.store.tables import ApiToken, Login, Role, User


class Least(StrEnum):
    """The least that somebody must be."""

    PUBLIC = "anybody"
    EDGE = "an edge box and nobody else"
    REPORTER = "an edge box, or an operator"
    VIEWER = "viewer"
    VIEWER_OF_ALL = "viewer of all sites"
    PERSON = "viewer, logged in"
    OPERATOR = "operator"
    ADMIN = "admin"
    ADMIN_OF_ALL = "admin of all sites"


WHO_MAY: dict[Least, str] = {
    Least.PUBLIC: """
        get_setup set_up log_in create_access_token refresh_access_token revoke_refresh_token begin_single_sign_on
        end_single_sign_on enrol_edge get_alive GET:/api/v1/openapi.json
    """,
    Least.EDGE: "get_edge_configuration send_heartbeat",
    Least.REPORTER: "ingest_batch",
    Least.PERSON: """
        log_out update_me change_password list_my_logins end_my_other_logins end_my_login enrol_second_factor
        confirm_second_factor replace_recovery_codes disable_second_factor create_token rename_token
    """,
    Least.VIEWER: """
        get_me
        list_sites get_site get_plan get_plan_picture list_zones get_zone list_lines get_line list_cameras get_camera
        list_edges get_edge list_playbooks get_playbook list_alerts get_alert list_manual_counts list_tokens get_token
        revoke_token stream_live_events get_live_state get_live_schemas get_site_live get_zone_live
        WEBSOCKET:/api/v1/live
        get_zone_history get_line_history list_zone_events list_density_snapshots get_zone_statistics
        get_site_statistics compare_zones_and_times get_zone_forecast export_zone export_site get_health get_version
    """,
    Least.VIEWER_OF_ALL: "get_metrics",
    Least.OPERATOR: """
        create_alert acknowledge_alert resolve_alert comment_alert assign_alert snooze_alert create_manual_count
        delete_manual_count detect_people detect_people_in_file detect_people_on_camera get_picture stream_pictures
        upload_video list_videos get_video delete_video get_video_readings cancel_video
    """,
    Least.ADMIN: """
        replace_site replace_plan delete_plan replace_plan_position create_zone replace_zone delete_zone create_line
        replace_line delete_line create_camera replace_camera delete_camera create_edge replace_edge delete_edge
        create_enrolment revoke_edge create_playbook replace_playbook delete_playbook list_users create_user get_user
        update_user delete_user reset_password reset_second_factor end_sessions list_audit_entries export_audit
        erase_data
    """,
    Least.ADMIN_OF_ALL: """
        create_site delete_site get_configuration apply_configuration get_settings replace_settings list_log_lines
    """,
}
WHO_MAY_BY_FAMILIAR_DOORS: dict[Least, str] = {
    Least.PUBLIC: "crowdsafe_log_in crowdsafe_refresh",
    Least.VIEWER: """
        monitor_list_locations monitor_get_location monitor_list_logs monitor_get_stats monitor_list_alerts
        WEBSOCKET:/compat/crowd-monitor/ws/crowd WEBSOCKET:/compat/crowd-monitor/ws/crowd/{location_id}
        crowdsafe_me crowdsafe_log_out crowdsafe_list_cameras crowdsafe_get_camera crowdsafe_list_metrics
        crowdsafe_get_current_metrics crowdsafe_get_summary crowdsafe_aggregate crowdsafe_export crowdsafe_list_alerts
        crowdsafe_count_unacknowledged crowdsafe_get_statistics crowdsafe_get_alert crowdsafe_get_health
        crowdsafe_get_stats
    """,
    Least.OPERATOR: """
        monitor_update_count monitor_detect_picture monitor_detect_location monitor_resolve crowdsafe_acknowledge
        crowdsafe_resolve crowdsafe_upload crowdsafe_test_camera crowdsafe_stream_pictures crowdsafe_list_recordings
        crowdsafe_create_recording crowdsafe_get_recording crowdsafe_replace_recording
    """,
    Least.ADMIN: """
        monitor_create_location monitor_replace_location monitor_patch_location monitor_delete_location
        crowdsafe_create_camera crowdsafe_replace_camera crowdsafe_delete_camera crowdsafe_start_camera
        crowdsafe_stop_camera crowdsafe_delete_recording crowdsafe_list_users crowdsafe_add_user crowdsafe_get_user
        crowdsafe_change_user crowdsafe_remove_user
    """,
    Least.ADMIN_OF_ALL: """
        crowdsafe_list_logs crowdsafe_list_settings crowdsafe_create_setting crowdsafe_get_setting
        crowdsafe_replace_setting crowdsafe_delete_setting
    """,
}
TABLE = {
    name: least
    for rows in (WHO_MAY, WHO_MAY_BY_FAMILIAR_DOORS)
    for least, names in rows.items()
    for name in names.split()
}
DOORS = ("crowd_monitor", "crowdsafe")

RANKS = {
    Least.VIEWER: 1, Least.VIEWER_OF_ALL: 1, Least.PERSON: 1, Least.OPERATOR: 2, Least.REPORTER: 2, Least.ADMIN: 3,
    Least.ADMIN_OF_ALL: 3,
}  # fmt: skip
CALLERS = {
    "nobody": 0, "edge": 0, "viewer": 1, "viewer-there": 1, "operator": 2, "admin": 3, "admin-there": 3,
    "person-viewer": 1, "person-admin": 3,
}  # fmt: skip
ABSENT = "999999"
BODIES = {
    "create_site": b'{"key": "new", "name": "New"}',
    "crowdsafe_create_setting": b'{"key": "require_totp", "value": []}',
    "crowdsafe_replace_setting": b'{"value": []}',
}
"""Where it is only known what somebody may when the body is sound."""


def expected(caller: str, least: Least) -> int | None:
    """Return the status that somebody is refused with; None when they are let in."""
    if least is Least.PUBLIC:
        return None
    if caller == "nobody":
        return 401
    if caller == "edge":
        return None if least in {Least.EDGE, Least.REPORTER} else 403
    if least is Least.EDGE or RANKS[least] > CALLERS[caller]:
        return 403
    if least in {Least.VIEWER_OF_ALL, Least.ADMIN_OF_ALL} and caller.endswith("there"):
        return 403
    return 403 if least is Least.PERSON and not caller.startswith("person") else None


def doors(app: FastAPI) -> list[tuple[str, str, str]]:
    """Return (name, method, path) of every route there is, hidden ones and WebSockets as well.

    What is there a second time with a slash at its end has the name of the first.
    """
    names: dict[tuple[str, str], str] = {}
    for route in iter_route_contexts(app.routes):
        for method in sorted(set(getattr(route, "methods", None) or {"WEBSOCKET"}) - {"HEAD"}):
            path = str(getattr(route, "path", route))
            own = getattr(route, "operation_id", None) or names.get((method, path.rstrip("/")))
            names[method, path] = own or f"{method}:{path}"
    found = [(name, method, path) for (method, path), name in names.items()]
    return sorted(found, key=lambda door: ("log_out" in door[0], door))


def headers_of(caller: str) -> dict[str, str]:
    """Return what shows who somebody is."""
    if caller == "nobody":
        return {}
    if caller.startswith("person"):
        return {"Cookie": f"throng-login={caller}", "X-CSRF-Token": "csrf", "Origin": "http://localhost"}
    return {"Authorization": f"Bearer {EDGE_TOKEN_PREFIX if caller == 'edge' else API_TOKEN_PREFIX}{caller}"}


@asynccontextmanager
async def everybody(folder: Path) -> AsyncIterator[tuple[CentralServer, dict[str, str]]]:
    """Run a server with everybody in it and something of each kind; yield also the ids for paths."""
    url = f"sqlite:///{folder / 'throng.db'}"
    async with central_server(url, folder / "data", requests_per_s=1e6, requests_burst=1e6, compat=DOORS) as server:
        async with server.context.database.write() as session:
            people = {name: User(username=name, role=role, all_sites=True) for name, role in (
                ("viewer-there", Role.VIEWER), ("admin-there", Role.ADMIN), ("person-viewer", Role.VIEWER),
                ("person-admin", Role.ADMIN),
            )}  # fmt: skip
            session.add_all(people.values())
            await session.flush()
            for name, user in people.items():
                if not name.startswith("person"):
                    session.add(ApiToken(
                        user_id=user.id, name="t", prefix=API_TOKEN_PREFIX, role=user.role,
                        site_ids=[server.other_site_id], token_hash=hashed(f"{API_TOKEN_PREFIX}{name}"),
                    ))  # fmt: skip
        await log_in(server)
        yield server, await something_of_each_kind(server)


async def log_in(server: CentralServer) -> None:
    """Let the people be logged in, again if they have left."""
    times = {"created_at": START, "last_seen_at": START, "expires_at": START + timedelta(days=1)}
    async with server.context.database.write() as session:
        for user in await session.scalars(select(User).where(User.username.startswith("person"))):
            await session.merge(Login(id=hashed(user.username), user_id=user.id, csrf_token="csrf", **times))
    server.context.auth.known.forget()


async def something_of_each_kind(server: CentralServer) -> dict[str, str]:
    ids = {"site_id": server.site_id, "zone_id": server.zone_id, "camera_id": server.camera_id}
    ids |= {"edge_id": server.edge_id, "location_id": server.zone_id}
    body = {"zone_id": server.zone_id, "reading": {"zone_id": "gate", "validity": "live"}}
    server.context.hub.put(Kind.ZONE, server.site_id, (server.zone_id, server.camera_id), json.dumps(body).encode())
    line = {"site_id": server.site_id, "key": "door", "name": "Door", "points": [[0, 0], [5, 5]]}
    alert = {"site_id": server.site_id, "zone_id": server.zone_id, "level": "warning", "title": "Too full"}
    playbook = {
        "site_id": server.site_id, "name": "Clear the gate", "level": "warning",
        "steps": [{"id": "open", "text": "Open it"}],
    }  # fmt: skip
    async with server.client("admin") as client:
        for noun, wish in (("lines", line), ("alerts", alert), ("playbooks", playbook)):
            answer = await client.post(f"/api/v1/{noun}", json=wish)
            assert answer.status_code == 201, answer.text
            ids[f"{noun[:-1]}_id"] = answer.json()["id"]
    return {"key": "require_totp", **{name: str(number) for name, number in ids.items()}}


def filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: ids.get(found[1], ABSENT), path)


async def knock(
    server: CentralServer, caller: str, method: str, path: str, *, body: bytes = b"{}", whole: bool = False
) -> Answer:
    headers = headers_of(caller) | {"Content-Type": "application/json"}
    return await ask(server.app, method, path, headers=headers, body=body, whole=whole)


def test_every_door_has_its_row_in_the_table(tmp_path: Path) -> None:
    app = create_server(load_settings(data_dir=tmp_path, compat=DOORS))
    found = [name for name, _, path in doors(app) if not path.endswith("/")]
    assert len(found) == len(set(found)), "an operation_id is used twice"
    assert set(found) - set(TABLE) == set(), "say in WHO_MAY who may use these"
    assert set(TABLE) - set(found) == set(), "these are gone"
    rows = [*WHO_MAY.values(), *WHO_MAY_BY_FAMILIAR_DOORS.values()]
    assert sum(len(names.split()) for names in rows) == len(TABLE), "somebody stands in two rows"


def test_everybody_knocks_at_every_door(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        wrong = []
        async with everybody(tmp_path) as (server, ids):
            for refused in (True, False):
                for name, method, path in doors(server.app):
                    for caller in CALLERS:
                        status = expected(caller, TABLE[name])
                        if (status is not None) != refused:
                            continue
                        # Whoever may, does so with something that is not there: the others need it.
                        real = refused or method in {"GET", "WEBSOCKET"}
                        if "log_out" in name:
                            await log_in(server)
                        body = BODIES.get(name, b"{}") if refused else b"{}"
                        answer = await knock(server, caller, method, filled(path, ids if real else {}), body=body)
                        fits = answer.status == status if refused else answer.status not in {401, 403, 500}
                        if not fits:
                            wrong.append(f"{caller} at {name}: expected {status or 'entry'}, got {answer.status}")
        return wrong

    wrong = asyncio.run(scenario())
    assert not wrong, "\n".join(wrong)


SITE_IDS = ("site_id", "zone_id", "line_id", "camera_id", "edge_id", "alert_id", "playbook_id", "location_id")
OF_HARBOUR = re.compile(rb"""["'](harbour|gate|north|box-1|door|Too full|Clear the gate)["']""")
ENDLESS = {"stream_live_events", "stream_pictures", "crowdsafe_stream_pictures"}


def test_what_belongs_to_another_site_does_not_exist(tmp_path: Path) -> None:
    async def scenario() -> list[Any]:
        wrong: list[Any] = []
        async with everybody(tmp_path) as (server, ids):
            for name, method, path in doors(server.app):
                for caller in ("viewer-there", "admin-there"):
                    refused = TABLE[name] is Least.PUBLIC or expected(caller, TABLE[name]) is not None
                    if refused or method not in {"GET", "DELETE"}:
                        continue
                    answer = await knock(server, caller, method, filled(path, ids), whole=name not in ENDLESS)
                    hidden = answer.status == 404 if any(f"{{{i}}}" in path for i in SITE_IDS) else True
                    if not hidden or OF_HARBOUR.search(answer.body):
                        wrong.append((caller, name, answer))
        return wrong

    assert asyncio.run(scenario()) == []
