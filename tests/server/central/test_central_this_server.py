"""The server as an edge of itself: it gets the cameras that no box has, and notices another that took over."""

from collections.abc import Callable

from central import CentralServer

from throng.server.auth.identify import EDGE_TOKEN_PREFIX
from throng.store import this_server
from throng.store.tables import Camera


def test_the_server_gets_the_cameras_that_no_box_has(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        database, here = server.context.database, server.site_id
        async with database.write() as session:
            assert await this_server.sites_with_cameras(session) == [], "the only camera is run by a box"
            more = {"site_id": here, "source": "rtsp://10.0.0.6/1"}
            session.add_all(
                [
                    Camera(key="own", name="Own", **more),
                    Camera(key="off", name="Off", is_active=False, **more),
                    Camera(key="count", name="Count", kind="sensor", site_id=server.other_site_id),
                ]
            )
        first, second = f"{EDGE_TOKEN_PREFIX}first", f"{EDGE_TOKEN_PREFIX}second"
        async with database.write() as session:
            assert await this_server.sites_with_cameras(session) == [here]
            edge_id = await this_server.take_over(session, here, first)
        async with server.client(None, Authorization=f"Bearer {first}") as ours:
            work = (await ours.get("/api/v1/edge/configuration")).json()
            assert (work["key"], [camera["key"] for camera in work["cameras"]]) == ("this-server", ["own"])
        async with server.client("edge") as box:
            assert [c["key"] for c in (await box.get("/api/v1/edge/configuration")).json()["cameras"]] == ["north"]
        async with database.write() as session:
            assert not await this_server.taken_by_another(session, here, first)
            assert await this_server.take_over(session, here, second) == edge_id, "the edge stays, the token is new"
            assert await this_server.taken_by_another(session, here, first)
        server.context.auth.known.forget()
        async with server.client(None, Authorization=f"Bearer {first}") as old:
            assert (await old.get("/api/v1/edge/configuration")).status_code == 401
        async with server.client() as admin:
            assert (await admin.post(f"/api/v1/edges/{edge_id}/revoke")).status_code == 200
        async with database.read() as session:
            assert not await this_server.taken_by_another(session, here, second), "nobody has it now"

    run_server(scenario)
