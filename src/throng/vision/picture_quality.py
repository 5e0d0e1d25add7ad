"""Is a picture blurred, grainy, dark, compressed or hazy beyond those that the counter was trained on?"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.points import FloatArray, Image

FEWEST_PICTURES = 20
"""From fewer pictures than this the limits cannot be told from chance."""

LIMIT_SHARE = 0.98
"""Share of the training pictures that lie within all limits together."""

SMALLEST_PX = 32
"""A picture with a shorter side tells nothing."""

_USUAL_SHARE = 0.9
_SAMPLE_PX = 128
_ACROSS, _DOWN = 4, 3
_SMALL_PX, _LARGE_PX = 256, 512
_BLOCK = 8
_LEAST_ENERGY, _LEAST_STEP = 0.02, 0.05
_ROUNDING = 20 / 12
_HAAR = np.array([[0.5, -0.5], [-0.5, 0.5]], dtype=np.float32)

_FLAT_PERCENT = 5
_TEXTURE = 0.5
_NORMAL_MEAN = math.sqrt(2 / math.pi)
_USABLE_GREY = (8, 247)

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PictureQuality:
    r"""How good a picture is, whatever it shows.

    All but light and haze come from up to 12 samples of 128×128 pixels spread over the picture, so that a large one
    costs no more than a small one; light and haze from the picture made small.

    Attributes:
        sharpness: how strong the finest detail is against that twice as large,
            :math:`\sqrt{\overline{L_1^2} / \overline{L_2^2}}` with L the Laplacian at full and at half size; low when
            blurred.
        grain: standard deviation of the noise from pixel to pixel, in grey levels. Measured where the picture is
            flattest, :math:`\sigma^2 = (h_1^2 - \tau h_2^2) / (1 - \tau / 4)` with h the diagonal Haar detail at full
            and at half size: white noise halves from one to the other, texture does not (:math:`\tau = 1/2`).
        light: grey level from which the brightest twentieth of the picture starts; low when dark.
        blocks: by how many times steps at the edges of JPEG's or H.264's blocks of 8×8 exceed those inside; 1 for none.
        haze: grey level of the darkest hundredth, each pixel by its darkest colour: haze lightens what is black.
    """

    sharpness: float
    grain: float
    light: float
    blocks: float
    haze: float


@dataclass(frozen=True, slots=True)
class _Fault:
    """What a figure beyond its limit means.

    Attributes:
        bad_when_low: else when high.
        mildest: from here on nobody is warned, however good all pictures of the training are.
        told: the warning, with `value` and `limit`.
        harmful: from here on counts were measured to suffer, so that a few such pictures in the training make it no
            usual thing; None where nobody measured it.
    """

    bad_when_low: bool
    mildest: float
    told: str
    harmful: float | None = None


_FAULTS = {
    "sharpness": _Fault(
        True,
        0.6,
        "the picture is blurred (sharpness {value:.2f}, usual from {limit:.2f}): the count may be wrong; "
        "focus and clean the lens",
    ),
    # Noise of 3.5 grey levels leaves the errors of ThrongNet as they are, 6.5 makes them a quarter larger.
    "grain": _Fault(
        False,
        5.0,
        "the picture is grainy (noise of {value:.1f} grey levels, usual up to {limit:.1f}): the count may be wrong; "
        "more light helps",
    ),
    "light": _Fault(
        True,
        160.0,
        "the picture is dark (bright parts at grey level {value:.0f}, usual from {limit:.0f}): the count may be wrong; "
        "more light or a longer exposure helps",
    ),
    # H.264 with block edges of 1.4 hides a third of the people from ThrongNet.
    "blocks": _Fault(
        False,
        1.25,
        "the picture is compressed too much (block edges {value:.1f} times as strong as the rest, usual up to "
        "{limit:.1f}): the count may be wrong; raise the bit rate of the camera",
        harmful=1.3,
    ),
    "haze": _Fault(
        False,
        20.0,
        "the picture is hazy (dark parts at grey level {value:.0f}, usual up to {limit:.0f}): the count may be wrong; "
        "look for rain, fog, glare or a dirty window",
    ),
}
_SIGN = np.array([-1.0 if _FAULTS[f.name].bad_when_low else 1.0 for f in fields(PictureQuality)])
_MILDEST = _SIGN * np.array([_FAULTS[f.name].mildest for f in fields(PictureQuality)])
_HARMFUL = np.array(
    [
        math.inf if (worst := _FAULTS[f.name].harmful) is None else sign * worst
        for f, sign in zip(fields(PictureQuality), _SIGN, strict=True)
    ]
)


@dataclass(frozen=True, slots=True)
class QualityCheck:
    """From where on a picture is worse than usual.

    Attributes:
        limits: the worst usual figures, each finite and ≥ 0.
    """

    limits: PictureQuality

    def __post_init__(self) -> None:
        if not all(0 <= limit < math.inf for limit in astuple(self.limits)):
            raise ValueError(f"expected finite limits of 0 or more, got {self.limits}")

    def warnings(self, quality: PictureQuality) -> tuple[str, ...]:
        """Say what is unusually bad about a picture, one sentence per fault; empty where nothing is."""
        told = []
        for name, fault in _FAULTS.items():
            value, limit = getattr(quality, name), getattr(self.limits, name)
            if value < limit if fault.bad_when_low else value > limit:
                told.append(fault.told.format(value=value, limit=limit))
        return tuple(told)

    def to_json(self) -> str:
        """Return the limits as a JSON object."""
        return json.dumps(asdict(self.limits))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        read = json.loads(text)
        if not isinstance(read, dict) or set(read) != set(_FAULTS):
            raise ValueError(f"expected a JSON object with {', '.join(_FAULTS)}, got {text[:80]!r}")
        if not all(isinstance(value, int | float) for value in read.values()):
            raise ValueError(f"expected numbers for {', '.join(_FAULTS)}, got {text[:80]!r}")
        return cls(PictureQuality(**{name: float(value) for name, value in read.items()}))

    @classmethod
    def fit(cls, pictures: Sequence[PictureQuality], *, limit_share: float = LIMIT_SHARE) -> Self:
        """Learn from the pictures of the training what is usual.

        Each limit leaves the same share of the pictures beyond it, as large as lets `limit_share` of them lie within
        all limits together. A limit short of what does any harm is moved there, and so is one beyond what does, unless
        a tenth of the pictures are as bad.

        Args:
            pictures: figures of at least 20 pictures.
            limit_share: share of them that are to lie within all limits.

        Raises:
            ValueError: there are too few pictures, or figures that are not finite.
        """
        values = np.array([astuple(picture) for picture in pictures], dtype=np.float64)
        if len(values) < FEWEST_PICTURES or not np.isfinite(values).all():
            raise ValueError(f"expected finite figures of at least {FEWEST_PICTURES} pictures, got {len(values)}")
        badness = values * _SIGN
        rarest = _share_as_bad(badness).min(axis=1)
        left_out = math.floor((1 - limit_share) * len(values) + 1e-9)
        worst = badness[rarest >= np.sort(rarest)[left_out]].max(axis=0)
        most = np.maximum(np.quantile(badness, _USUAL_SHARE, axis=0, method="higher"), _HARMFUL)
        return cls(PictureQuality(*(np.minimum(np.maximum(worst, _MILDEST), most) * _SIGN).tolist()))


def picture_quality(image: Image) -> PictureQuality | None:
    """Measure a picture; None where it is too small to tell.

    Args:
        image: (H, W, 3) uint8 BGR.
    """
    if min(image.shape[:2]) < SMALLEST_PX:
        return None
    samples = _samples(image)
    grey = samples.astype(np.float32)
    half = _shrunk(grey, 2)
    light, haze = _light_and_haze(image)
    return PictureQuality(
        sharpness=math.sqrt(_fine_energy(grey, _ROUNDING) / _fine_energy(half, _ROUNDING / 4)),
        grain=_grain(grey, half),
        light=light,
        blocks=_block_edges(samples),
        haze=haze,
    )


def _share_as_bad(badness: FloatArray) -> FloatArray:
    """Return by picture and figure the share of all pictures that are at least as bad, (N, F)."""
    n = len(badness)
    columns = [1 - np.searchsorted(np.sort(column), column, side="left") / n for column in badness.T]
    return np.column_stack(columns)


def _samples(image: Image) -> NDArray[np.uint8]:
    """Cut out squares spread over the picture, grey and below each other, (K·S, S); each starts where a block does."""
    height, width = image.shape[:2]
    side = min(_SAMPLE_PX, height // _BLOCK * _BLOCK, width // _BLOCK * _BLOCK)
    lefts, tops = (
        (np.linspace(0, whole - side, min(most, whole // side)) // _BLOCK * _BLOCK).astype(int).tolist()
        for whole, most in ((width, _ACROSS), (height, _DOWN))
    )
    cuts = [image[top : top + side, left : left + side] for top in tops for left in lefts]
    return np.asarray(cv2.cvtColor(np.concatenate(cuts), cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _shrunk(values: Grey, times: int) -> Grey:
    """Return the means of squares of so many pixels."""
    height, width = values.shape
    return np.asarray(cv2.resize(values, (width // times, height // times), interpolation=cv2.INTER_AREA))


def _by_sample(values: NDArray[Any]) -> NDArray[Any]:
    side = values.shape[1]
    return values.reshape(-1, side, side)


def _fine_energy(grey: Grey, rounding: float) -> float:
    """Return the mean square of the Laplacian, away from where samples meet, without what rounding adds to it.

    Rounding alone would make a very blurred picture look sharp.
    """
    inner = _by_sample(cv2.Laplacian(grey, cv2.CV_32F))[:, 1:-1, 1:-1]
    return max(0.0, float(np.square(inner).mean()) - rounding) + _LEAST_ENERGY


def _grain(grey: Grey, half: Grey) -> float:
    """Return the standard deviation of white noise where the picture is flattest and neither black nor white."""
    means = _shrunk(grey, _BLOCK)
    usable = (means > _USABLE_GREY[0]) & (means < _USABLE_GREY[1])
    if not usable.any():
        return 0.0
    fine, coarse = (
        float(np.percentile(_shrunk(_diagonal(g), cell)[usable], _FLAT_PERCENT)) / _NORMAL_MEAN
        for g, cell in ((grey, _BLOCK), (half, _BLOCK // 2))
    )
    return math.sqrt(max(0.0, (fine**2 - _TEXTURE * coarse**2) / (1 - _TEXTURE / 4)))


def _diagonal(grey: Grey) -> Grey:
    """Return the size of the diagonal Haar detail, (K·S, S); each sample's last row and column repeat."""
    detail = np.abs(cv2.filter2D(grey, cv2.CV_32F, _HAAR, anchor=(0, 0)))
    samples = _by_sample(detail)
    samples[:, -1], samples[:, :, -1] = samples[:, -2], samples[:, :, -2]
    return detail


