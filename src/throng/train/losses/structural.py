"""SANet's loss: squared error and structural similarity of the density maps (Cao et al., ECCV 2018)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from throng.train.errors import TrainError
from throng.train.losses.mse import Kernel, blurred_density

SSIM_WINDOW = 11
SSIM_SIGMA = 1.5
_C1, _C2 = 0.01**2, 0.03**2


@dataclass(frozen=True, slots=True)
class StructuralLoss:
    r"""Mean squared error plus local inconsistency.

    .. math:: L = \overline{(s D - s D')^2} + \alpha \left(1 - \overline{SSIM(s D, s D')}\right)

    Attributes:
        alpha: weight of the second part.
        kernel, sigma_px: of the density that is wanted, as for `MseLoss`.
        scale: s; without it the densities of single pixels vanish beside the constants of SSIM.
    """

    alpha: float = 0.001
    kernel: Kernel = "fixed"
    sigma_px: float = 4.0
    scale: float = 100.0

    def __call__(self, output: Tensor, points: Sequence[Tensor], stride: int) -> Tensor:
        """Return the loss of densities (B, 1, h, w), at least 11 × 11 cells."""
        target = blurred_density(points, output, stride, kernel=self.kernel, sigma_px=self.sigma_px)
        got, wanted = self.scale * output, self.scale * target
        return (got - wanted).square().mean() + self.alpha * (1 - mean_ssim(got, wanted))


def mean_ssim(first: Tensor, second: Tensor) -> Tensor:
    """Return the mean structural similarity of two batches of maps (Wang et al., 2004).

    The window is 11 × 11, Gaussian with sigma 1.5, C1 = 0.01², C2 = 0.03², and lies wholly inside the maps.

    Args:
        first, second: (B, 1, h, w).

    Raises:
        TrainError: the maps are smaller than the window.
    """
    if min(first.shape[-2:]) < SSIM_WINDOW:
        raise TrainError(
            f"the structural loss needs maps of at least {SSIM_WINDOW} × {SSIM_WINDOW} cells, got "
            f"{first.shape[-1]} × {first.shape[-2]}; take larger crops or a network with a smaller stride"
        )
    offsets = torch.arange(SSIM_WINDOW, device=first.device, dtype=first.dtype) - SSIM_WINDOW // 2
    weights = torch.softmax(-offsets.square() / (2 * SSIM_SIGMA**2), dim=0)
    window = torch.outer(weights, weights)[None, None]
    moments = torch.cat((first, second, first * first, second * second, first * second), dim=1)
    means = functional.conv2d(moments, window.expand(5, 1, -1, -1), groups=5)
    mean_1, mean_2, square_1, square_2, product = means.unbind(dim=1)
    variance_1, variance_2 = square_1 - mean_1.square(), square_2 - mean_2.square()
    covariance = product - mean_1 * mean_2
    likeness = (2 * mean_1 * mean_2 + _C1) / (mean_1.square() + mean_2.square() + _C1)
    structure = (2 * covariance + _C2) / (variance_1 + variance_2 + _C2)
    return (likeness * structure).mean()
