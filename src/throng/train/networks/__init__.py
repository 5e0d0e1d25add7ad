"""Networks by name.

Every network takes a (B, 3, H, W) float32 batch of BGR pictures, 0–255, and normalises it itself. It returns people
per cell, (B, 1, H / stride, W / stride) >= 0; one that also finds heads returns a pair, see `NetworkKind.head_stride`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import nn

from throng.train.errors import TrainError
from throng.train.networks.csrnet import CsrNet
from throng.train.networks.lcdnet import LcdNet
from throng.train.networks.mcnn import Mcnn
from throng.train.networks.sanet import SaNet
from throng.train.networks.throngnet import ThrongNet


@dataclass(frozen=True, slots=True)
class NetworkKind:
    """A network that can be built.

    Attributes:
        build: makes one with fresh weights.
        stride: pixels per side of a density cell.
        multiple: both sides of the input are multiples of this.
        head_stride: pixels per side of a cell of head logits, None for a network that only counts.
    """

    build: Callable[..., nn.Module]
    stride: int
    multiple: int
    head_stride: int | None = None


NETWORKS: Mapping[str, NetworkKind] = {
    "throngnet": NetworkKind(ThrongNet, stride=8, multiple=16, head_stride=4),
    "mcnn": NetworkKind(Mcnn, stride=4, multiple=4),
    "csrnet": NetworkKind(CsrNet, stride=8, multiple=8),
    "sanet": NetworkKind(SaNet, stride=1, multiple=8),
    "lcdnet": NetworkKind(LcdNet, stride=2, multiple=2),
}


def network_kind(name: str) -> NetworkKind:
    """Look a network up.

    Raises:
        TrainError: there is no network of that name.
    """
    if name not in NETWORKS:
        raise TrainError(f"network {name!r} is unknown; there are: {', '.join(NETWORKS)}")
    return NETWORKS[name]


def build_network(name: str, **options: object) -> nn.Module:
    """Build a network with fresh weights.

    Args:
        name: one of `NETWORKS`.
        options: keyword arguments of its class, such as `width` of ThrongNet or `width_divisor` of CSRNet.

    Raises:
        TrainError: there is no network of that name, or it has no such option.
    """
    kind = network_kind(name)
    try:
        return kind.build(**options)
    except TypeError as error:
        raise TrainError(f"network {name}: its options do not fit: {error}") from error