def _block_edges(samples: NDArray[np.uint8]) -> float:
    """Return by how many times the steps at one of eight places exceed the others, >= 1, mean of both directions."""
    across = cv2.reduce(cv2.absdiff(samples[:, 1:], samples[:, :-1]), 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)
    down = cv2.reduce(cv2.absdiff(samples[1:], samples[:-1]), 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)
    # The last step of each sample leads into the next one.
    within = np.append(down, np.float32(0)).reshape(-1, samples.shape[1]).mean(axis=0)[:-1]
    return math.sqrt(_stand_out(np.asarray(across, dtype=np.float32).ravel()) * _stand_out(within))


def _stand_out(steps: NDArray[np.float32]) -> float:
    whole = len(steps) // _BLOCK * _BLOCK
    places = steps[:whole].reshape(-1, _BLOCK).mean(axis=0) + _LEAST_STEP
    return float(places.max() / np.median(places))


def _light_and_haze(image: Image) -> tuple[float, float]:
    """Return the grey level where the brightest twentieth starts, and where the darkest hundredth ends."""
    for most, method in ((_LARGE_PX, cv2.INTER_NEAREST), (_SMALL_PX, cv2.INTER_AREA)):
        shrink = most / max(image.shape[:2])
        if shrink < 1:
            size = [max(1, round(side * shrink)) for side in (image.shape[1], image.shape[0])]
            image = np.asarray(cv2.resize(image, size, interpolation=method), dtype=np.uint8)
    grey, darkest = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.min(cv2.min(*cv2.split(image)[:2]), image[:, :, 2])
    return _level(grey, 0.95), _level(darkest, 0.01)


def _level(grey: NDArray[Any], share: float) -> float:
    """Return the grey level that this share of the pixels does not exceed."""
    up_to = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    return float(np.searchsorted(up_to, share * grey.size))
