"""From head points to what a density map should be: people per cell, hard or blurred.

Points are pixels of the crop with the centre of the top left pixel at (0, 0), so cell i of a map with stride s spans
s·i − ½ to s·(i + 1) − ½. Every target sums to the number of heads.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

ADAPTIVE_BETA = 0.3
"""Share of the distance to the neighbours that is taken as the kernel's sigma (Zhang et al., CVPR 2016)."""

NEIGHBOURS = 3
_MIN_SIGMA_PX = 0.5


def cell_counts(points: Sequence[Tensor], size: tuple[int, int], stride: int) -> Tensor:
    """Return the heads in each cell.

    Args:
        points: per picture (N, 2) x, y in pixels, N may be 0; those on the edge count in the nearest cell.
        size: rows and columns of the map.
        stride: pixels per side of a cell.

    Returns:
        (B, 1, rows, columns) float32.
    """
    rows, columns = size
    joined = torch.cat([own.reshape(-1, 2) for own in points])
    picture = torch.repeat_interleave(
        torch.arange(len(points), device=joined.device),
        torch.tensor([len(own) for own in points], device=joined.device),
    )
    cells = torch.floor((joined + 0.5) / stride).long()
    index = (picture * rows + cells[:, 1].clamp(0, rows - 1)) * columns + cells[:, 0].clamp(0, columns - 1)
    counts = torch.zeros(len(points) * rows * columns, device=joined.device)
    counts.index_add_(0, index, torch.ones(len(joined), device=joined.device))
    return counts.view(len(points), 1, rows, columns)


def gaussian_density(points: Tensor, size: tuple[int, int], stride: int, sigma_px: float | Tensor) -> Tensor:
    """Return a density with a Gaussian on each head, integrated over the cells.

    What of a kernel lies outside of the map is given back to the cells inside, so that every head counts 1.

    Args:
        points: (N, 2) x, y in pixels.
        size: rows and columns of the map.
        stride: pixels per side of a cell.
        sigma_px: of all kernels, or (N,) of each.

    Returns:
        (rows, columns) float32.
    """
    sigma = torch.as_tensor(sigma_px, dtype=torch.float32, device=points.device).expand(len(points))
    across = _cell_masses(points[:, 0], sigma, size[1], stride)
    down = _cell_masses(points[:, 1], sigma, size[0], stride)
    return down.T @ across


def adaptive_sigmas(points: Tensor, image_size: tuple[int, int]) -> Tensor:
    """Return a sigma for each head: 0.3 times the mean distance to its three nearest neighbours.

    With fewer neighbours the mean is over those; somebody alone gets a quarter of the mean side of the picture.

    Args:
        points: (N, 2) x, y in pixels.
        image_size: width and height in pixels.

    Returns:
        (N,) pixels, at least 0.5.
    """
    n = len(points)
    if n < 2:
        return points.new_full((n,), sum(image_size) / 2 / 4)
    distances = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
    distances.fill_diagonal_(math.inf)
    nearest = distances.topk(min(NEIGHBOURS, n - 1), largest=False).values
    return (ADAPTIVE_BETA * nearest.mean(dim=1)).clamp(min=_MIN_SIGMA_PX)


def cell_centres(size: tuple[int, int], stride: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return x (columns,) and y (rows,) of the centres of the cells in pixels."""
    y, x = ((torch.arange(n, device=device) + 0.5) * stride - 0.5 for n in size)
    return x, y


def _cell_masses(centres: Tensor, sigma: Tensor, cells: int, stride: int) -> Tensor:
    """Return the share of each one-dimensional kernel in each cell, (N, cells); rows sum to 1."""
    edges = torch.arange(cells + 1, device=centres.device, dtype=torch.float32) * stride - 0.5
    inside = centres.clamp(-0.5, cells * stride - 0.5)
    below = torch.special.ndtr((edges[None] - inside[:, None]) / sigma[:, None])
    masses = below.diff(dim=1)
    return masses / masses.sum(dim=1, keepdim=True)


def block_sums(cells: Tensor, side: int) -> Tensor:
    """Return the sums over square blocks of cells, (B, 1, h, w) to (B, 1, ceil(h/side), ceil(w/side))."""
    rows, columns = cells.shape[-2:]
    filled = functional.pad(cells, (0, -columns % side, 0, -rows % side))
    return functional.avg_pool2d(filled, side) * side**2
