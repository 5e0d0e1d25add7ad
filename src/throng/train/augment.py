"""What may happen to a crop between the scene and the network: light, weather, lens, sensor, codec.

Everything works on whole batches on the device of the training; nobody moves, so the labels stay true. The kinds are
those of `throng.train.corruption`, which makes the fixed copies for evaluation; here their strength is random, and
lengths are pixels of the crop rather than shares of a whole picture.
"""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch.nn import functional

from throng.train.jpeg import coded

GREY_SHARE = 0.2
GAMMA_SHARE = 0.3
SHRUNK = (1.5, 4.0)
"""Least and largest factor by which a crop of low resolution was shrunk."""

_GAMMA = 2.2
_REACH_PX = 8
_LUMA = (0.114, 0.587, 0.299)
_LAMPS = (0.55, 0.85, 1.15)
"""Blue, green and red of sodium lamps."""


class Chance:
    """The dice of one batch: numbers by numpy, fields of noise by PyTorch on the device.

    Args:
        seed: whole numbers that decide everything.
        device: where the fields are made.
    """

    def __init__(self, seed: tuple[int, ...], device: torch.device) -> None:
        self.rng = np.random.default_rng(seed)
        self._device = device
        self._fields = torch.Generator(device=device).manual_seed(int(self.rng.integers(2**62)))

    def each(self, low: float, high: float, shape: tuple[int, ...]) -> torch.Tensor:
        """Return uniform numbers, float32 on the device."""
        return self.known(self.rng.uniform(low, high, shape))

    def each_in_log(self, low: float, high: float, shape: tuple[int, ...]) -> torch.Tensor:
        """Return numbers whose logarithm is uniform, float32 on the device."""
        return self.known(np.exp(self.rng.uniform(np.log(low), np.log(high), shape)))

    def known(self, values: ArrayLike) -> torch.Tensor:
        """Return given numbers, float32 on the device."""
        return torch.from_numpy(np.asarray(values, dtype=np.float32)).to(self._device)

    def field(self, like: torch.Tensor) -> torch.Tensor:
        """Return normal noise of a tensor's shape."""
        return torch.randn(like.shape, generator=self._fields, device=self._device)


def augment(images: torch.Tensor, *, corruption: float, chance: Chance) -> torch.Tensor:
    """Change colour and light of every crop, and spoil a share of them in one way each.

    Args:
        images: (B, 3, H, W) float32 BGR in [0, 255], H and W multiples of 16.
        corruption: share of crops in night, rain, blur, noise, JPEG or low resolution.
        chance: decides.

    Returns:
        (B, 3, H, W) float32, whole numbers in [0, 255].
    """
    images = _as_pixels(_coloured(images, chance))
    spoiled = chance.rng.random(len(images)) < corruption
    kinds = chance.rng.integers(len(_KINDS), size=len(images))
    for kind, spoil in enumerate(_KINDS):
        chosen = np.flatnonzero(spoiled & (kinds == kind))
        if len(chosen):
            index = torch.from_numpy(chosen).to(images.device)
            images[index] = _as_pixels(spoil(images[index], chance))
    return images


def _coloured(images: torch.Tensor, chance: Chance) -> torch.Tensor:
    """Brightness and contrast, white balance, gamma and grey."""
    n = len(images)
    gain, offset = chance.each(0.7, 1.3, (n, 1, 1, 1)), chance.each(-25, 25, (n, 1, 1, 1))
    balance = chance.each(0.92, 1.08, (n, 3, 1, 1))
    images = images * (gain * balance) + offset
    bent = np.flatnonzero(chance.rng.random(n) < GAMMA_SHARE)
    if len(bent):
        index = torch.from_numpy(bent).to(images.device)
        gamma = chance.each_in_log(0.6, 1.7, (len(bent), 1, 1, 1))
        images[index] = 255 * (images[index].clamp(0, 255) / 255) ** gamma
    grey = chance.known(chance.rng.random((n, 1, 1, 1)) < GREY_SHARE)
    luma = (images * chance.known(_LUMA).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)
    return images + grey * (luma - images)


def night(images: torch.Tensor, chance: Chance) -> torch.Tensor:
    """Little light, orange or not, and a sensor at high gain."""
    n = len(images)
    warmth = chance.each(0, 1, (n, 1, 1, 1))
    tint = 1 + warmth * (chance.known(_LAMPS).view(1, 3, 1, 1) - 1)
    kept = chance.each_in_log(0.1, 0.7, (n, 1, 1, 1))
    return _measured(_light(images) * kept * tint, chance, photons=(60, 600), read_sigma=(0.003, 0.015))


def noise(images: torch.Tensor, chance: Chance) -> torch.Tensor:
    """A sensor at high gain by day."""
    return _measured(_light(images), chance, photons=(40, 600), read_sigma=(0.003, 0.02))


def blur(images: torch.Tensor, chance: Chance) -> torch.Tensor:
    """A lens out of focus, or a swaying mast: a Gaussian, wider in one direction by chance."""
    across, down = chance.each(0.6, 2.6, (len(images), 1)), chance.each(0.6, 2.6, (len(images), 1))
    return _smooth(images, across, down)


