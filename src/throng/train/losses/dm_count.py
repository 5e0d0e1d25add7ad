"""DM-Count: the density as a distribution that should match the heads (Wang et al., NeurIPS 2020)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from throng.train.losses.bayesian import squared_distances
from throng.train.losses.sinkhorn import sinkhorn
from throng.train.losses.targets import cell_counts

_NOTHING = 1e-8


@dataclass(frozen=True, slots=True)
class DmCountLoss:
    r"""Count, optimal transport and total variation.

    .. math:: L = \frac1B \sum_b \left| |z| - |z'| \right| + \lambda_1 W\!\left(\frac{z}{|z|}, \frac{z'}{|z'|}\right)
                + \lambda_2 |z| \cdot \tfrac12 \left\| \frac{z}{|z|} - \frac{z'}{|z'|} \right\|_1

    with heads z, density z' and a cost of the squared distance in px². The gradient of W comes from its potentials.
    Where nobody is only the count is compared.

    Attributes:
        transport_weight: :math:`\lambda_1`.
        variation_weight: :math:`\lambda_2`.
        epsilon_px2: weight of the entropy.
        iterations: of Sinkhorn.
    """

    transport_weight: float = 0.1
    variation_weight: float = 0.01
    epsilon_px2: float = 10.0
    iterations: int = 100

    def __call__(self, output: Tensor, points: Sequence[Tensor], stride: int) -> Tensor:
        """Return the loss of densities (B, 1, h, w) >= 0."""
        rows, columns = output.shape[-2:]
        truth = cell_counts(points, (rows, columns), stride).flatten(1)
        counted = output.flatten(1)
        people, heads = counted.sum(dim=1), truth.sum(dim=1)
        shares = counted / people.clamp(min=_NOTHING)[:, None]
        true_shares = truth / heads.clamp(min=1)[:, None]
        variation = heads * 0.5 * (shares - true_shares).abs().sum(dim=1)
        transports = [
            self._transport(own_shares.view(rows, columns), own, stride)
            for own_shares, own in zip(shares, points, strict=True)
        ]
        losses = (people - heads).abs() + self.variation_weight * variation
        return (losses + self.transport_weight * torch.stack(transports)).mean()

    def _transport(self, shares: Tensor, points: Tensor, stride: int) -> Tensor:
        """Return W as a value whose derivative by the shares is the potential of the cells."""
        if len(points) == 0 or shares.detach().sum() <= 0:
            return shares.sum() * 0
        cost = squared_distances(points, shares, stride)
        masses = cost.new_full((len(points),), 1 / len(points))
        flat = shares.flatten()
        found = sinkhorn(cost, masses, flat.detach(), epsilon=self.epsilon_px2, iterations=self.iterations)
        change = (flat * found.target_potential).sum()
        return found.value + change - change.detach()
