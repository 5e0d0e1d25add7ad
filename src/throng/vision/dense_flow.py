"""Dense optical flow between frames of one camera, for crowds in which people cannot be told apart."""

from bisect import insort
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.density_map import DensityMap
from throng.core.frame import Frame
from throng.core.motion_field import MotionField
from throng.core.points import Image
from throng.vision.camera_shake import Shake, find_shake
from throng.vision.patch_search import AROUND_PX, search_patches
from throng.vision.people_motion import follow_people

LONG_SIDE_PX = 480
"""Frames are made this small: a head of 12 px in a picture of 960 is one patch of the flow at its finest scale."""

CELL_PX = 4
BASELINE_S = 0.2
"""Frames about this far apart are compared: the sway of a step is small beside it, the way is not yet too long."""

LONGEST_GAP_S = 1.5
MOST_LOOKS = 100
"""Frames that are remembered at most; glances run ahead where several frames are looked at at once."""

TEXTURE = 2.0
"""Mean contrast in grey levels below which nothing can be followed."""

LEAST_CONFIDENCE = 0.55
"""Least share of the contrast around it that a motion must explain."""

LARGEST_DRIFT = 0.05
DRIFT_MEMORY_S = 5.0
"""A shaken camera comes back. A picture that drifts on by this share of its width may be a crowd that fills it."""

_Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A small grey picture with its time."""

    pts_s: float
    size: tuple[int, int]
    grey: NDArray[np.uint8]


class DenseFlow:
    r"""Optical flow by dense inverse search (Kroeger et al. 2016), a `MotionEstimator`.

    The newest frame is compared with one about 0.2 s older: one that was analysed, or one that it glanced at. Each cell
    takes the flow at its middle, with the confidence

    .. math:: c = 1 - \frac{\langle |I_1 - I_0 \circ f| \rangle}{\langle |I_1| \rangle}

    over a head and the trunk under it, I being the pictures without their slow changes of brightness. Where people are,
    each cell moves as the body under the nearest head does (`follow_people`). Where the flow explains too little,
    because the way is long beside a head, the patch is searched for; what is not found either, and what has no texture,
    is unknown. The motion of the camera is taken out (`find_shake`).

    Args:
        long_side_px: to which the pictures are made smaller.
        baseline_s: wanted time between the two frames; less while there is none, more at a lower rate.
    """

    def __init__(self, *, long_side_px: int = LONG_SIDE_PX, baseline_s: float = BASELINE_S) -> None:
        self._long_side_px = long_side_px
        self._baseline_s = baseline_s
        self._looks: list[_Look] = []
        self._size: tuple[int, int] | None = None
        self._newest_s = -np.inf
        self._drift_px = np.zeros(2)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._flow.setFinestScale(0)
        self._flow.setPatchSize(8)
        self._flow.setPatchStride(6)
        self._flow.setGradientDescentIterations(8)
        self._flow.setVariationalRefinementIterations(0)

    @property
    def name(self) -> str:
        """What the estimate is called."""
        return "dis"

    @property
    def remembered(self) -> int:
        """Number of frames that are remembered."""
        return len(self._looks)

    @property
    def glance_s(self) -> float:
        """So long before a frame it wants to glance at another one."""
        return self._baseline_s

    def glance(self, frame: Frame) -> None:
        """Remember a frame that nobody analyses, to compare the next one with it; frames come in order."""
        self._remember(self._look(frame))

    def estimate(self, frame: Frame, density: DensityMap | None = None) -> MotionField | None:
        """Return how the picture has moved up to this frame; frames come in order.

        Args:
            frame: the newest frame.
            density: the people in it, so that only they are searched for; None for everything that moves.

        Returns:
            None where there is nothing to compare with: no frame of the last 1.5 s, another size of the picture, time
            that does not advance; and while the whole picture drifts, so that nobody knows whether the camera turns.
        """
        passed_s = frame.pts_s - self._newest_s
        known = frame.size == self._size and 0 < passed_s <= LONGEST_GAP_S
        if not known:
            self._drift_px[:] = 0
        if passed_s <= 0:
            self._looks.clear()
        self._size, self._newest_s = frame.size, frame.pts_s
        new = self._look(frame)
        old = min(self._before(new), key=lambda look: abs(new.pts_s - look.pts_s - self._baseline_s), default=None)
        self._remember(new)
        self._forget(new.pts_s - self._baseline_s)
        if old is None:
            return None
        return self._compare(old, new, density, passed_s=passed_s if known else new.pts_s - old.pts_s)

    def _look(self, frame: Frame) -> _Look:
        return _Look(frame.pts_s, frame.size, _small_grey(frame.image, self._long_side_px))

    def _before(self, new: _Look) -> list[_Look]:
        return [old for old in self._looks if old.size == new.size and 0 < new.pts_s - old.pts_s <= LONGEST_GAP_S]

    def _remember(self, look: _Look) -> None:
        """Keep a frame in its place: glances may run ahead of the frames that are analysed."""
        insort(self._looks, look, key=lambda known: known.pts_s)
        del self._looks[:-MOST_LOOKS]

    def _forget(self, before_s: float) -> None:
        """Of the frames before a time keep only the newest."""
        older = sum(look.pts_s <= before_s for look in self._looks)
        del self._looks[: max(0, older - 1)]

    def _compare(self, old: _Look, new: _Look, density: DensityMap | None, *, passed_s: float) -> MotionField | None:
        height, width = new.grey.shape
        rows, columns = _middles(height), _middles(width)
        nothing = np.zeros((height, width, 2), dtype=np.float32)
        from_old: _Grey = np.asarray(self._flow.calc(new.grey, old.grey, nothing), dtype=np.float32)
        before, now = _without_shading(old.grey), _without_shading(new.grey)
        explained = _explained(before, now, from_old)
        cells = np.ix_(rows, columns)
        back, confidence = from_old[cells], explained[cells]
        x, y = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
        sure = confidence >= LEAST_CONFIDENCE
        here = np.stack((x, y), axis=2)
        shake = find_shake((here + back)[sure], here[sure], (width, height))
        baseline_s = new.pts_s - old.pts_s
        if self._drifts(shake, passed_s / baseline_s, passed_s):
            return None
        if density is None:
            search_patches(before, now, rows, columns, back, confidence, least=LEAST_CONFIDENCE)
        else:
            follow_people(density, (before, now), (from_old, explained), (back, confidence), rows, columns)
        confidence[~(confidence >= LEAST_CONFIDENCE)] = np.nan
        stayed_x, stayed_y = shake.follow(x + back[:, :, 0], y + back[:, :, 1])
        return self._field(np.stack((x - stayed_x, y - stayed_y), axis=2), confidence, (width, height), baseline_s)

    def _drifts(self, shake: Shake, share: float, passed_s: float) -> bool:
        """Whether the camera, if it is the camera, has gone further than shaking takes it."""
        self._drift_px = self._drift_px * np.exp(-passed_s / DRIFT_MEMORY_S) + share * shake.shift_px
        return bool(np.hypot(*self._drift_px) > LARGEST_DRIFT * self._long_side_px)

    def _field(self, moved: _Grey, confidence: _Grey, small_size: tuple[int, int], baseline_s: float) -> MotionField:
        """Bring displacements of the small picture to the full one."""
        assert self._size is not None
        full = np.array(self._size, dtype=np.float32) / np.array(small_size, dtype=np.float32)
        velocity = moved * full / np.float32(baseline_s)
        velocity[np.isnan(confidence)] = np.nan
        cell_px = float(CELL_PX * full[0]), float(CELL_PX * full[1])
        return MotionField(velocity.astype(np.float32), confidence, cell_px, self._size, baseline_s)


def _small_grey(image: Image, long_side_px: int) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    scale = min(1.0, long_side_px / max(grey.shape))
    size = max(16, round(grey.shape[1] * scale)), max(16, round(grey.shape[0] * scale))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _middles(length: int) -> NDArray[np.intp]:
    """Return the middle pixel of each cell along one side."""
    return np.minimum(np.arange(0, length, CELL_PX) + CELL_PX // 2, length - 1)


def _without_shading(grey: NDArray[np.uint8]) -> _Grey:
    """Return the picture less its local mean, so that a change of the light is no motion."""
    values = grey.astype(np.float32)
    return np.asarray(values - cv2.blur(values, (21, 21)), dtype=np.float32)


def _explained(before: _Grey, now: _Grey, back: _Grey) -> _Grey:
    """Return the share of the contrast around each pixel that the flow explains; NaN without texture."""
    contrast = _mean_size(now)
    share = 1 - _mean_size(now - _pulled(before, back)) / np.maximum(contrast, TEXTURE)
    return np.where(contrast < TEXTURE, np.nan, np.clip(share, 0, 1)).astype(np.float32)


def _mean_size(values: _Grey) -> _Grey:
    """Return the mean absolute value around each pixel."""
    side, up, down = AROUND_PX
    window = cv2.blur(np.abs(values), (2 * side + 1, up + down + 1), anchor=(side, up))
    return np.asarray(window, dtype=np.float32)


def _pulled(before: _Grey, flow: _Grey) -> _Grey:
    """Return the older picture as it would be now by the flow from the newer one."""
    places = _places(before.shape[0], before.shape[1]) + flow
    # OpenCV takes places as one array of pairs, which its types do not say.
    moved = cv2.remap(before, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(moved, dtype=np.float32)


@lru_cache(maxsize=4)
def _places(height: int, width: int) -> _Grey:
    """Return x and y of every pixel, (H, W, 2)."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.stack((x, y), axis=2)
