"""The named scenes."""

from collections.abc import Callable
from dataclasses import replace
from math import isfinite

from throng.sim.errors import SimError
from throng.sim.scene import Scene
from throng.sim.scenes import bottleneck, counterflow, empty, hall, panic, plaza

DEFAULT_SIZE = (960, 540)
SMALLEST, LARGEST = (160, 90), (3840, 2160)
SHAPES = (1.2, 2.4)
FASTEST_FPS = 120.0

_BUILDERS: dict[str, Callable[[tuple[int, int]], Scene]] = {
    "plaza": plaza.build,
    "hall": hall.build,
    "bottleneck": bottleneck.build,
    "counterflow": counterflow.build,
    "panic": panic.build,
    "empty": empty.build,
}


def scene_names() -> tuple[str, ...]:
    """Return the names of the scenes, as in `sim://name`."""
    return tuple(_BUILDERS)


def scene(
    name: str,
    *,
    size: tuple[int, int] = DEFAULT_SIZE,
    fps: float = 10.0,
    seed: int = 1,
    noise: float = 1.0,
    duration_s: float | None = None,
) -> Scene:
    """Make a named scene.

    Args:
        name: one of `scene_names()`.
        size: width and height of the picture in pixels.
        fps: frames per second.
        seed: decides every chance; the same seed gives the same frames.
        noise: strength of the sensor noise, 1.0 for an ordinary camera.
        duration_s: length, None for endless.

    Raises:
        SimError: there is no such scene, or an option is out of its range.
    """
    if name not in _BUILDERS:
        raise SimError(f"there is no simulated scene {name!r}; the scenes are: {', '.join(_BUILDERS)}")
    _check_size(name, size)
    checks = (
        ("fps", fps, 0.2 <= fps <= FASTEST_FPS, f"frames per second from 0.2 to {FASTEST_FPS:g}"),
        ("seed", seed, seed >= 0, "a whole number from 0"),
        ("noise", noise, isfinite(noise) and 0 <= noise <= 10, "a strength from 0 to 10"),
        ("duration", duration_s, duration_s is None or (isfinite(duration_s) and duration_s > 0), "seconds above 0"),
    )
    for option, value, fine, expected in checks:
        if not fine:
            raise SimError(f"sim://{name}: {option} must be {expected}, got {value}")
    return replace(_BUILDERS[name](size), fps=fps, seed=seed, noise=noise, duration_s=duration_s)


def _check_size(name: str, size: tuple[int, int]) -> None:
    width, height = size
    small = width < SMALLEST[0] or height < SMALLEST[1]
    if small or width > LARGEST[0] or height > LARGEST[1] or not SHAPES[0] <= width / height <= SHAPES[1]:
        raise SimError(
            f"sim://{name}: size must be between {SMALLEST[0]}x{SMALLEST[1]} and {LARGEST[0]}x{LARGEST[1]} and "
            f"{SHAPES[0]} to {SHAPES[1]} times as wide as high, got {width}x{height}"
        )
