"""What a training minimises: a weighted sum of losses on the outputs of a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from throng.train.errors import TrainError
from throng.train.losses import LOSSES, CountLoss, build_loss
from throng.train.networks import NetworkKind, network_kind


@dataclass(frozen=True, slots=True)
class _Term:
    name: str
    weight: float
    loss: CountLoss
    output: int
    stride: int


class Objective:
    """A weighted sum of losses.

    Args:
        losses: by name the weight, or the weight and the options of the loss.
        network: name of the network whose outputs are judged.

    Raises:
        TrainError: a loss is unknown, has no such option, or needs head points of a network that gives none.
    """

    def __init__(self, losses: Mapping[str, float | Mapping[str, Any]], *, network: str) -> None:
        kind = network_kind(network)
        self._terms = tuple(_term(name, asked, network, kind) for name, asked in losses.items())

    def __call__(
        self, outputs: torch.Tensor | Sequence[torch.Tensor], points: list[torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        """Return the weighted losses by name, scalars.

        Args:
            outputs: of the network: the density, or density and head logits.
            points: per crop (N, 2) heads in pixels of the crop.
        """
        each = (outputs,) if isinstance(outputs, torch.Tensor) else outputs
        return {
            term.name: term.weight * term.loss(each[term.output].float(), points, term.stride) for term in self._terms
        }


def _term(name: str, asked: float | Mapping[str, Any], network: str, kind: NetworkKind) -> _Term:
    options = dict(asked) if isinstance(asked, Mapping) else {"weight": asked}
    weight = options.pop("weight", 1.0)
    loss = build_loss(name, **options)
    if LOSSES[name].of == "density":
        return _Term(name, float(weight), loss, 0, kind.stride)
    if kind.head_stride is None:
        raise TrainError(f"loss {name}: it needs head points, but network {network} gives only a density")
    return _Term(name, float(weight), loss, 1, kind.head_stride)
