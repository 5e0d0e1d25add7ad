"""Likelihood of the heads in each cell, if the network's density is their rate."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from throng.train.losses.targets import cell_counts

_FLOOR = 1e-6


@dataclass(frozen=True, slots=True)
class PoissonLoss:
    r"""Negative log-likelihood of a Poisson process.

    .. math:: L = \frac{1}{u B} \sum_{cells} \left(d - n \ln d \right)

    Unlike an absolute error, which is smallest at the median and so prefers nobody in a cell that is mostly empty, it
    is smallest when the density is the mean number of heads: it does not undercount sparse crowds. No kernel has to be
    chosen.

    Attributes:
        unit: u, people.
    """

    unit: float = 20.0

    def __call__(self, output: Tensor, points: Sequence[Tensor], stride: int) -> Tensor:
        """Return the loss of densities (B, 1, h, w)."""
        rows, columns = output.shape[-2:]
        heads = cell_counts(points, (rows, columns), stride)
        return (output - heads * torch.log(output + _FLOOR)).sum() / (self.unit * len(output))
