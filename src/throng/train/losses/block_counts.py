"""Absolute errors of the number of people in blocks of many sizes."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from throng.train.losses.targets import block_sums, cell_counts


@dataclass(frozen=True, slots=True)
class BlockCountLoss:
    r"""L1 over the counts in square blocks, from single cells up to whole crops.

    .. math:: L = \frac{1}{u B} \sum_k w_k \sum_{blocks\ of\ k \times k\ cells} |n - n'|

    Small blocks say where people are, large ones how many; no kernel has to be chosen. Blocks larger than the map are
    left out; a map that blocks do not divide is filled up with cells where nobody is.

    Attributes:
        blocks: k and its weight w.
        unit: u, people.
    """

    blocks: tuple[tuple[int, float], ...] = ((1, 0.25), (2, 0.5), (4, 1.0), (8, 1.0), (16, 1.0), (32, 0.5))
    unit: float = 20.0

    def __call__(self, output: Tensor, points: Sequence[Tensor], stride: int) -> Tensor:
        """Return the loss of densities (B, 1, h, w)."""
        rows, columns = output.shape[-2:]
        errors = output - cell_counts(points, (rows, columns), stride)
        total = errors.new_zeros(())
        for side, weight in self.blocks:
            if side == 1 or side <= max(rows, columns):
                total = total + weight * block_sums(errors, side).abs().sum()
        return total / (self.unit * len(output))
