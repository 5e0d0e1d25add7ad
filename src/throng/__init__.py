"""Throng: calibrated people per square metre, motion and danger from the cameras that are already there.

::

    import throng

    for reading in throng.open("market.mp4", site="site.yaml"):
        print(reading.at, reading.zone_id, reading.count, reading.density, reading.validity)

`throng.core` is usable alone, on arrays. Everything here is imported when it is first used, so that
`import throng` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from throng.camera.calibration_file import load_calibration
    from throng.camera.site_file import load_site
    from throng.core.calibration import Calibration
    from throng.core.errors import ThrongError
    from throng.core.estimate import Estimate
    from throng.core.reading import LineReading, Reading, Validity
    from throng.core.site import Camera, Line, Site, Use, Zone
    from throng.edge.stream import ReadingStream
    from throng.edge.stream import open_stream as open  # noqa: A004

__version__ = "0.1.0.dev0"

_HOMES = {
    "open": ("throng.edge.stream", "open_stream"),
    "ReadingStream": ("throng.edge.stream", "ReadingStream"),
    "load_site": ("throng.camera.site_file", "load_site"),
    "load_calibration": ("throng.camera.calibration_file", "load_calibration"),
    "Calibration": ("throng.core.calibration", "Calibration"),
    "ThrongError": ("throng.core.errors", "ThrongError"),
    "Estimate": ("throng.core.estimate", "Estimate"),
    "LineReading": ("throng.core.reading", "LineReading"),
    "Reading": ("throng.core.reading", "Reading"),
    "Validity": ("throng.core.reading", "Validity"),
    "Camera": ("throng.core.site", "Camera"),
    "Line": ("throng.core.site", "Line"),
    "Site": ("throng.core.site", "Site"),
    "Use": ("throng.core.site", "Use"),
    "Zone": ("throng.core.site", "Zone"),
}

__all__ = [
    "Calibration",
    "Camera",
    "Estimate",
    "Line",
    "LineReading",
    "Reading",
    "ReadingStream",
    "Site",
    "ThrongError",
    "Use",
    "Validity",
    "Zone",
    "__version__",
    "load_calibration",
    "load_site",
    "open",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'throng' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
