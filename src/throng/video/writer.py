"""Annotated video: H.264 in MP4 with the frames' own times."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np

from throng.core.points import Image
from throng.video.errors import OutputError
from throng.video.output_path import require_free

_TIME_BASE = Fraction(1, 90_000)
_OPTIONS = {"preset": "veryfast", "crf": "23", "bf": "0"}
_LIBRARY_ERRORS = (av.FFmpegError, OSError, ValueError)


class AnnotatedWriter:
    """Writes pictures with their stream times.

    The file is written in fragments of two seconds, so that a killed process or a full disk leaves everything up to
    the last fragment playable; closing turns it into an ordinary MP4. Pictures of odd width or height repeat their last
    column or row, since H.264 in 4:2:0 needs even sizes.

    Args:
        path: the file to make.
        fps: expected frames per second; the real times of the frames are kept all the same.
        overwrite: replace a file that holds something.

    Raises:
        OutputError: it cannot be made, or a file is in the way.
    """

    def __init__(self, path: Path | str, fps: float, *, overwrite: bool = False) -> None:
        self._path = Path(path)
        self._fps = fps
        self._stream: Any = None
        self._last_ticks = -1
        self._first_s: float | None = None
        self._size: tuple[int, int] | None = None
        self._frames = 0
        require_free(self._path, overwrite=overwrite)
        options = {"movflags": "hybrid_fragmented"}
        failure: BaseException | None = None
        try:
            # FFmpeg makes the file only with the first picture; a wrong folder is to be told before.
            self._path.open("ab").close()
            self._container: Any = av.open(f"file:{self._path}", "w", format="mp4", options=options)
        except _LIBRARY_ERRORS as error:
            failure = error
        if failure is not None:
            raise OutputError(f"{self._path}: cannot be written ({_reason(failure)}); choose another folder or name")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and issubclass(kind, OutputError):
            self._abandon()
        else:
            self.close()

    def write(self, image: Image, pts_s: float) -> None:
        """Append a picture.

        Args:
            image: (H, W, 3) uint8, BGR; all of one size.
            pts_s: its stream time in seconds; a time that does not grow is moved on by one tick of 1/90,000 s.

        Raises:
            OutputError: the disk is full, or the picture has another size.
            ValueError: the writer is closed.
        """
        if self._container is None:
            raise ValueError(f"{self._path}: the writer is closed")
        even = _even(image)
        size = (even.shape[1], even.shape[0])
        if self._size is None:
            self._start(size)
        if size != self._size:
            raise OutputError(f"{self._path}: a picture of {size} pixels came into a video of {self._size}")
        if self._first_s is None:
            self._first_s = pts_s
        ticks = max(round((pts_s - self._first_s) / _TIME_BASE), self._last_ticks + 1)
        frame = av.VideoFrame.from_ndarray(even, format="bgr24")
        frame.pts, frame.time_base = ticks, _TIME_BASE
        self._last_ticks = ticks
        self._encode(frame)
        self._frames += 1

    def close(self) -> None:
        """Finish the file, or remove it when nothing was written; may be called twice.

        Raises:
            OutputError: the rest cannot be written.
        """
        if self._container is None:
            return
        if self._stream is not None:
            self._encode(None)
        self._abandon(report=True)
        if self._frames == 0 and self._path.is_file() and self._path.stat().st_size == 0:
            self._path.unlink()

    def _start(self, size: tuple[int, int]) -> None:
        self._size = size
        keyframe_every = str(max(1, round(2 * self._fps)))
        self._stream = self._container.add_stream(
            "libx264", rate=max(1, round(self._fps)), options=_OPTIONS | {"g": keyframe_every}
        )
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = _TIME_BASE

    def _encode(self, frame: Any) -> None:
        failure: BaseException | None = None
        try:
            for packet in self._stream.encode(frame):
                self._container.mux(packet)
        except _LIBRARY_ERRORS as error:
            failure = error
        if failure is not None:
            self._abandon()
            raise self._lost(failure)

    def _abandon(self, *, report: bool = False) -> None:
        container, self._container = self._container, None
        if container is None:
            return
        failure: BaseException | None = None
        try:
            container.close()
        except _LIBRARY_ERRORS as error:
            failure = error
        if failure is not None and report:
            raise self._lost(failure)

    def _lost(self, failure: BaseException) -> OutputError:
        return OutputError(
            f"{self._path}: writing stopped after {self._frames} frames ({_reason(failure)}); "
            f"what was written before stays playable; make room and start again"
        )


def _even(image: Image) -> Image:
    odd_rows, odd_columns = image.shape[0] % 2, image.shape[1] % 2
    if odd_rows or odd_columns:
        return np.pad(image, ((0, odd_rows), (0, odd_columns), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
