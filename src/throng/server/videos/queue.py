"""The queue of uploaded videos: one is measured at a time, and a server that was stopped goes on where it was."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

from throng.core.clock import Clock
from throng.core.errors import ThrongError
from throng.server.options import load_options
from throng.server.videos import results
from throng.server.videos.job import OVER, JobState, VideoJob
from throng.server.videos.library import VideoLibrary
from throng.server.videos.measuring import end_left_over, length_of, measure
from throng.store.database import Database

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
"""A video with which the server was stopped so often may be the reason."""

LOOK_EVERY_S = 600.0
"""How often old uploads are looked for."""


class VideoQueue:
    """One task that measures what waits.

    Args:
        library: where the videos lie.
        database: tells how long they are kept.
        clock: the server's time.
    """

    def __init__(self, library: VideoLibrary, database: Database, clock: Clock) -> None:
        self.library = library
        self._database = database
        self._clock = clock
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._work: asyncio.Task[None] | None = None
        self._running: int | None = None

    async def start(self) -> None:
        """Read what there is, and begin."""
        await asyncio.to_thread(self.library.load)
        for job in self.library.find(lambda job: job.state is JobState.WAITING and job.attempts > 0, limit=1000)[0]:
            await asyncio.to_thread(end_left_over, self.library.folder(job.id))
        self._task = asyncio.create_task(self._run(), name="throng-videos")

    async def stop(self) -> None:
        """End; a video that is being measured is begun again at the next start."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def add(self, job: VideoJob) -> None:
        """Let a complete video wait for its turn."""
        self.library.add(job)
        self._wake.set()

    async def cancel(self, number: int) -> VideoJob:
        """End measuring; what was measured so far stays.

        Raises:
            NotFoundError: there is no such job.
        """
        job = self.library.get(number)
        if job.state in OVER:
            return job
        job = self.library.change(number, state=JobState.CANCELLED, ended_at=self._clock.now())
        work = self._work
        if self._running == number and work is not None:
            work.cancel()
            await asyncio.wait([work])
        return job

    async def remove(self, number: int) -> None:
        """End measuring and forget the video and its readings.

        Raises:
            NotFoundError: there is no such job.
        """
        await self.cancel(number)
        await asyncio.to_thread(self.library.remove, number)

    async def _run(self) -> None:
        """The outermost loop."""
        while True:
            try:
                await self._remove_old()
                while (job := self.library.next_waiting()) is not None:
                    await self._measure(job)
            except Exception:
                log.exception("the queue of videos failed; trying again")
                await asyncio.sleep(5.0)
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._wake.wait()

    async def _measure(self, job: VideoJob) -> None:
        if job.attempts >= MOST_ATTEMPTS:
            self._end(job.id, JobState.FAILED, f"the server was stopped {job.attempts} times while it was measured")
            return
        self.library.change(job.id, state=JobState.RUNNING, attempts=job.attempts + 1, started_at=self._clock.now())
        work = asyncio.create_task(self._process(job))
        self._work, self._running = work, job.id
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            raise
        finally:
            self._work = self._running = None
        if not work.cancelled() and (error := work.exception()) is not None:
            raise error

    async def _process(self, job: VideoJob) -> None:
        folder = self.library.folder(job.id)
        try:
            duration_s = await length_of(folder, job.file)
            self.library.change(job.id, duration_s=duration_s)
            await measure(
                folder, job.file, model=job.model, camera=job.camera_key, duration_s=duration_s,
                told=partial(self._told, job.id, duration_s),
            )  # fmt: skip
        except (ThrongError, OSError) as error:
            self._end(job.id, JobState.FAILED, str(error))
        else:
            self._end(job.id, JobState.DONE, "")

    def _told(self, number: int, duration_s: float | None, newest: results.Newest) -> None:
        if number in self.library and self.library.get(number).state is JobState.RUNNING:
            progress = None if not duration_s or newest.pts_s is None else min(1.0, max(0.0, newest.pts_s / duration_s))
            self.library.change(number, save=False, progress=progress, people=newest.people)

    def _end(self, number: int, state: JobState, reason: str) -> None:
        if number in self.library and self.library.get(number).state not in OVER:
            job = self.library.change(number, state=state, reason=reason[:1000], ended_at=self._clock.now())
            if job.state is JobState.DONE:
                self.library.change(number, progress=1.0)

    async def _remove_old(self) -> None:
        async with self._database.read() as session:
            days = (await load_options(session)).retention.uploads_days
        before = self._clock.now() - timedelta(days=days)
        old: Callable[[VideoJob], bool] = lambda job: job.ended_at is not None and job.ended_at < before  # noqa: E731
        for job in self.library.find(old, limit=1000)[0]:
            await asyncio.to_thread(self.library.remove, job.id)
            log.info("the uploaded video %d was removed after %d days", job.id, days)
