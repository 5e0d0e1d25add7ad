"""Addresses of simulated cameras: `sim://plaza?fps=10&size=960x540&seed=1&duration=60&noise=1`."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from throng.sim.errors import SimError
from throng.sim.scene import Scene
from throng.sim.scenes import scene, scene_names

PREFIX = "sim://"


def _size(text: str) -> tuple[int, int]:
    width, height = text.lower().split("x")
    return int(width), int(height)


_OPTIONS: dict[str, tuple[str, Callable[[str], Any], str]] = {
    "fps": ("fps", float, "frames per second, such as 10"),
    "size": ("size", _size, "width x height in pixels, such as 960x540"),
    "seed": ("seed", int, "a whole number from 0, such as 1"),
    "duration": ("duration_s", float, "seconds, such as 60; leave it out for an endless scene"),
    "noise": ("noise", float, "a strength from 0 to 10, such as 1"),
}


def parse_uri(uri: str) -> Scene:
    """Make the scene that an address stands for.

    Raises:
        SimError: it is no such address, or it names an unknown scene or option, or a value out of range.
    """
    parts = urlsplit(uri)
    if parts.scheme != "sim" or not uri.lower().startswith(PREFIX):
        raise SimError(f"expected sim://NAME, where NAME is one of {', '.join(scene_names())}; got {uri!r}")
    name = parts.netloc + parts.path.rstrip("/")
    options: dict[str, Any] = {}
    for option, text in parse_qsl(parts.query, keep_blank_values=True):
        if option not in _OPTIONS:
            raise SimError(f"sim://{name}: there is no option {option!r}; the options are: {', '.join(_OPTIONS)}")
        keyword, convert, expected = _OPTIONS[option]
        if keyword in options:
            raise SimError(f"sim://{name}: the option {option!r} is given twice; give it once")
        try:
            options[keyword] = convert(text)
        except ValueError as error:
            raise SimError(f"sim://{name}: {option} must be {expected}; got {text!r}") from error
    return scene(name, **options)
