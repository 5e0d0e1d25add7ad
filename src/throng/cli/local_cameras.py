"""The cameras that no edge box runs: `throng serve` measures them in its own process, as an edge of itself."""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from throng.edge.server_link import ServerLink
from throng.server.auth.camera_addresses import check_source
from throng.server.auth.identify import EDGE_TOKEN_PREFIX
from throng.server.context import Context
from throng.store import this_server
from throng.store.secret_box import new_secret

if TYPE_CHECKING:
    from throng.edge.agent import EdgeAgent

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_EVERY_S = 3.0
ANSWER_S = 20.0
"""How long the server's loop may take for a question of ours."""


class LocalCameras:
    """One agent for each site that has such cameras; sites that come and go are noticed within seconds.

    Args:
        context: of the server; its boards get the pictures.
        url: its address.
        loop: its event loop, to which its database belongs.
    """

    def __init__(self, context: Context, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._context = context
        self._url = url
        self._loop = loop
        self._agents: dict[int, tuple[EdgeAgent, str]] = {}
        self._given_up: set[int] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="throng-local-cameras", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End all cameras; their last readings still reach the server, whose loop must be running."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(ANSWER_S)
        agents = [agent for agent, _ in self._agents.values()]
        for agent in agents:
            agent.stop_soon()
        for agent in agents:
            agent.stop()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except Exception:  # the outermost loop of a thread
                if not self._stopping.is_set():
                    log.exception("looking for cameras of this server failed; trying again")
            self._stopping.wait(LOOK_EVERY_S)

    def _look(self) -> None:
        wanted = set(self._ask(self._sites()))
        for site_id in [s for s in self._agents if s not in wanted]:
            self._agents.pop(site_id)[0].stop()
        for site_id in sorted(wanted - self._agents.keys() - self._given_up):
            self._agents[site_id] = self._agent(site_id)
        for site_id, (agent, token) in [*self._agents.items()]:
            if agent.shut_out:
                self._replace(site_id, agent, token)

    def _replace(self, site_id: int, agent: "EdgeAgent", token: str) -> None:
        """Come back with a new token, unless another server process runs the cameras now."""
        taken = self._ask(self._taken(site_id, token))
        del self._agents[site_id]
        agent.stop()
        if taken:
            self._given_up.add(site_id)
            log.error(
                "another server process runs the cameras of site %d now; start all but one with --no-cameras", site_id
            )

    def _agent(self, site_id: int) -> "tuple[EdgeAgent, str]":
        from throng.edge.agent import EdgeAgent  # noqa: PLC0415  100 MB that a server without cameras does not need

        token = new_secret(EDGE_TOKEN_PREFIX)
        self._ask(self._take_over(site_id, token))
        link = ServerLink(self._url, token, near=True)
        agent = EdgeAgent(link, board=self._context.boards.board(site_id), allowed=self._allowed)
        agent.start()
        return agent, token

    def _allowed(self, source: str) -> None:
        """A name may lead elsewhere than when the camera was added, so the policy is asked again."""
        self._ask(check_source(source, self._context.settings))

    def _ask(self, question: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(question, self._loop).result(ANSWER_S)

    async def _sites(self) -> list[int]:
        async with self._context.database.read() as session:
            return [*await this_server.sites_with_cameras(session)]

    async def _taken(self, site_id: int, token: str) -> bool:
        async with self._context.database.read() as session:
            return await this_server.taken_by_another(session, site_id, token)

    async def _take_over(self, site_id: int, token: str) -> None:
        async with self._context.database.write() as session:
            await this_server.take_over(session, site_id, token)
        self._context.auth.known.forget()
