"""Alerts: who may take which step, and what each one leaves behind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from central import START, CentralServer

from throng.server.live.items import Kind
from throng.store import alerts
from throng.store.errors import ConflictError
from throng.store.tables import Alert, AlertState

UNTIL = (START + timedelta(hours=1)).isoformat()


async def raised(server: CentralServer, **fields: Any) -> dict[str, Any]:
    body = {"site_id": server.site_id, "zone_id": server.zone_id, "level": "warning", "title": "Too full", **fields}
    async with server.client("operator") as client:
        answer = await client.post("/api/v1/alerts", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_alert_goes_through_its_life(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        alert = await raised(server)
        assert (alert["state"], alert["rule"], alert["raised_at"]) == ("active", "manual", "2026-06-01T12:00:00Z")
        address = f"/api/v1/alerts/{alert['id']}"
        async with server.client("operator") as client:
            server.clock.advance(60)
            snoozed = await client.post(f"{address}/snooze", json={"until": UNTIL, "reason": "Parade"})
            assert (snoozed.json()["state"], snoozed.json()["snoozed_until"]) == ("snoozed", "2026-06-01T13:00:00Z")
            taken = await client.post(f"{address}/acknowledge", json={"note": "On my way"})
            assert (taken.json()["state"], taken.json()["snoozed_until"]) == ("acknowledged", None)
            assert taken.json()["acknowledged_by"] == "operator (test)"
            again = await client.post(f"{address}/acknowledge", json={})
            assert (again.status_code, "is acknowledged" in again.json()["detail"]) == (409, True)
            given = await client.post(f"{address}/assign", json={"username": "viewer"})
            assert (given.json()["assigned_to"], given.json()["state"]) == ("viewer", "acknowledged")
            assert (await client.post(f"{address}/assign", json={"username": "nobody"})).status_code == 422
            over = await client.post(
                f"{address}/resolve", json={"note": "Empty"}, headers={"If-Match": given.headers["etag"]}
            )
            assert (over.json()["state"], over.json()["resolved_by"]) == ("resolved", "operator (test)")
            for step, body in (
                ("resolve", {}),
                ("snooze", {"until": UNTIL, "reason": "r"}),
                ("assign", {"username": None}),
            ):
                assert (await client.post(f"{address}/{step}", json=body)).status_code == 409, step
            stale = await client.post(f"{address}/comment", json={"note": "x"}, headers={"If-Match": '"1"'})
            assert stale.status_code == 412
            assert (await client.post(f"{address}/comment", json={"note": "Good work"})).status_code == 200
            whole = (await client.get(address)).json()
            steps = [(s["action"], s["state"], s["note"]) for s in whole["steps"]]
            assert steps == [
                ("raise", "active", ""), ("snooze", "snoozed", "Parade"), ("acknowledge", "acknowledged", "On my way"),
                ("assign", "acknowledged", "viewer"), ("resolve", "resolved", "Empty"),
                ("comment", "resolved", "Good work"),
            ]  # fmt: skip
            assert whole["deliveries"] == []
        item = server.context.hub.get(Kind.ALERT, (alert["id"], server.zone_id))
        assert item is not None
        assert b'"resolved"' in (item.body or b"")

    run_server(scenario)


def test_alerts_are_found_by_what_they_are(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        first = await raised(server, level="info", title="First")
        server.clock.advance(3600)
        second = await raised(server, level="critical", zone_id=None, title="Second")
        hidden = await raised(server, site_id=server.other_site_id, zone_id=None, title="Elsewhere")
        async with server.client("operator") as client:
            await client.post(f"/api/v1/alerts/{first['id']}/resolve", json={})
            cases: list[tuple[dict[str, Any], list[str]]] = [
                ({}, ["Elsewhere", "Second", "First"]),
                ({"state": ["resolved"]}, ["First"]),
                ({"state": ["active", "resolved"], "site_id": server.site_id}, ["Second", "First"]),
                ({"level": ["critical", "info"]}, ["Second", "First"]),
                ({"zone_id": server.zone_id}, ["First"]),
                ({"rule": "density"}, []),
                ({"since": (START + timedelta(minutes=1)).isoformat()}, ["Elsewhere", "Second"]),
                ({"until": (START + timedelta(minutes=1)).isoformat()}, ["First"]),
            ]
            for query, titles in cases:
                listed = (await client.get("/api/v1/alerts", params=query)).json()["items"]
                assert [row["title"] for row in listed] == titles, query
            one = (await client.get("/api/v1/alerts", params={"limit": 2})).json()
            two = (await client.get("/api/v1/alerts", params={"limit": 2, "cursor": one["next_cursor"]})).json()
            assert [row["title"] for row in one["items"] + two["items"]] == ["Elsewhere", "Second", "First"]
            for wrong in ({"state": "asleep"}, {"since": "2026-06-01T12:00:00"}, {"site_id": 2**70}):
                assert (await client.get("/api/v1/alerts", params=wrong)).status_code == 422, wrong
        async with server.client("viewer-here") as client:
            assert (await client.get(f"/api/v1/alerts/{hidden['id']}")).status_code == 404
            assert len((await client.get("/api/v1/alerts")).json()["items"]) == 2
            assert (await client.post(f"/api/v1/alerts/{second['id']}/resolve", json={})).status_code == 403

    run_server(scenario)


def test_alerts_that_cannot_be_are_refused(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        alert = await raised(server)
        async with server.client("operator") as client:
            base = {"site_id": server.site_id, "level": "info", "title": "T"}
            foreign = base | {"zone_id": server.other_zone_id}
            assert (await client.post("/api/v1/alerts", json=foreign)).status_code == 404
            assert (await client.post("/api/v1/alerts", json=base | {"site_id": 10**9})).status_code == 404
            for wrong in ({"level": "panic"}, {"title": "t" * 201}, {"message": "m" * 10_001}, {"state": "resolved"}):
                assert (await client.post("/api/v1/alerts", json=base | wrong)).status_code == 422, wrong
            past = {"until": "2026-06-01T11:59:00Z", "reason": "r"}
            assert (await client.post(f"/api/v1/alerts/{alert['id']}/snooze", json=past)).status_code == 422
            assert (await client.post(f"/api/v1/alerts/{alert['id']}/comment", json={"note": ""})).status_code == 422

    run_server(scenario)


def test_snoozed_alerts_wake_when_it_is_time(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        alert = await raised(server)
        async with server.client("operator") as client:
            await client.post(f"/api/v1/alerts/{alert['id']}/snooze", json={"until": UNTIL, "reason": "Parade"})
        for minutes, expected in ((59, []), (60, [alert["id"]]), (61, [])):
            async with server.context.database.write() as session:
                woken = await alerts.wake_due(session, at=START + timedelta(minutes=minutes))
                assert [row.id for row in woken] == expected
        async with server.client("viewer") as client:
            shown = (await client.get(f"/api/v1/alerts/{alert['id']}")).json()
        assert (shown["state"], shown["snoozed_until"], shown["steps"][-1]["actor"]) == ("active", None, "Throng")

    run_server(scenario)


@pytest.mark.parametrize("state", list(AlertState))
@pytest.mark.parametrize("action", list(alerts.TRANSITIONS))
def test_table_says_which_steps_are_possible(state: AlertState, action: str) -> None:
    class Kept:
        def add(self, _row: object) -> None: ...

        async def flush(self) -> None: ...

    possible, leads_to = alerts.TRANSITIONS[action]
    alert = Alert(id=1, state=state.value)
    step = alerts.take(Kept(), alert, action, actor="a", at=START)  # type: ignore[arg-type]
    if state not in possible:
        with pytest.raises(ConflictError):
            step.send(None)
        assert alert.state == state
        return
    with pytest.raises(StopIteration):
        step.send(None)
    assert alert.state == (leads_to or state)
    assert state is not AlertState.RESOLVED or action == "comment"
