"""How much work a network is: multiply-adds of its convolutions and linear layers."""

import copy
import math

import torch
from torch import Tensor, nn


def parameter_count(network: nn.Module) -> int:
    """Return the number of trainable parameters, frozen ones included."""
    return sum(parameter.numel() for parameter in network.parameters())


def multiply_adds(network: nn.Module, *, width: int, height: int, channels: int = 3) -> int:
    """Return the multiply-adds for one picture; additions of biases, norms, activations and resizing are not counted.

    Only shapes are computed, so it takes no time and the network is left as it is.

    Args:
        network: any of `NETWORKS`.
        width, height: of the input in pixels.
        channels: of the input.
    """
    shapes_only = copy.deepcopy(network).to("meta").eval()
    totals: list[int] = []

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        totals.append(_work(layer, inputs[0], output))

    for layer in shapes_only.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            layer.register_forward_hook(count)
    with torch.no_grad():
        shapes_only(torch.empty(1, channels, height, width, device="meta"))
    return sum(totals)


def _work(layer: nn.Module, given: Tensor, output: Tensor) -> int:
    if isinstance(layer, nn.Linear):
        return output.numel() * layer.in_features
    assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    taps = math.prod(layer.kernel_size)
    if isinstance(layer, nn.ConvTranspose2d):
        return given.numel() * taps * layer.out_channels // layer.groups
    return output.numel() * taps * layer.in_channels // layer.groups
