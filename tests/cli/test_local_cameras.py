"""The cameras of the server itself: one agent per site that has some, and one server process at a time."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from central import CentralServer, central_server

from throng.cli.local_cameras import LocalCameras
from throng.core.errors import ThrongError
from throng.server.auth.identify import EDGE_TOKEN_PREFIX
from throng.store import this_server
from throng.store.tables import Camera


class Agent:
    """Stands for an agent; a test says when the server no longer knows its token."""

    made: list["Agent"]

    def __init__(self, link: Any, *, board: Any, allowed: Any) -> None:
        self.link, self.board, self.allowed = link, board, allowed
        self.shut_out = False
        self.deeds: list[str] = []
        Agent.made.append(self)

    def start(self) -> None:
        self.deeds.append("start")

    def stop_soon(self) -> None:
        self.deeds.append("stop soon")

    def stop(self) -> None:
        self.deeds.append("stop")
        self.link.close()


@pytest.fixture(autouse=True)
def agents(monkeypatch: pytest.MonkeyPatch) -> list[Agent]:
    Agent.made = []
    monkeypatch.setattr("throng.edge.agent.EdgeAgent", Agent)
    return Agent.made


def test_agents_come_and_go_with_the_cameras_and_let_another_server_have_them(
    tmp_path: Path, agents: list[Agent], caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with central_server(f"sqlite:///{tmp_path / 't.db'}", tmp_path / "data") as server:
            await story(server)

    async def story(server: CentralServer) -> None:
        local = LocalCameras(server.context, "http://localhost:8000", asyncio.get_running_loop())

        async def look() -> None:
            await asyncio.to_thread(local._look)

        await look()
        assert agents == [], "every camera has its box"
        async with server.context.database.write() as session:
            own = Camera(site_id=server.site_id, key="own", name="Own", source="rtsp://10.0.0.6/1")
            session.add(own)
        await look()
        await look()
        assert [agent.deeds for agent in agents] == [["start"]]
        assert agents[0].board is server.context.boards.board(server.site_id)
        await asyncio.to_thread(agents[0].allowed, "rtsp://10.0.0.6/1")
        with pytest.raises(ThrongError, match="not allowed"):
            await asyncio.to_thread(agents[0].allowed, "rtsp://127.0.0.1/1")

        agents[0].shut_out = True  # an administrator has ended the token
        async with server.context.database.write() as session:
            edge = await this_server._own(session, server.site_id)
            assert edge is not None
            edge.token_hash = None
        await look()
        await look()
        assert [agent.deeds for agent in agents] == [["start", "stop"], ["start"]]

        agents[1].shut_out = True
        async with server.context.database.write() as session:
            await this_server.take_over(session, server.site_id, f"{EDGE_TOKEN_PREFIX}another")
        await look()
        await look()
        assert [agent.deeds[-1] for agent in agents] == ["stop", "stop"], "another server has them now"
        assert "--no-cameras" in caplog.text
        await asyncio.to_thread(local.stop)

    asyncio.run(scenario())


def test_all_agents_end_together(tmp_path: Path, agents: list[Agent]) -> None:
    async def scenario() -> None:
        async with central_server(f"sqlite:///{tmp_path / 't.db'}", tmp_path / "data") as server:
            async with server.context.database.write() as session:
                for site_id in (server.site_id, server.other_site_id):
                    session.add(Camera(site_id=site_id, key="own", name="Own", source="sim://plaza"))
            local = LocalCameras(server.context, "http://localhost:8000", asyncio.get_running_loop())
            local.start()
            async with asyncio.timeout(30):
                while len(agents) < 2:
                    await asyncio.sleep(0.02)
            await asyncio.to_thread(local.stop)
            assert [agent.deeds for agent in agents] == [["start", "stop soon", "stop"]] * 2

    asyncio.run(scenario())
