"""Losses by name. All share one interface, so a recipe can add them up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor

from throng.train.errors import TrainError
from throng.train.losses.bayesian import BayesianLoss
from throng.train.losses.block_counts import BlockCountLoss
from throng.train.losses.dm_count import DmCountLoss
from throng.train.losses.head_points import HeadPointLoss
from throng.train.losses.mse import MseLoss
from throng.train.losses.poisson import PoissonLoss
from throng.train.losses.structural import StructuralLoss


class CountLoss(Protocol):
    """Compares one output of a network with head points."""

    def __call__(self, output: Tensor, points: Sequence[Tensor], stride: int) -> Tensor:
        """Return the loss, a scalar.

        Args:
            output: (B, 1, h, w) float32, people per cell >= 0 or head logits, as `LossKind.of` says.
            points: per crop (N, 2) float32 heads on the same device, x, y in pixels of the crop with the centre of the
                top left pixel at (0, 0); N may be 0.
            stride: pixels of the crop per side of a cell.
        """
        ...


@dataclass(frozen=True, slots=True)
class LossKind:
    """A loss that can be built.

    Attributes:
        build: makes one from its options.
        of: which output of a network it looks at.
    """

    build: Callable[..., CountLoss]
    of: Literal["density", "points"] = "density"


LOSSES: Mapping[str, LossKind] = {
    "mse": LossKind(MseLoss),
    "bayesian": LossKind(BayesianLoss),
    "dm-count": LossKind(DmCountLoss),
    "block-count": LossKind(BlockCountLoss),
    "poisson": LossKind(PoissonLoss),
    "structural": LossKind(StructuralLoss),
    "head-focal": LossKind(HeadPointLoss, of="points"),
}


def build_loss(name: str, **options: object) -> CountLoss:
    """Build a loss.

    Args:
        name: one of `LOSSES`.
        options: attributes of its class.

    Raises:
        TrainError: there is no loss of that name, or it has no such option.
    """
    if name not in LOSSES:
        raise TrainError(f"loss {name!r} is unknown; there are: {', '.join(LOSSES)}")
    try:
        return LOSSES[name].build(**options)
    except TypeError as error:
        raise TrainError(f"loss {name}: its options do not fit: {error}") from error
