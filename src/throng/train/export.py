"""A trained network as ONNX, for ONNX Runtime."""

import warnings
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import Tensor, nn

from throng.train.checkpoint import Checkpoint
from throng.train.errors import TrainError
from throng.train.networks import network_kind
from throng.train.networks.throngnet import ThrongNet

KIND = "density-counter"
"""What `throng.kind` says in the metadata of the file."""

OPSET = 17
_CHECKED_SIZES = ((2, 96, 64), (1, 128, 160))
_TOLERANCE = 1e-3


def export_onnx(
    checkpoint: Checkpoint, path: Path, *, name: str | None = None, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a network as ONNX, and check that ONNX Runtime computes the same.

    The input is `image`, (N, 3, H, W) float32 BGR of 0–255; the outputs are `density`, people per cell, and for a
    network that finds heads `points`, probabilities, and `signature`, (N, C). N, H and W are open; H and W are
    multiples of `throng.multiple` in the metadata.

    Args:
        checkpoint: the network.
        path: the .onnx file.
        name: what reports call it; the network's name if None.
        metadata: further entries of the file's metadata.

    Raises:
        TrainError: the weights do not fit, the file cannot be written, or ONNX Runtime computes something else.
    """
    kind = network_kind(checkpoint.network)
    network = _Exported(checkpoint.build()).eval()
    outputs = ["density"] if kind.head_stride is None else ["density", "points", "signature"]
    entries = {
        "throng.kind": KIND,
        "throng.name": name or checkpoint.network,
        "throng.network": checkpoint.network,
        "throng.stride": str(kind.stride),
        "throng.multiple": str(kind.multiple),
        "throng.step": str(checkpoint.step),
        "throng.commit": checkpoint.commit,
    }
    if kind.head_stride is not None:
        entries["throng.head_stride"] = str(kind.head_stride)
    model = _traced(network, outputs)
    onnx.helper.set_model_props(model, entries | dict(metadata or {}))
    _check_same(model, network, path)
    write_model(model, path)


def write_model(model: onnx.ModelProto, path: Path) -> None:
    """Write an ONNX model.

    Raises:
        TrainError: it cannot be written.
    """
    try:
        path.write_bytes(model.SerializeToString())
    except OSError as error:
        raise TrainError(f"{path}: the exported network cannot be written: {error.strerror}") from error


def add_metadata(path: Path, entries: Mapping[str, str]) -> None:
    """Add entries to the metadata of an ONNX file, such as its interval model; others stay.

    Raises:
        TrainError: the file is missing or cannot be written.
    """
    if not path.is_file():
        raise TrainError(f"{path}: there is no such ONNX file")
    model = onnx.load(path)
    present = {entry.key: entry.value for entry in model.metadata_props}
    onnx.helper.set_model_props(model, present | dict(entries))
    write_model(model, path)


class _Exported(nn.Module):
    """A network whose head logits have become probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        if isinstance(self.network, ThrongNet):
            density, points, signature = self.network.describe(image)
            return density, torch.sigmoid(points), signature
        return self.network(image)


def _traced(network: nn.Module, outputs: list[str]) -> onnx.ModelProto:
    axes = {name: {0: "n", 2: f"{name}_h", 3: f"{name}_w"} for name in ["image", *outputs]}
    axes |= {name: {0: "n"} for name in outputs if name == "signature"}
    buffer = BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter needs no further package, and says that it will be replaced.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(1, 3, 64, 96),),
            buffer,
            input_names=["image"],
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    return onnx.load_from_string(buffer.getvalue())


@torch.no_grad()
def _check_same(model: onnx.ModelProto, network: nn.Module, path: Path) -> None:
    onnx.checker.check_model(model)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    for n, height, width in _CHECKED_SIZES:
        image = rng.uniform(0, 255, (n, 3, height, width)).astype(np.float32)
        expected = network(torch.from_numpy(image))
        expected = expected if isinstance(expected, tuple) else (expected,)
        for ours, theirs in zip(expected, session.run(None, {"image": image}), strict=True):
            limit = _TOLERANCE * max(1.0, float(ours.abs().max()))
            if ours.shape != theirs.shape or float(np.abs(ours.numpy() - theirs).max()) > limit:
                raise TrainError(f"{path}: ONNX Runtime computes other numbers than PyTorch; nothing was written")
