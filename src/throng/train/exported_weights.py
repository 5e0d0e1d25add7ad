"""The weights of an exported counter, back in a network that can be trained further.

An export folds batch normalisation into the convolution before it. It is unfolded here: its statistics are measured
anew on training batches, and its scale and shift are chosen so that the network computes what the file does.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from torch import Tensor, nn

from throng.train.errors import TrainError

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Weights (out, in per group, height, width) and biases (out,) of a convolution."""

_PROBE = (1, 3, 64, 96)


def load_exported(network: nn.Module, path: Path, batches: Iterable[Tensor]) -> None:
    """Copy the weights of an exported counter into a network of the same kind.

    Args:
        network: as it was built, on the device of the batches.
        path: what `throng train export` wrote, or the file in the package.
        batches: (B, 3, H, W) like those of the training, on which batch normalisation is measured; at least one.

    Raises:
        TrainError: the file is missing, or holds another network.
    """
    layers = _convolutions_of(path)
    targets = _in_order_of_use(network)
    if len(layers) != len(targets):
        raise TrainError(f"{path}: expected {len(targets)} convolutions, found {len(layers)}; it is another network")
    norms = _norm_behind(network)
    for i, (target, (weight, bias)) in enumerate(zip(targets, layers, strict=True)):
        if weight.shape != tuple(target.weight.shape):
            raise TrainError(
                f"{path}: expected weights {tuple(target.weight.shape)} in convolution {i + 1}, found {weight.shape}; "
                "it is another network, or was built with other options"
            )
        _copy(target, norms.get(target), (weight, bias))
    _measure(network, [norms[target] for target in targets if target in norms], batches)


def _convolutions_of(path: Path) -> list[Layer]:
    """Return the convolutions of an ONNX file in the order in which they are computed."""
    if not path.is_file():
        raise TrainError(f"{path}: there is no such file of weights")
    try:
        graph = onnx.load(path).graph
    except (DecodeError, ValueError) as error:
        raise TrainError(f"{path}: expected an exported counter (.onnx), but it is something else") from error
    arrays = {entry.name: onnx.numpy_helper.to_array(entry) for entry in graph.initializer}
    layers = []
    for node in graph.node:
        if node.op_type == "BatchNormalization":
            raise TrainError(f"{path}: its batch normalisation is not folded; it was not exported by throng")
        if node.op_type == "Conv":
            weight = arrays[node.input[1]]
            bias = arrays[node.input[2]] if len(node.input) > 2 else np.zeros(len(weight), dtype=np.float32)
            layers.append((weight, bias))
    return layers


@torch.no_grad()
def _in_order_of_use(network: nn.Module) -> list[nn.Conv2d]:
    order: list[nn.Conv2d] = []
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    hooks = [layer.register_forward_hook(lambda layer, *_: order.append(layer)) for layer in convolutions]
    was_training = network.training
    network.eval()(torch.zeros(_PROBE, device=next(network.parameters()).device))
    network.train(was_training)
    for hook in hooks:
        hook.remove()
    return order


def _norm_behind(network: nn.Module) -> dict[nn.Conv2d, nn.BatchNorm2d]:
    """Return the batch normalisation that directly follows a convolution."""
    pairs = {}
    for chain in (layer for layer in network.modules() if isinstance(layer, nn.Sequential)):
        for before, after in zip(list(chain)[:-1], list(chain)[1:], strict=True):
            if isinstance(before, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                pairs[before] = after
    return pairs


@torch.no_grad()
def _copy(target: nn.Conv2d, norm: nn.BatchNorm2d | None, layer: Layer) -> None:
    """Fill a convolution; the normalisation behind it becomes nothing but the bias."""
    weight, bias = layer
    target.weight.copy_(torch.from_numpy(weight.copy()))
    if norm is None:
        assert target.bias is not None
        target.bias.copy_(torch.from_numpy(bias.copy()))
        return
    norm.running_mean.zero_()
    norm.running_var.fill_(1.0 - norm.eps)
    norm.weight.fill_(1.0)
    norm.bias.copy_(torch.from_numpy(bias.copy()))


@torch.no_grad()
def _measure(network: nn.Module, norms: list[nn.BatchNorm2d], batches: Iterable[Tensor]) -> None:
    """Give each normalisation the statistics of what it sees, and undo what that would change."""
    sums = {norm: (torch.zeros_like(norm.bias), torch.zeros_like(norm.bias)) for norm in norms}

    def add(norm: nn.Module, inputs: tuple[Tensor, ...], _output: Tensor) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        total, squares = sums[norm]
        total += inputs[0].mean(dim=(0, 2, 3))
        squares += inputs[0].square().mean(dim=(0, 2, 3))

    hooks = [norm.register_forward_hook(add) for norm in norms]
    was_training, seen = network.training, 0
    network.eval()
    for batch in batches:
        network(batch)
        seen += 1
    network.train(was_training)
    for hook in hooks:
        hook.remove()
    for norm, (total, squares) in sums.items():
        mean = total / seen
        variance = (squares / seen - mean.square()).clamp(min=0)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.add_(mean)
