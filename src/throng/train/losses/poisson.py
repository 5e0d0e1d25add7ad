"""Likelihood of the heads in each cell, if the network's density is their rate."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from throng.train.losses.targets import block_sums, cell_counts

_FLOOR = 1e-6


@dataclass(frozen=True, slots=True)
class PoissonLoss:
    r"""Negative log-likelihood of a Poisson process.

    .. math:: L = \frac{1}{u B} \sum_k w_k \sum_{blocks\ of\ k \times k\ cells} \left(d - n \ln d \right)

    Unlike an absolute error, which is smallest at the median and so prefers nobody in a cell that is mostly empty, it
    is smallest when the density is the mean number of heads: it does not undercount sparse crowds. No kernel has to be
    chosen.

    Attributes:
        blocks: k and its weight w; blocks larger than the map are left out.
        unit: u, people.
    """

    blocks: tuple[tuple[int, float], ...] = ((1, 1.0),)
    unit: float = 20.0

    def __call__(self, output: Tensor, points: Sequence[Tensor], stride: int) -> Tensor:
        """Return the loss of densities (B, 1, h, w)."""
        rows, columns = output.shape[-2:]
        heads = cell_counts(points, (rows, columns), stride)
        total = output.new_zeros(())
        for side, weight in self.blocks:
            if side == 1 or side <= max(rows, columns):
                density, people = block_sums(output, side), block_sums(heads, side)
                total = total + weight * (density - people * torch.log(density + _FLOOR)).sum()
        return total / (self.unit * len(output))
