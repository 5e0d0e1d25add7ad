"""Bad pictures made from good ones: night, rain, blur, JPEG, poor streams, sensor noise, always the same for each."""

import zlib
from collections.abc import Callable
from enum import StrEnum
from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.points import Image

SEVERITIES = (1, 2, 3)
"""1 is a bad hour of a good camera, 2 a bad night or a poor camera, 3 the edge of what a person can still count in."""

DEFAULT_SEVERITY = 2

_GAMMA = 2.2
_REFERENCE_PX = 1024.0
"""Longer side that the strengths in pixels are meant for; other pictures get them in proportion."""

_LEAST_FRAME_PX = 16

Light = NDArray[np.float32]


class Corruption(StrEnum):
    """What goes wrong with a picture."""

    NIGHT = "night"
    RAIN = "rain"
    BLUR = "blur"
    JPEG = "jpeg"
    STREAM = "stream"
    NOISE = "noise"


def corrupt(image: Image, kind: Corruption, *, name: str, severity: int = DEFAULT_SEVERITY) -> Image:
    """Return a corrupted copy of a picture; nobody moves, so its labels stay true.

    Args:
        image: (H, W, 3) uint8 BGR.
        kind: what goes wrong.
        name: name of the picture; with the kind it decides every chance, so that a higher severity is more of the same.
        severity: one of `SEVERITIES`.

    Raises:
        ValueError: there is no such severity.
    """
    if severity not in SEVERITIES:
        raise ValueError(f"severity: expected one of {SEVERITIES}, got {severity}")
    rng = np.random.default_rng([zlib.crc32(name.encode()), zlib.crc32(kind.encode())])
    return _MAKERS[kind](image, SEVERITIES.index(severity), rng)


def night(image: Image, level: int, rng: np.random.Generator) -> Image:
    """A square at night: a tenth of the light and less, sodium lamps, dark between them, and a sensor at high gain.

    In linear light the picture is dimmed to 12, 6 or 3 %, tinted orange and lit by three to six pools of lamp light;
    the camera raises its gain by up to 4, 6 or 8 times, which leaves the picture dark and grainy.
    """
    height, width = image.shape[:2]
    light = _to_light(image) * (0.12, 0.06, 0.03)[level] * np.array([0.55, 0.85, 1.15], dtype=np.float32)
    light *= _lamp_pools((height, width), rng)[:, :, None]
    gain = (4.0, 6.0, 8.0)[level]
    return _from_light(_exposed(light * gain, (500, 200, 100)[level], read_sigma=(0.006, 0.010, 0.015)[level], rng=rng))


def rain(image: Image, level: int, rng: np.random.Generator) -> Image:
    """Rain: the far part of the scene fades into grey, bright streaks fall across, the wet window softens the picture.

    Contrast falls to 85, 70 or 55 % against an overcast grey (Koschmieder's law of haze at one distance); 300, 800 or
    1,600 streaks of 12 to 30 px per megapixel fall at one slant of up to 15 degrees, out of focus, half transparent.
    """
    height, width = image.shape[:2]
    kept = (0.85, 0.70, 0.55)[level]
    veil = np.float32(max(120.0, float(image.mean())))
    hazy = image.astype(np.float32) * kept + veil * (1 - kept)
    streaks = _streaks((height, width), (300, 800, 1600)[level], rng)
    wet = cv2.GaussianBlur(hazy, (0, 0), _pixels(image, (0.6, 0.9, 1.3)[level]))
    return _as_image(wet + (235 - wet) * 0.5 * streaks[:, :, None])


def blur(image: Image, level: int, rng: np.random.Generator) -> Image:
    """A lens out of focus and a swaying mast: a disc of 1.5, 2.5 or 4 px radius, then a smear of 3, 5 or 8 px.

    The pixels are those of a picture 1,024 px wide; the smear has a direction by chance.
    """
    radius = _pixels(image, (1.5, 2.5, 4.0)[level])
    side = 2 * int(np.ceil(radius)) + 1
    y, x = np.mgrid[:side, :side] - side // 2
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    focused = cv2.filter2D(image, cv2.CV_32F, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)
    smear = _line_kernel(_pixels(image, (3.0, 5.0, 8.0)[level]), rng.uniform(0, 180))
    return _as_image(cv2.filter2D(focused, cv2.CV_32F, smear, borderType=cv2.BORDER_REFLECT))


def jpeg(image: Image, level: int, rng: np.random.Generator) -> Image:  # noqa: ARG001  all makers take a generator
    """A picture of too few bits: JPEG of quality 25, 12 or 6 with colour at half size, twice, as if coded again."""
    quality = (25, 12, 6)[level]
    for again in (quality, quality + 3):
        _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, again])
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
    return image


