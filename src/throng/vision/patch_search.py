"""Finds where a patch was before, where the flow has lost it because it went far."""

import cv2
import numpy as np
from numpy.typing import NDArray

AROUND_PX = (7, 6, 14)
"""The patch reaches so far to both sides, up and down: a head of 6 px and the shoulders under it."""

SEARCH_PX = (26, 18)
"""How far a patch may have gone along x and y."""

LEAST_LIKENESS = 0.7
"""Least correlation of a find: the best of two thousand places by chance reaches 0.6."""

APART_PX = 4
CLEARLY = 0.1
"""A find is better by this much than every place further off than `APART_PX`: one of two alike is no find."""

MOST_PATCHES = 160
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
    """Search the cells that have texture and too little confidence; write what is found in `back` and
    `confidence`.

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
    (side, up, down), (across, along) = AROUND_PX, SEARCH_PX
    patches = cv2.copyMakeBorder(now, up, down, side, side, cv2.BORDER_REFLECT)
    windows = cv2.copyMakeBorder(before, up + along, down + along, side + across, side + across, cv2.BORDER_REFLECT)
    height, width = up + down + 1, 2 * side + 1
    for i, j in cells.tolist():
        y, x = int(rows[i]), int(columns[j])
        patch = patches[y : y + height, x : x + width]
        window = windows[y : y + height + 2 * along, x : x + width + 2 * across]
        likeness = cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED)
        _, best, _, (best_x, best_y) = cv2.minMaxLoc(likeness)
        # A best place on the border of the search is the slope of a better one outside.
        if best < LEAST_LIKENESS or not (0 < best_x < 2 * across and 0 < best_y < 2 * along):
            continue
        likeness[max(best_y - APART_PX, 0) : best_y + APART_PX + 1, max(best_x - APART_PX, 0) : best_x + APART_PX + 1] = 0
        if best - likeness.max() < CLEARLY:
            continue
        around = slice(max(i - 1, 0), i + 2), slice(max(j - 1, 0), j + 2)
        better = lost[around] & (confidence[around] < best)
        confidence[around][better] = best
        back[around][better] = best_x - across, best_y - along
