"""Pictures without people, made from nothing: what a counter must not take for a crowd."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from throng.core.points import FloatArray, Image

Maker = Callable[[int, np.random.Generator], Image]


def negative_pictures(count: int, *, side_px: int, seed: int) -> Iterator[tuple[str, Image]]:
    """Make pictures of all kinds in turn; the same seed gives the same pictures.

    Args:
        count: how many.
        side_px: width and height of each.
        seed: decides every chance.

    Yields:
        Name of the picture, and the picture (side, side, 3).
    """
    kinds = list(NEGATIVES)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        yield f"{kind} {number}", NEGATIVES[kind](side_px, np.random.default_rng([seed, number]))


def blank_pictures(size: tuple[int, int]) -> dict[str, Image]:
    """Return black, white, grey and noise, always the same: nobody may be counted in them.

    Args:
        size: width and height in pixels.
    """
    shape = (size[1], size[0], 3)
    rng = np.random.default_rng(0)
    flat = {name: np.full(shape, grey, dtype=np.uint8) for name, grey in (("black", 0), ("grey", 128), ("white", 255))}
    normal = np.clip(rng.normal(128, 50, shape), 0, 255).astype(np.uint8)
    return flat | {"noise": rng.integers(0, 256, shape, dtype=np.uint8), "normal noise": normal}


def black(side: int, rng: np.random.Generator) -> Image:  # noqa: ARG001  all makers take a generator
    """A camera with its cap on."""
    return np.zeros((side, side, 3), dtype=np.uint8)


def white(side: int, rng: np.random.Generator) -> Image:  # noqa: ARG001  all makers take a generator
    """A camera in the sun."""
    return np.full((side, side, 3), 255, dtype=np.uint8)


def flat(side: int, rng: np.random.Generator) -> Image:
    """One colour."""
    return np.full((side, side, 3), _colour(rng), dtype=np.uint8)


def noise(side: int, rng: np.random.Generator) -> Image:
    """Every grey value as likely, in each pixel and channel."""
    return rng.integers(0, 256, (side, side, 3), dtype=np.uint8)


def normal_noise(side: int, rng: np.random.Generator) -> Image:
    """Normal noise of any strength around any brightness, grey or coloured."""
    channels = 1 if rng.random() < 0.5 else 3
    values = rng.normal(rng.uniform(0, 255), rng.uniform(5, 90), (side, side, channels))
    return _as_image(np.broadcast_to(values, (side, side, 3)))


def salt_and_pepper(side: int, rng: np.random.Generator) -> Image:
    """One colour with dead and hot pixels."""
    image = flat(side, rng)
    chance, share = rng.random((side, side)), rng.uniform(0.005, 0.3)
    image[chance < share / 2] = 0
    image[chance > 1 - share / 2] = 255
    return image


def coarse_noise(side: int, rng: np.random.Generator) -> Image:
    """Noise of blocks or smooth blobs, from 2 to 64 px."""
    grain = int(np.exp(rng.uniform(np.log(2), np.log(65))))
    cells = side // grain + 2
    small = rng.integers(0, 256, (cells, cells, 3 if rng.random() < 0.5 else 1), dtype=np.uint8)
    way = int(rng.choice([cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
    whole = cv2.resize(np.broadcast_to(small, (cells, cells, 3)).copy(), None, fx=grain, fy=grain, interpolation=way)
    return np.asarray(whole[:side, :side], dtype=np.uint8)


def texture(side: int, rng: np.random.Generator) -> Image:
    """Noise of all sizes, as walls, clouds, gravel and foliage have it: amplitude falls with frequency."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij"))
    frequency[0, 0] = 1
    waves = np.fft.rfft2(rng.standard_normal((side, side))) / frequency ** rng.uniform(0.3, 2.2)
    field = _scaled(np.fft.irfft2(waves, s=(side, side)))
    return _between_colours(field, rng)


def gradient(side: int, rng: np.random.Generator) -> Image:
    """One colour that becomes another."""
    return _between_colours(_scaled(_along(side, rng.uniform(0, 2 * np.pi))), rng)


def stripes(side: int, rng: np.random.Generator) -> Image:
    """Stripes, hard or soft, or two sets of them across each other: fences, blinds, paving."""
    angle, period = rng.uniform(0, np.pi), np.exp(rng.uniform(np.log(4), np.log(80)))
    waves = np.sin(2 * np.pi * _along(side, angle) / period)
    if rng.random() < 0.4:
        waves = waves * np.sin(2 * np.pi * _along(side, angle + np.pi / 2) / period)
    return _between_colours(_scaled(np.sign(waves) if rng.random() < 0.5 else waves), rng)


def polygons(side: int, rng: np.random.Generator) -> Image:
    """Flat shapes and lines of all colours."""
    image = flat(side, rng)
    for _ in range(int(rng.integers(2, 50))):
        corners = rng.integers(-20, side + 20, (int(rng.integers(2, 6)), 2)).astype(np.int32)
        colour = tuple(int(v) for v in _colour(rng))
        if rng.random() < 0.5:
            cv2.fillPoly(image, [corners], colour)
        else:
            cv2.polylines(image, [corners], isClosed=False, color=colour, thickness=int(rng.integers(1, 12)))
    return image


def bricks(side: int, rng: np.random.Generator) -> Image:
    """Bricks, tiles or windows: rows of rectangles of nearly one colour with joints between them."""
    width, height = int(rng.integers(6, 64)), int(rng.integers(5, 40))
    image, colour = flat(side, rng), rng.integers(0, 256, 3).astype(float)
    joint, spread, bond = int(rng.integers(1, 4)), rng.uniform(0, 25), int(rng.integers(0, 2)) * width // 2
    for row, top in enumerate(range(0, side, height)):
        for left in range(-bond * (row % 2), side, width):
            shade = tuple(np.clip(colour + rng.normal(0, spread), 0, 255).tolist())
            cv2.rectangle(image, (left, top), (left + width - joint - 1, top + height - joint - 1), shade, cv2.FILLED)
    return image


NEGATIVES: dict[str, Maker] = {
    "black": black,
    "noise": noise,
    "texture": texture,
    "polygons": polygons,
    "white": white,
    "normal noise": normal_noise,
    "coarse noise": coarse_noise,
    "stripes": stripes,
    "flat": flat,
    "salt and pepper": salt_and_pepper,
    "gradient": gradient,
    "bricks": bricks,
}
"""Every kind by name."""


def _colour(rng: np.random.Generator) -> Image:
    return rng.integers(0, 256, 3, dtype=np.uint8)


def _along(side: int, angle_rad: float) -> FloatArray:
    """Distance of each pixel along a direction, in pixels."""
    y, x = np.mgrid[:side, :side]
    return np.asarray(x * np.cos(angle_rad) + y * np.sin(angle_rad), dtype=np.float64)


def _scaled(field: FloatArray) -> FloatArray:
    return np.asarray((field - field.min()) / (np.ptp(field) + 1e-9), dtype=np.float64)


def _between_colours(share: FloatArray, rng: np.random.Generator) -> Image:
    first, second = _colour(rng).astype(float), _colour(rng).astype(float)
    return _as_image(first + (second - first) * share[..., None])


def _as_image(values: FloatArray) -> Image:
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)
