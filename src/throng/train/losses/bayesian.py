"""Bayesian loss: each head expects one person, wherever around it (Ma et al., ICCV 2019)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from throng.train.losses.targets import cell_centres


@dataclass(frozen=True, slots=True)
class BayesianLoss:
    r"""L1 between 1 and the expected count of each head, with a background that expects nobody.

    .. math:: p(y_n | x_m) = \frac{N(x_m; z_n, \sigma^2)}{\sum_k N(x_m; z_k, \sigma^2)}, \quad
              E[c_n] = \sum_m p(y_n | x_m) D(x_m), \quad
              L = \frac1B \sum_b \left( \sum_n |1 - E[c_n]| + |E[c_0]| \right)

    The background is one more point, for every cell at the distance :math:`|d - \min_n |x_m - z_n||`.

    Attributes:
        sigma_px: how far from a head its people may be drawn.
        background: d as a share of the shorter side of the crop; 0 for no background.
    """

    sigma_px: float = 8.0
    background: float = 0.15

    def __call__(self, output: Tensor, points: Sequence[Tensor], stride: int) -> Tensor:
        """Return the loss of densities (B, 1, h, w)."""
        losses = [self._of_picture(density[0], own, stride) for density, own in zip(output, points, strict=True)]
        return torch.stack(losses).mean()

    def _of_picture(self, density: Tensor, points: Tensor, stride: int) -> Tensor:
        if len(points) == 0:
            return density.sum().abs()
        squared = squared_distances(points, density, stride)
        expected = torch.ones(len(points), device=density.device)
        if self.background > 0:
            reach = self.background * stride * min(density.shape)
            nearest = squared.min(dim=0, keepdim=True).values
            squared = torch.cat((squared, (reach - nearest.sqrt()).square()))
            expected = torch.cat((expected, expected.new_zeros(1)))
        posterior = torch.softmax(-squared / (2 * self.sigma_px**2), dim=0)
        return (expected - posterior @ density.flatten()).abs().sum()


def squared_distances(points: Tensor, density: Tensor, stride: int) -> Tensor:
    """Return the squared distance of each point to the centre of each cell, (N, h·w) px²."""
    rows, columns = density.shape
    x, y = cell_centres((rows, columns), stride, density.device)
    across = (points[:, :1] - x).square()
    down = (points[:, 1:] - y).square()
    return (down[:, :, None] + across[:, None, :]).flatten(1)
