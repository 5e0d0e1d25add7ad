"""Squared error against a blurred density map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from throng.train.losses.targets import adaptive_sigmas, gaussian_density

Kernel = Literal["fixed", "adaptive"]


@dataclass(frozen=True, slots=True)
class MseLoss:
    r"""Pixel-wise Euclidean loss of MCNN and CSRNet.

    .. math:: L = \frac{1}{2B} \sum_{b} \sum_{cells} (s D - s D')^2

    Attributes:
        kernel: `fixed`, or `adaptive` to the distance of the neighbours for dense crowds of many sizes.
        sigma_px: of the fixed kernel.
        scale: s, by which both maps are multiplied.
    """

    kernel: Kernel = "fixed"
    sigma_px: float = 8.0
    scale: float = 1.0

    def __call__(self, output: Tensor, points: Sequence[Tensor], stride: int) -> Tensor:
        """Return the loss of densities (B, 1, h, w)."""
        target = blurred_density(points, output, stride, kernel=self.kernel, sigma_px=self.sigma_px)
        return (self.scale * (output - target)).square().sum() / (2 * len(output))


def blurred_density(points: Sequence[Tensor], like: Tensor, stride: int, *, kernel: Kernel, sigma_px: float) -> Tensor:
    """Return the densities that the points should give, (B, 1, h, w) as `like`."""
    rows, columns = like.shape[-2:]
    maps = []
    for own in points:
        sigma = sigma_px if kernel == "fixed" else adaptive_sigmas(own, (columns * stride, rows * stride))
        maps.append(gaussian_density(own, (rows, columns), stride, sigma))
    return torch.stack(maps)[:, None]
