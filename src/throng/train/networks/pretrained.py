"""Weights that others publish, read into our networks."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
import tflite
import torch
from numpy.typing import NDArray
from torch import nn

from throng.train.errors import TrainError
from throng.train.networks.features import Fire, MobileNetV2Features, SqueezeNetFeatures
from throng.train.networks.mcnn import Mcnn
from throng.train.networks.throngnet import ThrongNet

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Weights (out, in per group, height, width) and biases (out,) of a convolution."""

_TFLITE_TYPES: dict[int, type[np.generic]] = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.INT8: np.int8,
    tflite.TensorType.INT32: np.int32,
}


def load_features(network: nn.Module, path: Path) -> None:
    """Read ImageNet features into a ThrongNet.

    Args:
        network: a ThrongNet; its features decide which file it needs.
        path: `mobilenet_v2_1.0_224_int8_per_channel.tflite` (TensorFlow, Apache-2.0) for MobileNetV2, or
            `squeezenet_v11_notop.h5` (Keras layout) for SqueezeNet 1.1.

    Raises:
        TrainError: the network starts from no features, or the file is missing or another one.
    """
    if not isinstance(network, ThrongNet):
        raise TrainError(f"{path}: only throngnet starts from ImageNet features, this is {type(network).__name__}")
    if isinstance(network.features, MobileNetV2Features):
        load_mobilenet_v2(network.features, path)
    else:
        load_squeezenet(network.features, path)


def load_mobilenet_v2(features: MobileNetV2Features, path: Path) -> None:
    """Read and dequantise a TensorFlow Lite MobileNetV2 whose batch norm is folded.

    Raises:
        TrainError: the file is missing or another one.
    """
    _fill(_convolutions(features), list(_tflite_layers(path)), path, more=True)


def load_squeezenet(features: SqueezeNetFeatures, path: Path) -> None:
    """Read SqueezeNet 1.1 in Keras' layout.

    Raises:
        TrainError: the file is missing or another one.
    """
    names = ["conv1"]
    for number in range(2, 2 + len(features.fires)):
        names += [f"fire{number}/{part}" for part in ("squeeze1x1", "expand1x1", "expand3x3")]
    arrays = _h5_arrays(path)
    layers = [
        (_named(arrays, name, "kernel:0", path).transpose(3, 2, 0, 1), _named(arrays, name, "bias:0", path))
        for name in names
    ]
    targets = [features.stem]
    for fire in features.fires:
        assert isinstance(fire, Fire)
        targets += [fire.squeeze, fire.expand_1, fire.expand_3]
    _fill(targets, layers, path)


def load_mcnn(network: Mcnn, path: Path) -> None:
    """Read an MCNN in the layout of the well-known PyTorch implementation (`DME.branch1.0.conv.weight`, …).

    Those weights want grey pictures of 0–255 whose sides are multiples of 4.

    Raises:
        TrainError: the file is missing or another one.
    """
    arrays = _h5_arrays(path)
    names = [f"DME.branch{column}.{place}.conv" for column in (1, 2, 3) for place in (0, 2, 4, 5)] + ["DME.fuse.0.conv"]
    layers = [(_named(arrays, name, "weight", path), _named(arrays, name, "bias", path)) for name in names]
    _fill(_convolutions(network), layers, path)


def _convolutions(network: nn.Module) -> list[nn.Conv2d]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]


def _fill(targets: Sequence[nn.Conv2d], layers: Sequence[Layer], path: Path, *, more: bool = False) -> None:
    """Copy layers in their order; with `more` the file may go on after the last target."""
    if len(layers) < len(targets) or (len(layers) > len(targets) and not more):
        raise TrainError(f"{path}: expected {len(targets)} convolutions, found {len(layers)}; it is another network")
    for i, (target, (weight, bias)) in enumerate(zip(targets, layers, strict=False)):
        if weight.shape != tuple(target.weight.shape) or target.bias is None:
            raise TrainError(
                f"{path}: expected weights {tuple(target.weight.shape)} in convolution {i + 1}, found {weight.shape}; "
                "it is another network"
            )
        with torch.no_grad():
            target.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight)))
            target.bias.copy_(torch.from_numpy(np.ascontiguousarray(bias)))


def _h5_arrays(path: Path) -> dict[str, NDArray[np.float32]]:
    _check_there(path)
    arrays: dict[str, NDArray[np.float32]] = {}

    def take(name: str, entry: h5py.Group | h5py.Dataset) -> None:
        if isinstance(entry, h5py.Dataset):
            arrays[name] = np.asarray(entry, dtype=np.float32)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(take)
    except OSError as error:
        raise TrainError(f"{path}: expected a file of weights in HDF5, but it is broken or something else") from error
    return arrays


def _named(arrays: dict[str, NDArray[np.float32]], start: str, end: str, path: Path) -> NDArray[np.float32]:
    found = [array for name, array in arrays.items() if name.startswith(start) and name.endswith(end)]
    if len(found) != 1:
        raise TrainError(f"{path}: expected one array {start}…{end}, found {len(found)}; it is another network")
    return found[0]


def _tflite_layers(path: Path) -> Iterator[Layer]:
    """Yield the convolutions of a TensorFlow Lite file in order, dequantised."""
    _check_there(path)
    content = path.read_bytes()
    if not tflite.Model.ModelBufferHasIdentifier(content, 0):
        raise TrainError(f"{path}: expected a TensorFlow Lite model, but it is something else")
    model = tflite.Model.GetRootAsModel(content, 0)
    graph = model.Subgraphs(0)
    for i in range(graph.OperatorsLength()):
        operator = graph.Operators(i)
        kind = model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()
        if kind not in (tflite.BuiltinOperator.CONV_2D, tflite.BuiltinOperator.DEPTHWISE_CONV_2D):
            continue
        _, weight, bias = (_dequantised(model, graph.Tensors(int(index))) for index in operator.InputsAsNumpy())
        order = (0, 3, 1, 2) if kind == tflite.BuiltinOperator.CONV_2D else (3, 0, 1, 2)
        yield weight.transpose(order), bias


def _dequantised(model: tflite.Model, tensor: tflite.Tensor) -> NDArray[np.float32]:
    """Return (values − zero point) · scale, with one scale or one per channel; empty where the file has no values."""
    content = model.Buffers(tensor.Buffer()).DataAsNumpy()
    if not isinstance(content, np.ndarray):
        return np.empty(0, dtype=np.float32)
    values = content.view(_TFLITE_TYPES[tensor.Type()]).reshape(tensor.ShapeAsNumpy()).astype(np.float32)
    quantisation = tensor.Quantization()
    if quantisation is None or quantisation.ScaleLength() == 0:
        return values
    shape = [1] * values.ndim
    shape[quantisation.QuantizedDimension()] = -1
    zero = np.asarray(quantisation.ZeroPointAsNumpy(), dtype=np.float32).reshape(shape)
    scale = np.asarray(quantisation.ScaleAsNumpy(), dtype=np.float32).reshape(shape)
    return np.asarray((values - zero) * scale, dtype=np.float32)


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise TrainError(f"{path}: there is no such file of weights")
