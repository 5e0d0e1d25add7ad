"""Throng as a library: `throng.open` gives the readings of one source."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from throng.camera.calibration_file import load_calibration
from throng.camera.site_file import load_site
from throng.core.calibration import Calibration
from throng.core.reading import LineReading, Reading
from throng.core.site import Camera, Site
from throng.edge.build import RunOptions, build_runner, calibrated, choose_site
from throng.edge.runner import CameraRunner


class ReadingStream:
    """The readings of one source, zone by zone and second by second.

    Iterate over it with `for` or `async for`; leaving the `with` block, or the end of the iteration, closes the source.

    Attributes:
        site: the site in use.
        camera: the camera in use.
        lines: the newest reading of each counting line, by line id.
    """

    def __init__(self, runner: CameraRunner) -> None:
        self.site: Site = runner.site
        self.camera: Camera = runner.camera
        self.lines: dict[str, LineReading] = {}
        self._runner = runner
        self._readings: Iterator[Reading] | None = None

    def __iter__(self) -> Iterator[Reading]:
        if self._readings is None:
            self._readings = self._run()
        return self._readings

    async def __aiter__(self) -> AsyncIterator[Reading]:
        readings = iter(self)
        while (reading := await asyncio.to_thread(next, readings, None)) is not None:
            yield reading

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop measuring and release the source; may be called from another thread."""
        self._runner.stop()
        self._runner.close()

    def _run(self) -> Iterator[Reading]:
        try:
            self._runner.open()
            for step in self._runner.steps():
                for reading in step.readings:
                    if isinstance(reading, LineReading):
                        self.lines[reading.line_id] = reading
                for reading in step.readings:
                    if isinstance(reading, Reading):
                        yield reading
        finally:
            self._runner.close()


def open_stream(
    source: str | Path,
    *,
    site: Site | Path | str | None = None,
    camera: str | None = None,
    calibration: Calibration | Path | str | None = None,
    model: str | None = None,
    rate_hz: float | None = None,
    realtime: bool = False,
) -> ReadingStream:
    """Measure a source; this is `throng.open`.

    Args:
        source: video file, image folder, `rtsp://`, `http(s)://`, USB index, `/dev/video0` or `sim://NAME`.
        site: a `Site` or the path of a site file; None for one zone over everything the camera sees.
        camera: which camera of the site; not needed when it has only one.
        calibration: takes the place of the camera's own.
        model: name of a model or path of an ONNX file; None for the best that is installed.
        rate_hz: analyses per second, 2 by default.
        realtime: play recordings and simulations in real time instead of as fast as possible.

    Raises:
        ThrongError: the source, site, calibration or model is not as it must be. The source itself is opened when
            the iteration begins.
    """
    known_site = load_site(Path(site)) if isinstance(site, str | Path) else site
    the_camera, the_site = choose_site(str(source), known_site, camera_id=camera)
    if isinstance(calibration, str | Path):
        calibration = load_calibration(Path(calibration))
    if calibration is not None:
        the_camera = calibrated(the_camera, calibration)
    options = RunOptions(model=model, rate_hz=rate_hz, fast=not realtime)
    return ReadingStream(build_runner(the_camera, the_site, options=options))
