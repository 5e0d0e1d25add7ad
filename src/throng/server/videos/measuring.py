"""Measures one video in a process of its own, with low priority and a time limit."""

import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from throng.server.errors import ServerError
from throng.server.videos import results
from throng.server.videos.library import LOG, PID, READINGS, SITE

PROBE_S = 60.0
LOOK_EVERY_S = 0.5
SHORTEST_LIMIT_S = 1800.0
LIMIT_PER_S = 60.0
"""Seconds of measuring for each second of video before we give up."""

UNKNOWN_LENGTH_LIMIT_S = 6 * 3600.0
LARGEST_FILE_BYTES = 8 * 1024**3
NICENESS = 10
OOM_FIRST = 800
"""When memory is short the system ends this process, not the server."""

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "THRONG_MODELS", "OMP_NUM_THREADS")
"""What of the server's environment it gets; the rest may hold secrets."""

Told = Callable[[results.Newest], None]


async def length_of(folder: Path, file: str) -> float | None:
    """Return how many seconds a video has, None where it does not say.

    Raises:
        ServerError: it is no video that can be read.
    """
    command = [sys.executable, "-P", "-m", "throng.server.videos.probe", file]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=_environment(), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    _humble(process.pid)
    try:
        async with asyncio.timeout(PROBE_S):
            said, _ = await process.communicate()
        told: dict[str, Any] = json.loads(said)
    except (TimeoutError, ValueError) as error:
        raise ServerError("the video cannot be read; convert it to MP4 with H.264") from error
    finally:
        await _end(process)
    if "problem" in told:
        raise ServerError(str(told["problem"]))
    return None if told["duration_s"] is None else float(told["duration_s"])


async def measure(
    folder: Path, file: str, *, model: str | None, camera: str | None, duration_s: float | None, told: Told
) -> None:
    """Write the readings of a video; returns when it is done. When it is cancelled the process ends.

    Args:
        folder: of the job.
        file: the video in it.
        model: name of the model, None for the default.
        camera: of the site file in the folder; None for no site.
        duration_s: of the video.
        told: hears how far it is.

    Raises:
        ServerError: it failed, or took too long.
    """
    options = [] if model is None else ["--model", model]
    options += [] if camera is None else ["--site", SITE, "--camera", camera]
    command = ["run", file, "--fast", "--no-web", "--overwrite", "--out", READINGS, *options]
    with (folder / LOG).open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "throng", *command, cwd=folder, env=_environment(),
            stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    (folder / PID).write_text(str(process.pid))
    _humble(process.pid)
    limit_s = UNKNOWN_LENGTH_LIMIT_S if duration_s is None else max(SHORTEST_LIMIT_S, LIMIT_PER_S * duration_s)
    watcher = asyncio.create_task(_watch(folder / READINGS, told))
    try:
        async with asyncio.timeout(limit_s):
            status = await process.wait()
    except TimeoutError as error:
        raise ServerError(f"measuring took longer than {limit_s / 60:.0f} min and was ended") from error
    finally:
        watcher.cancel()
        await _end(process)
    _look(folder / READINGS, told)
    if status != 0:
        raise ServerError(await asyncio.to_thread(_last_sentence, folder / LOG, status))


async def _watch(path: Path, told: Told) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        _look(path, told)


def _look(path: Path, told: Told) -> None:
    found = results.newest(path)
    if found is not None:
        told(found)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Nothing is lost by a hard end: rows are written whole, and a video that is measured again begins anew."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def end_left_over(folder: Path) -> None:
    """End a process that a server, which was killed, has left behind in the folder of a job."""
    with suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int((folder / PID).read_text()))
        if Path(process.cwd()) == folder.resolve():
            process.kill()
            process.wait(5)


def _humble(pid: int) -> None:
    """Let the server go first, in time, memory and disk."""
    with suppress(psutil.Error, OSError):
        psutil.Process(pid).nice(NICENESS)
    with suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text(str(OOM_FIRST))
    with suppress(AttributeError, OSError, ValueError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (LARGEST_FILE_BYTES, LARGEST_FILE_BYTES))
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in KEPT if name in os.environ} | {"COLUMNS": "1000"}


def _last_sentence(path: Path, status: int) -> str:
    """What the command said last; it names files of its own folder only."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-200:]
    said = [line.removeprefix("throng: ") for line in lines if line.startswith("throng: ")]
    if said:
        return said[-1][:1000]
    return f"measuring ended by signal {-status}" if status < 0 else f"measuring failed with status {status}"
