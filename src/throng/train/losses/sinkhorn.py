"""Optimal transport with entropy, by Sinkhorn's iteration in the log domain (Cuturi, NeurIPS 2013)."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Transport:
    r"""How to carry masses a (N,) to masses b (M,) at the least cost.

    .. math:: W = \min_P \langle P, C \rangle + \epsilon\, KL(P \,|\, a \otimes b)
                = \max_{f, g} \langle a, f \rangle + \langle b, g \rangle

    Attributes:
        plan: (N, M) P; its columns sum to b, its rows to a as far as the iteration came.
        source_potential: (N,) f.
        target_potential: (M,) g, the derivative of W by b up to a constant.
        value: W.
    """

    plan: Tensor
    source_potential: Tensor
    target_potential: Tensor
    value: Tensor


@torch.no_grad()
def sinkhorn(cost: Tensor, a: Tensor, b: Tensor, *, epsilon: float, iterations: int) -> Transport:
    """Solve a transport problem; in the log domain nothing underflows, however small epsilon is.

    Args:
        cost: (N, M), finite.
        a: (N,) masses >= 0 that sum to 1.
        b: (M,) masses >= 0 that sum to 1; cells without mass have a potential as well.
        epsilon: weight of the entropy in units of the cost; small values need more iterations.
        iterations: how often both potentials are renewed.
    """
    log_a, log_b = a.log()[:, None], b.log()[None]
    scaled = -cost / epsilon
    f = torch.zeros_like(log_a)
    g = torch.zeros_like(log_b)
    for _ in range(iterations):
        f = -torch.logsumexp(scaled + (g + log_b), dim=1, keepdim=True)
        g = -torch.logsumexp(scaled + (f + log_a), dim=0, keepdim=True)
    plan = (scaled + (f + log_a) + (g + log_b)).exp()
    f, g = epsilon * f[:, 0], epsilon * g[0]
    return Transport(plan, f, g, (a * f).sum() + (b * g).sum())
