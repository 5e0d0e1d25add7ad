"""The folders of uploaded videos: one each, named by the number of its job, with names of ours only."""

import logging
import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from throng.server.videos.job import JobState, VideoJob
from throng.store.columns import to_us
from throng.store.errors import NotFoundError

log = logging.getLogger(__name__)

JOB, READINGS, LOG, SITE, PID = "job.json", "readings.jsonl", "log.txt", "site.yaml", "pid"


class VideoLibrary:
    """Jobs by their number, in memory and on disk. Belongs to the event loop.

    Args:
        folder: `videos` in the data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jobs: dict[int, VideoJob] = {}

    def load(self) -> None:
        """Read all jobs; one that was running waits again, and what was never a whole upload is removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for folder in sorted(self._folder.iterdir()):
            if not folder.name.isdecimal():
                continue
            try:
                job = VideoJob.model_validate_json((folder / JOB).read_bytes())
            except FileNotFoundError:
                shutil.rmtree(folder, ignore_errors=True)
                continue
            except (OSError, ValidationError) as error:
                log.error("the uploaded video %s cannot be read: %s", folder, error)
                continue
            self._jobs[job.id] = job
            if job.state is JobState.RUNNING:
                self.change(job.id, state=JobState.WAITING, progress=None, people=None)

    def reserve(self, now: datetime) -> int:
        """Make the folder of a new upload and return its number."""
        number = to_us(now)
        while True:
            try:
                self.folder(number).mkdir(parents=True)
            except FileExistsError:
                number += 1
            else:
                return number

    def add(self, job: VideoJob) -> None:
        """Keep a job whose video is complete."""
        self._save(job)
        self._jobs[job.id] = job

    def get(self, number: int) -> VideoJob:
        """Return a job.

        Raises:
            NotFoundError: there is none.
        """
        if number not in self._jobs:
            raise NotFoundError(f"there is no video {number}")
        return self._jobs[number]

    def find(
        self, wanted: Callable[[VideoJob], bool], *, before: int | None = None, limit: int = 100
    ) -> tuple[list[VideoJob], int | None]:
        """Return jobs, newest first, and the position to go on from, None at the end."""
        newest_first = sorted(self._jobs.values(), key=lambda job: -job.id)
        found = [job for job in newest_first if (before is None or job.id < before) and wanted(job)]
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    def next_waiting(self) -> VideoJob | None:
        """Return the oldest job that waits."""
        waiting = [job for job in self._jobs.values() if job.state is JobState.WAITING]
        return min(waiting, key=lambda job: job.id, default=None)

    def waiting(self) -> int:
        """Return how many wait."""
        return sum(job.state is JobState.WAITING for job in self._jobs.values())

    def change(self, number: int, *, save: bool = True, **values: object) -> VideoJob:
        """Set fields of a job; `save` is left out for what may be lost with the process."""
        job = self._jobs[number].model_copy(update=values)
        self._jobs[number] = job
        if save:
            self._save(job)
        return job

    def remove(self, number: int) -> None:
        """Forget a job with its video and its readings."""
        self._jobs.pop(number, None)
        self.discard(number)

    def discard(self, number: int) -> None:
        """Remove the folder of an upload."""
        shutil.rmtree(self.folder(number), ignore_errors=True)

    def folder(self, number: int) -> Path:
        """Return where a job is kept."""
        return self._folder / f"{number:d}"

    def __contains__(self, number: int) -> bool:
        """Whether there is such a job."""
        return number in self._jobs

    def _save(self, job: VideoJob) -> None:
        path = self.folder(job.id) / JOB
        partial = path.with_suffix(".part")
        partial.write_text(job.model_dump_json(), encoding="utf-8")
        os.replace(partial, path)