def stream(image: Image, level: int, rng: np.random.Generator) -> Image:  # noqa: ARG001  all makers take a generator
    """A video stream of too few bits: the third frame of H.264 with a constant rate factor of 36, 40 or 44.

    Its filter hides the edges of its blocks, and the fine detail with them.
    """
    height, width = image.shape[:2]
    below, right = (max(_LEAST_FRAME_PX, side + side % 2) - side for side in (height, width))
    framed = np.asarray(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE), dtype=np.uint8)
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width + right, height + below, "yuv420p"
    encoder.time_base = Fraction(1, 10)
    encoder.options = {"crf": str((36, 40, 44)[level]), "preset": "veryfast", "threads": "1"}
    packets = [packet for _ in range(3) for packet in encoder.encode(av.VideoFrame.from_ndarray(framed, "bgr24"))]
    decoder = av.CodecContext.create("h264", "r")
    frames = [frame for packet in (*packets, *encoder.encode(), None) for frame in decoder.decode(packet)]
    return np.asarray(frames[-1].to_ndarray(format="bgr24")[:height, :width], dtype=np.uint8)


def noise(image: Image, level: int, rng: np.random.Generator) -> Image:
    """A sensor at high gain by day: shot noise of 400, 130 or 45 photons at full white, and the noise of reading.

    The noise is that of raw light, before the camera's gamma, so dark places are grainier than bright ones.
    """
    photons, read_sigma = (400, 130, 45)[level], (0.004, 0.010, 0.020)[level]
    return _from_light(_exposed(_to_light(image), photons, read_sigma=read_sigma, rng=rng))


_MAKERS: dict[Corruption, Callable[[Image, int, np.random.Generator], Image]] = {
    Corruption.NIGHT: night,
    Corruption.RAIN: rain,
    Corruption.BLUR: blur,
    Corruption.JPEG: jpeg,
    Corruption.STREAM: stream,
    Corruption.NOISE: noise,
}


def _to_light(image: Image) -> Light:
    """Undo the camera's gamma: light falls linearly, grey values do not."""
    table = np.power(np.arange(256) / 255, _GAMMA).astype(np.float32)
    return table[image]


def _from_light(light: Light) -> Image:
    return _as_image(255 * np.power(np.clip(light, 0, 1), 1 / _GAMMA))


def _as_image(values: NDArray[np.generic]) -> Image:
    return np.asarray(np.clip(np.round(np.asarray(values, dtype=np.float32)), 0, 255), dtype=np.uint8)


def _pixels(image: Image, at_reference: float) -> float:
    """Return a length in pixels of this picture, at least a third of a pixel."""
    return max(1 / 3, at_reference * max(image.shape[:2]) / _REFERENCE_PX)


def _exposed(light: Light, photons: float, *, read_sigma: float, rng: np.random.Generator) -> Light:
    """Return the light that a sensor measures: photons come by chance, and reading them out adds noise."""
    chance = rng.standard_normal(light.shape, dtype=np.float32)
    return np.asarray(light + chance * np.sqrt(np.clip(light, 0, None) / photons + read_sigma**2), dtype=np.float32)


def _lamp_pools(size: tuple[int, int], rng: np.random.Generator) -> Light:
    """Return how bright each place is, (H, W): 0.35 between the lamps, up to 1.6 below them."""
    height, width = size
    y, x = np.mgrid[:height, :width].astype(np.float32)
    glow = np.zeros(size, dtype=np.float32)
    for _ in range(int(rng.integers(3, 7))):
        centre_x, centre_y, reach = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.15, 0.35) * width
        glow += np.exp(-(np.square((x - centre_x) / reach) + np.square((y - centre_y) / (0.6 * reach))) / 2)
    return np.asarray(0.35 + 1.25 * np.clip(glow, 0, 1), dtype=np.float32)


def _streaks(size: tuple[int, int], per_megapixel: int, rng: np.random.Generator) -> Light:
    """Return how much of each pixel a streak of rain covers, (H, W) in [0, 1]."""
    height, width = size
    unit = max(height, width) / _REFERENCE_PX
    count = round(per_megapixel * height * width / 1e6 / max(unit, 0.25) ** 2)
    slant = np.radians(rng.uniform(-15, 15))
    starts = rng.uniform((-30, -30), (width, height), size=(count, 2))
    lengths = rng.uniform(12, 30, size=(count, 1)) * unit
    ends = starts + lengths * np.array([np.sin(slant), np.cos(slant)])
    canvas = np.zeros(size, dtype=np.uint8)
    for start, end, shade in zip(starts.tolist(), ends.tolist(), rng.integers(90, 256, count).tolist(), strict=True):
        points = [tuple(round(v * 16) for v in point) for point in (start, end)]
        cv2.line(canvas, points[0], points[1], int(shade), max(1, round(1.2 * unit)), cv2.LINE_AA, 4)
    blurred = cv2.GaussianBlur(canvas, (0, 0), max(0.4, 0.7 * unit))
    return np.asarray(blurred / np.float32(255), dtype=np.float32)


def _line_kernel(length_px: float, angle_deg: float) -> NDArray[np.float32]:
    side = 2 * int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((side, side), dtype=np.uint8)
    half = length_px / 2 * np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    middle = side // 2
    points = [tuple(round(float(v) * 16) for v in (middle + sign * half)) for sign in (-1, 1)]
    cv2.line(kernel, points[0], points[1], 255, 1, cv2.LINE_AA, 4)
    return np.asarray(kernel / kernel.sum(dtype=np.float64), dtype=np.float32)
