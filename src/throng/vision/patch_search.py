"""Finds where a patch was before, where the flow has lost it because it went far."""

import cv2
import numpy as np
from numpy.typing import NDArray

AROUND_PX = (4, 4, 10)
"""The patch reaches so far to both sides, up and down: a head of 6 px and the trunk under it, with little of the
background at its sides, which does not come along."""

SEARCH_PX = (26, 18)
"""How far a patch may have gone along x and y."""

LEAST_LIKENESS = 0.8
"""Least correlation of a find where nobody knows whether anybody is there: the best of two thousand places by chance
often reaches 0.7."""

APART_PX = 4
CLEARLY = 0.03
"""A find is better by this much than every place further off than `APART_PX`: one of two alike is no find."""

GAIN = 0.2
"""Correlation by which a find is better than the way that the flow tells: people in a crowd look alike."""

MOST_PATCHES = 200
"""Searches per frame; those of a picture with more are spread over it evenly."""

_Values = NDArray[np.float32]


def search_patches(
    before: _Values,
    now: _Values,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    back: _Values,
    confidence: _Values,
    *,
    least: float,
) -> None:
    """Search the cells that have texture and too little confidence, and write down where they were.

    Every second cell along both sides is searched by normalised correlation; a find also stands for those of its
    neighbours that know no better.

    Args:
        before: (H, W) the older picture without shading.
        now: (H, W) the newer one.
        rows: (h,) the middle row of each cell.
        columns: (w,) the middle column of each cell.
        back: (h, w, 2) displacement from the newer to the older picture, pixels; changed.
        confidence: (h, w), NaN without texture; changed to the correlation of what is found.
        least: confidence below which a cell is searched.
    """
    lost = confidence < least
    searched = lost.copy()
    searched[1::2] = False
    searched[:, 1::2] = False
    cells = np.argwhere(searched)
    if len(cells) > MOST_PATCHES:
        cells = cells[np.linspace(0, len(cells) - 1, MOST_PATCHES).astype(np.intp)]
    middles = np.column_stack((columns[cells[:, 1]], rows[cells[:, 0]]))
    likeness, ways = find_patches(before, now, middles, least_likeness=LEAST_LIKENESS)
    for found in np.flatnonzero(np.isfinite(likeness)).tolist():
        i, j = cells[found].tolist()
        around = slice(max(i - 1, 0), i + 2), slice(max(j - 1, 0), j + 2)
        better = lost[around] & (confidence[around] < likeness[found])
        confidence[around][better] = likeness[found]
        back[around][better] = ways[found]


def find_patches(
    before: _Values, now: _Values, middles: NDArray[np.intp], *, least_likeness: float, told: _Values | None = None
) -> tuple[_Values, _Values]:
    """Search the patch around each middle (x, y), (n, 2), in the older picture by normalised correlation.

    Args:
        before: (H, W) the older picture without shading.
        now: (H, W) the newer one.
        middles: (n, 2) x and y of the patches in the newer picture.
        least_likeness: least correlation of a find.
        told: (n, 2) the ways that the flow tells, NaN where it tells nothing; a find is better by `GAIN` than what is
            there. None for no flow.

    Returns:
        the correlation of each find, (n,), and the way to it in pixels, (n, 2); NaN where nothing is found.
    """
    likeness, ways = np.full(len(middles), np.nan, dtype=np.float32), np.full(middles.shape, np.nan, dtype=np.float32)
    (side, up, down), (across, along) = AROUND_PX, SEARCH_PX
    patches = cv2.copyMakeBorder(now, up, down, side, side, cv2.BORDER_REFLECT)
    windows = cv2.copyMakeBorder(before, up + along, down + along, side + across, side + across, cv2.BORDER_REFLECT)
    height, width = up + down + 1, 2 * side + 1
    for n, (x, y) in enumerate(middles.tolist()):
        patch = patches[y : y + height, x : x + width]
        window = windows[y : y + height + 2 * along, x : x + width + 2 * across]
        alike: _Values = np.asarray(cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED), dtype=np.float32)
        _, best, _, (best_x, best_y) = cv2.minMaxLoc(alike)
        # A best place on the border of the search is the slope of a better one outside.
        if told is not None and best < _near(alike, float(told[n, 0]) + across, float(told[n, 1]) + along) + GAIN:
            continue
        if best < least_likeness or not (0 < best_x < 2 * across and 0 < best_y < 2 * along):
            continue
        alike[max(best_y - APART_PX, 0) : best_y + APART_PX + 1, max(best_x - APART_PX, 0) : best_x + APART_PX + 1] = 0
        if best - alike.max() >= CLEARLY:
            likeness[n], ways[n] = best, (best_x - across, best_y - along)
    return likeness, ways


def _near(alike: _Values, x: float, y: float) -> float:
    """Return the best correlation within a pixel of a place; -1 outside, and for no place (NaN)."""
    if not np.isfinite((x, y)).all():
        return -1.0
    column, row = round(x), round(y)
    near = alike[max(row - 1, 0) : max(row + 2, 0), max(column - 1, 0) : max(column + 2, 0)]
    return float(near.max()) if near.size else -1.0