def rain(images: torch.Tensor, chance: Chance) -> torch.Tensor:
    """A grey veil, soft edges and bright streaks of one slant."""
    n, _, height, width = images.shape
    kept = chance.each(0.55, 0.95, (n, 1, 1, 1))
    veil = images.mean(dim=(1, 2, 3), keepdim=True).clamp(min=120)
    soft = chance.each(0.4, 1.2, (n, 1))
    wet = _smooth(images * kept + veil * (1 - kept), soft, soft)
    streaks = chance.known(np.stack([_streaks(height, width, chance.rng) for _ in range(n)]))[:, None]
    return wet + (235 - wet) * chance.each(0.3, 0.6, (n, 1, 1, 1)) * streaks


def jpeg(images: torch.Tensor, chance: Chance) -> torch.Tensor:
    """A stream of too few bits."""
    return coded(images, chance.each(6, 60, (len(images),)))


def low_resolution(images: torch.Tensor, chance: Chance) -> torch.Tensor:
    """A small picture enlarged, as those of old cameras and far zones are."""
    side = images.shape[-1]
    factors = chance.rng.uniform(*SHRUNK, len(images))
    ways = chance.rng.choice(["bilinear", "bicubic"], len(images))
    enlarged = [
        _enlarged(image[None], max(8, round(side / factor)), way)
        for image, factor, way in zip(images, factors, ways.tolist(), strict=True)
    ]
    return torch.cat(enlarged)


_KINDS: tuple[Callable[[torch.Tensor, Chance], torch.Tensor], ...] = (night, rain, blur, noise, jpeg, low_resolution)


def _enlarged(image: torch.Tensor, side: int, way: str) -> torch.Tensor:
    """Shrink a square picture to a side, and bring it back."""
    small = functional.interpolate(image, size=(side, side), mode="bilinear", antialias=True, align_corners=False)
    return functional.interpolate(small, size=image.shape[-2:], mode=way, align_corners=False)


def _as_pixels(images: torch.Tensor) -> torch.Tensor:
    return images.clamp(0, 255).round()


def _light(images: torch.Tensor) -> torch.Tensor:
    """Undo the camera's gamma: light falls linearly, grey values do not."""
    return (images / 255) ** _GAMMA


def _measured(
    light: torch.Tensor, chance: Chance, *, photons: tuple[float, float], read_sigma: tuple[float, float]
) -> torch.Tensor:
    """Photons come by chance, and reading them out adds noise; then the camera's gamma."""
    n = len(light)
    full = chance.each_in_log(*photons, (n, 1, 1, 1))
    sigma = chance.each(*read_sigma, (n, 1, 1, 1))
    seen = light + chance.field(light) * torch.sqrt(light / full + sigma**2)
    return 255 * seen.clamp(0, 1) ** (1 / _GAMMA)


def _smooth(images: torch.Tensor, across: torch.Tensor, down: torch.Tensor) -> torch.Tensor:
    """Gaussian filter with a standard deviation in pixels per picture, (B, 1), for each axis."""
    n, channels, height, width = images.shape
    edge = (_REACH_PX,) * 4
    grown = height + 2 * _REACH_PX, width + 2 * _REACH_PX
    padded = functional.pad(images, edge, mode="replicate").reshape(1, n * channels, *grown)
    rows = functional.conv2d(padded, _gaussians(across, channels)[:, :, None], groups=n * channels)
    both = functional.conv2d(rows, _gaussians(down, channels)[..., None], groups=n * channels)
    return both.view(n, channels, height, width)


def _gaussians(sigma: torch.Tensor, channels: int) -> torch.Tensor:
    """Return one kernel per channel of each picture, (B * channels, 1, length)."""
    offsets = torch.arange(-_REACH_PX, _REACH_PX + 1, device=sigma.device, dtype=sigma.dtype)
    kernels = torch.exp(-(offsets**2) / (2 * sigma**2))
    return (kernels / kernels.sum(dim=1, keepdim=True)).repeat_interleave(channels, dim=0)[:, None]


def _streaks(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return how much of each pixel a streak covers, (H, W) in [0, 1]."""
    count = max(1, round(rng.uniform(300, 2500) * height * width / 1e6))
    slant, canvas = np.radians(rng.uniform(-18, 18)), np.zeros((height, width), dtype=np.uint8)
    starts = rng.uniform((-15, -15), (width, height), (count, 2))
    ends = starts + rng.uniform(6, 28, (count, 1)) * (np.sin(slant), np.cos(slant))
    lines = np.rint(np.hstack((starts, ends))).astype(int).tolist()
    for (x0, y0, x1, y1), shade in zip(lines, rng.integers(90, 256, count).tolist(), strict=True):
        cv2.line(canvas, (x0, y0), (x1, y1), int(shade), 1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), 0.6) / np.float32(255), dtype=np.float32)
