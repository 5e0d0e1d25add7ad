"""How people move whom a density map shows: each moves as the body under its head does."""

import numpy as np
from numpy.typing import NDArray

from throng.core.density_map import DensityMap
from throng.vision.patch_search import find_patches

SOMEBODY = 0.03
"""People in the densest cell of a neighbourhood from which on somebody is there."""

SURE = 0.7
"""A motion that explains less of what is seen than this is held against the best that a search finds."""

LOST = 0.35
"""A motion that explains less than this tells nothing: any find is better."""

LEAST_LIKENESS = 0.6
"""Least correlation of a find. Chance reaches that, but seldom in one place alone; and somebody who runs looks no more
like himself a step later."""

TRUNK_PX = 4
"""The flow is taken so far under the head: the trunk is wider and moves as steadily."""

CLIMBS = 2
"""Steps from a cell to the densest one near it: two cells are about a head."""

MOST_PEOPLE = 200
"""Searches per frame; those of a picture with more are spread over it evenly."""

_Values = NDArray[np.float32]


def follow_people(
    density: DensityMap,
    pictures: tuple[_Values, _Values],
    flow: tuple[_Values, _Values],
    cells: tuple[_Values, _Values],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
) -> None:
    """Give the cells with people the motion of the head that is nearest to them.

    At the edge of a head the flow is that of the ground as often as that of the body. Heads are where the map is
    densest; where the flow there is doubtful, the body is searched for.

    Args:
        density: the people in the picture.
        pictures: (H, W) the older and the newer picture without shading, smaller than that of the map.
        flow: (H, W, 2) displacement from the newer to the older picture, pixels, and (H, W) its confidence.
        cells: (h, w, 2) and (h, w) the same at some rows and columns only; changed.
        rows: (h,) those rows.
        columns: (w,) those columns.
    """
    (height, width), (back, confidence) = pictures[1].shape, cells
    peaks, of_cell = np.unique(_nearest_peaks(density.people), return_inverse=True)
    middles = density.centres()[peaks] * (np.array((width, height)) / np.array(density.image_size))
    x, y = np.rint(middles).astype(np.intp).clip(0, (width - 1, height - 1)).T
    ways, sure = flow[0][np.minimum(y + TRUNK_PX, height - 1), x], flow[1][y, x]
    occupied = density.people.ravel()[peaks] >= SOMEBODY
    doubtful = np.flatnonzero(occupied & (sure < SURE))
    doubtful = doubtful[np.linspace(0, len(doubtful) - 1, min(len(doubtful), MOST_PEOPLE)).astype(np.intp)]
    places = np.column_stack((x, y))[doubtful]
    told = np.where((sure[doubtful] < LOST)[:, None], np.nan, ways[doubtful])
    likeness, found = find_patches(*pictures, places, least_likeness=LEAST_LIKENESS, told=told)
    better = np.isfinite(likeness)
    ways[doubtful[better]], sure[doubtful[better]] = found[better], likeness[better]
    to_cell = np.array(density.image_size) / (width, height) / density.cell_px
    last = np.array(density.people.shape) - 1
    shown = np.ix_(
        np.minimum((rows + 0.5) * to_cell[1], last[0]).astype(np.intp),
        np.minimum((columns + 0.5) * to_cell[0], last[1]).astype(np.intp),
    )
    nearest = of_cell.reshape(density.people.shape)[shown]
    taken = occupied[nearest] & np.isfinite(sure[nearest])
    back[taken], confidence[taken] = ways[nearest[taken]], sure[nearest[taken]]


def _nearest_peaks(people: _Values) -> NDArray[np.intp]:
    """Return for each cell, row by row, the index of the densest one within two cells that a climb leads to."""
    rows, columns = people.shape
    padded = np.pad(people, 1, constant_values=-1)
    index = np.pad(np.arange(people.size).reshape(people.shape), 1)
    windows = [(slice(dy, dy + rows), slice(dx, dx + columns)) for dy in range(3) for dx in range(3)]
    highest = np.stack([padded[window] for window in windows]).argmax(axis=0)
    up = np.take_along_axis(np.stack([index[window] for window in windows]), highest[None], axis=0)[0].ravel()
    peaks = np.arange(people.size)
    for _ in range(CLIMBS):
        peaks = up[peaks]
    return np.asarray(peaks, dtype=np.intp)
