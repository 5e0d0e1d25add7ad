"""Focal loss on a heat map of heads (Zhou et al., Objects as Points, 2019)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from throng.train.losses.targets import cell_counts


@dataclass(frozen=True, slots=True)
class HeadPointLoss:
    r"""Cells with a head should say so, cells near one are excused in part, all others should be silent.

    .. math:: L = -\frac{1}{\max(1, P)} \sum_{cells} \begin{cases}
              (1 - p)^2 \log p & \text{with a head} \\ (1 - t)^4 p^2 \log(1 - p) & \text{elsewhere} \end{cases}

    with :math:`p` the sigmoid of the logits, P the number of cells with a head and t the sum of unit-height Gaussians
    on those cells, at most 1.

    Attributes:
        sigma_cells: of the Gaussians.
        radius_cells: where they are cut off.
    """

    sigma_cells: float = 0.8
    radius_cells: int = 2

    def __call__(self, output: Tensor, points: Sequence[Tensor], stride: int) -> Tensor:
        """Return the loss of logits (B, 1, h, w)."""
        rows, columns = output.shape[-2:]
        heads = cell_counts(points, (rows, columns), stride).clamp(max=1)
        near = functional.conv2d(heads, self._kernel(heads.device), padding=self.radius_cells).clamp(max=1)
        p = torch.sigmoid(output)
        found = heads * (1 - p).square() * functional.logsigmoid(output)
        silent = (1 - heads) * (1 - near) ** 4 * p.square() * functional.logsigmoid(-output)
        return -(found + silent).sum() / heads.sum().clamp(min=1)

    def _kernel(self, device: torch.device) -> Tensor:
        offsets = torch.arange(-self.radius_cells, self.radius_cells + 1, device=device)
        weights = torch.exp(-offsets.square() / (2 * self.sigma_cells**2))
        return torch.outer(weights, weights)[None, None]
