"""Whether a picture shows anything at all."""

import numpy as np

from throng.core.points import Image

SAMPLES = 64
"""Pixels looked at along the longer side."""
DARK, BRIGHT = 24, 238
"""Grey values of a covered lens and of an overexposed picture."""
SAME = 8
"""Grey values by which pixels of one colour differ, noise and compression included."""
SHARE = 0.97
"""Share of the picture that must be without content; the rest may be a caption such as "no signal"."""
ROW_STEP = 8


def picture_fault(image: Image) -> str | None:
    """Tell in plain words why a picture cannot show people; None when it can.

    About 2,300 pixels on a grid are looked at. A picture is black, white or of one colour when 97 % of them are.

    Args:
        image: (H, W, 3) uint8, BGR.
    """
    step = max(1, max(image.shape[:2]) // SAMPLES)
    pixels = image[step // 2 :: step, step // 2 :: step].reshape(-1, 3).T.astype(np.int16)
    if pixels.size == 0:
        return "the picture is empty"
    if _share(pixels.max(axis=0) <= DARK) >= SHARE:
        return "the picture is black: is the lens covered, or is it night without light?"
    if _share(pixels.min(axis=0) >= BRIGHT) >= SHARE:
        return "the picture is white: is the camera blinded by light?"
    middle = np.partition(pixels, pixels.shape[1] // 2, axis=1)[:, pixels.shape[1] // 2, None]
    if _share((np.abs(pixels - middle) <= SAME).all(axis=0)) >= SHARE:
        return "the picture is of one colour: is the lens covered, or does the camera send a test picture?"
    return None


class FrozenWatch:
    """Tells when a live stream keeps sending the same picture.

    Two pictures are the same when every eighth row is identical bit by bit; the noise of a working camera, and each
    key frame of a compressed stream, change some of them.

    Args:
        after_s: how long the picture must stay the same, stream time.
    """

    def __init__(self, after_s: float = 10.0) -> None:
        self._after_s = after_s
        self._rows: Image | None = None
        self._since_s = 0.0

    def update(self, image: Image, pts_s: float) -> str | None:
        """Look at the next picture; return what is wrong in plain words, None when nothing is."""
        rows = image[ROW_STEP // 2 :: ROW_STEP]
        if self._rows is None or pts_s < self._since_s or not np.array_equal(rows, self._rows):
            self._rows, self._since_s = rows.copy(), pts_s
            return None
        same_s = pts_s - self._since_s
        if same_s <= self._after_s:
            return None
        return f"the picture has not changed for {same_s:.0f} s: the camera or a relay repeats an old one"


def _share(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    return float(np.count_nonzero(mask)) / len(mask)
