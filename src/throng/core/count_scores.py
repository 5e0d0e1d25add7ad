"""How good a counter is beyond its count: where it sees people, map by map and head by head."""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import convolve1d
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.spatial import KDTree

from throng.core.density_map import DensityMap
from throng.core.points import FloatArray, ImagePoints
from throng.core.scoring import DetectionScore

GAME_LEVELS = 4
"""GAME(0) to GAME(3): 1, 4, 16 and 64 fields."""

KERNEL_SIGMA_PX = (4.0, 15.0)
"""Smallest and largest kernel of the true map: those of C3 and of CSRNet for places where people stand apart."""

LONGEST_MAP_PX = 2048
"""Longer side from which maps are compared on a smaller copy of the picture, as is usual for UCF-QNRF."""

_NEIGHBOURS = 3
_BETA = 0.3
_REACH_SIGMAS = 3.0
_SSIM_TAPS = 11
_SSIM_SIGMA_PX = 1.5

Pixels = NDArray[np.float32]


def normalised_error(measured: ArrayLike, truth: ArrayLike) -> float:
    r"""Return the mean error as a share of the truth; NaN when nobody is in any picture.

    .. math:: NAE = \frac1{|\{t_i > 0\}|} \sum_{t_i > 0} |m_i - t_i| / t_i

    over the pictures with people only (Wang et al., NWPU-Crowd, TPAMI 43, 2021).

    Args:
        measured, truth: (N,) people in each picture.
    """
    m, t = np.asarray(measured, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    some = t > 0
    return float((np.abs(m - t)[some] / t[some]).mean()) if some.any() else float("nan")


def field_errors(density: DensityMap, heads: ImagePoints) -> FloatArray:
    r"""Return the grid average mean errors of one picture, (4,): right people in the wrong place count as errors.

    .. math:: GAME(L) = \sum_{l=1}^{4^L} |m^l - t^l|

    (Guerrero-Gomez-Olmedo et al., IbPRIA 2015), over :math:`2^L \times 2^L` equal fields of the picture; the mean over
    the pictures is the GAME of a dataset, and that of GAME(0) its MAE. A cell on the border of two fields is shared
    out by area.

    Args:
        density: what was measured.
        heads: (N, 2) pixels of the people that are there, all in the picture.
    """
    pairs = (field_counts(density, heads, level=level) for level in range(GAME_LEVELS))
    return np.array([np.abs(measured - true).sum() for measured, true in pairs])


def field_counts(density: DensityMap, heads: ImagePoints, *, level: int) -> tuple[FloatArray, FloatArray]:
    """Return the measured and the true people in each of 2^level × 2^level equal fields of a picture, both (n, n).

    Args:
        density: what was measured; a cell on the border of two fields is shared out by area.
        heads: (N, 2) pixels of the people that are there, all in the picture.
        level: 0 for the whole picture.
    """
    width, height = density.image_size
    x, y = (np.linspace(0, side, 2**level + 1) for side in (width, height))
    rows = _shares(density.people.shape[0], density.cell_px[1], y)
    columns = _shares(density.people.shape[1], density.cell_px[0], x)
    places = np.clip(heads + 0.5, 0, (width, height))
    true, _, _ = np.histogram2d(places[:, 1], places[:, 0], bins=(y, x))
    return np.asarray(rows @ density.people @ columns.T, dtype=np.float64), true


def _shares(cells: int, cell_px: float, borders: FloatArray) -> FloatArray:
    """Return which share of each cell's visible part lies in each field, (F, C), along one side of the picture."""
    edges = np.minimum(np.arange(cells + 1) * cell_px, borders[-1])
    seen = np.diff(edges)
    overlap = np.array([np.minimum(edges[1:], high) - np.maximum(edges[:-1], low) for low, high in pairwise(borders)])
    shares = np.divide(np.clip(overlap, 0, None), seen, out=np.zeros_like(overlap), where=seen > 1e-9)
    shares[-1, seen <= 1e-9] = 1.0
    return np.asarray(shares, dtype=np.float64)


def heads_score(found: ImagePoints, present: ImagePoints, *, within_px: float) -> DetectionScore:
    """Score the head points of one picture: pairs one to one, as many as possible, none further apart than a limit.

    The number of pairs is the largest possible one (Hopcroft and Karp 1973), which is what
    `throng.core.scoring.match_pairs` gives too; only pairs within reach are ever looked at, so that ten thousand heads
    take milliseconds.

    Args:
        found: (N, 2) pixels.
        present: (M, 2) pixels.
        within_px: largest distance of a pair, ends included.
    """
    if len(found) == 0 or len(present) == 0:
        return DetectionScore(0, len(found), len(present))
    near = KDTree(found).sparse_distance_matrix(KDTree(present), within_px, output_type="ndarray")
    ones = np.ones(len(near), dtype=np.int8)
    graph = csr_array((ones, (near["i"], near["j"])), shape=(len(found), len(present)))
    partners = maximum_bipartite_matching(graph, perm_type="column")
    return DetectionScore(int((partners >= 0).sum()), len(found), len(present))


def f1(score: DetectionScore) -> float:
    """Return the harmonic mean of precision and recall, 2 matched / (found + present); NaN for nobody in both."""
    both = score.found + score.present
    return 2 * score.matched / both if both else float("nan")


def map_scores(density: DensityMap, heads: ImagePoints) -> tuple[float, float]:
    r"""Compare a density map with the true one pixel by pixel: PSNR in dB and SSIM.

    .. math:: PSNR = 10 \log_{10} \frac{\max(T)^2}{\mathrm{mean}((D - T)^2)}

    SSIM (Wang et al., IEEE TIP 13, 2004) has an 11×11 Gaussian window of 1.5 px and takes :math:`\max(T)` as the range
    of values. Both maps have the size of the picture, its longer side at most `LONGEST_MAP_PX`, and the sum of their
    people; the true one is `true_map`. Papers differ in kernel and size, so numbers of other programs are comparable
    only where they did the same.

    Args:
        density: what was measured.
        heads: (N, 2) pixels of the people that are there.

    Returns:
        PSNR (infinite for equal maps) and SSIM in [-1, 1]; both NaN when nobody is there.
    """
    if len(heads) == 0:
        return float("nan"), float("nan")
    factor = min(1.0, LONGEST_MAP_PX / max(density.image_size))
    width, height = (max(1, round(side * factor)) for side in density.image_size)
    stretch = np.array([width, height]) / density.image_size
    true = true_map(ImagePoints((heads + 0.5) * stretch - 0.5), (width, height))
    measured = people_per_pixel(density, (width, height))
    peak = float(true.max())
    mean_square = float(np.square(measured - true, dtype=np.float64).mean())
    psnr = float("inf") if mean_square == 0 else 10 * np.log10(peak**2 / mean_square)
    return float(psnr), _ssim(measured, true, peak)


def true_map(heads: ImagePoints, image_size: tuple[int, int]) -> Pixels:
    r"""Return people per pixel around labelled heads, (H, W) float32: a Gaussian for each, which sums to 1.

    .. math:: \sigma_i = 0.3 \; \bar d_i

    with the mean distance to the three nearest heads (the geometry-adaptive kernel of Zhang et al., CVPR 2016), held
    within `KERNEL_SIGMA_PX`: where people stand apart it is the fixed kernel of CSRNet, in a dense crowd never finer
    than a network's cell. Each kernel is cut at 3 sigma and at the border, and normalised after that.

    Args:
        heads: (N, 2) pixels, all in the picture.
        image_size: width and height in pixels.
    """
    width, height = image_size
    canvas = np.zeros((height, width), dtype=np.float32)
    for (x, y), sigma in zip(heads.tolist(), _kernel_sigmas_px(heads).tolist(), strict=True):
        reach = _REACH_SIGMAS * sigma
        columns = np.arange(max(0, round(x - reach)), min(width - 1, round(x + reach)) + 1)
        rows = np.arange(max(0, round(y - reach)), min(height - 1, round(y + reach)) + 1)
        across, down = _bell(columns - x, sigma), _bell(rows - y, sigma)
        canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += np.outer(down, across)
    return canvas


def _kernel_sigmas_px(heads: ImagePoints) -> FloatArray:
    smallest, largest = KERNEL_SIGMA_PX
    if len(heads) <= _NEIGHBOURS:
        return np.full(len(heads), largest)
    distances = np.asarray(KDTree(heads).query(heads, k=_NEIGHBOURS + 1)[0])
    return np.asarray(np.clip(_BETA * distances[:, 1:].mean(axis=1), smallest, largest), dtype=np.float64)


def _bell(offsets: FloatArray, sigma: float) -> Pixels:
    weights = np.exp(-0.5 * np.square(offsets / sigma))
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def people_per_pixel(density: DensityMap, size: tuple[int, int]) -> Pixels:
    """Return a density map on the pixels of a picture, (H, W) float32: linear between the cells, the same sum.

    Args:
        density: the map.
        size: width and height wanted, the picture's own or a smaller copy's.
    """
    (rows, columns), (width, height) = density.people.shape, size
    stretch_x, stretch_y = width / density.image_size[0], height / density.image_size[1]
    down = _linear(rows, density.cell_px[1] * stretch_y, height)
    across = _linear(columns, density.cell_px[0] * stretch_x, width)
    spread = np.asarray(down @ (across @ density.people.T).T, dtype=np.float32)
    total = float(spread.sum(dtype=np.float64))
    return spread if total == 0 else spread * np.float32(density.total / total)


def _linear(cells: int, cell_px: float, pixels: int) -> csr_array:
    """Return the weights (P, C) that interpolate linearly between the centres of cells."""
    place = np.clip((np.arange(pixels) + 0.5) / cell_px - 0.5, 0, cells - 1)
    low = np.minimum(np.floor(place).astype(np.int32), max(cells - 2, 0))
    share = (place - low).astype(np.float32)
    columns = np.column_stack((low, np.minimum(low + 1, cells - 1))).ravel()
    weights = np.column_stack((1 - share, share)).ravel()
    return csr_array((weights, columns, np.arange(pixels + 1) * 2), shape=(pixels, cells))


def _ssim(a: Pixels, b: Pixels, peak: float) -> float:
    half = _SSIM_TAPS // 2
    window = _bell(np.linspace(-half, half, _SSIM_TAPS), _SSIM_SIGMA_PX)

    def smooth(values: Pixels) -> Pixels:
        return np.asarray(convolve1d(convolve1d(values, window, axis=0), window, axis=1), dtype=np.float32)

    a, b = a / np.float32(peak), b / np.float32(peak)
    mean_a, mean_b = smooth(a), smooth(b)
    spread_a, spread_b = smooth(a * a) - mean_a**2, smooth(b * b) - mean_b**2
    together = smooth(a * b) - mean_a * mean_b
    alike = (2 * mean_a * mean_b + 0.01**2) * (2 * together + 0.03**2)
    return float((alike / ((mean_a**2 + mean_b**2 + 0.01**2) * (spread_a + spread_b + 0.03**2))).mean(dtype=np.float64))
