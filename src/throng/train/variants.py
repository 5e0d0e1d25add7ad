"""Smaller or faster variants of an exported network, and what they cost in accuracy."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from throng.core.clock import Clock, SystemClock
from throng.core.points import Image
from throng.core.scoring import ErrorStats, error_stats
from throng.train.errors import TrainError
from throng.train.export import write_model
from throng.vision.runtime import OnnxModel

_LEAST_VALUES = 64
_FP16_LIMIT = 65504.0


@dataclass(frozen=True, slots=True)
class VariantScore:
    """What a variant is worth.

    Attributes:
        path: the ONNX file.
        megabytes: its size.
        pictures_per_s: speed on this machine.
        errors: of its counts in people per picture.
    """

    path: Path
    megabytes: float
    pictures_per_s: float
    errors: ErrorStats


def write_half(source: Path, target: Path) -> None:
    """Write a network with its weights as 16-bit floats: half the size, computed in 32 bits as before.

    Args:
        source: an exported network.
        target: the file to write.

    Raises:
        TrainError: a weight is too large for 16 bits, or the file cannot be written.
    """
    model = _loaded(source)
    casts = []
    for tensor in list(model.graph.initializer):
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != onnx.TensorProto.FLOAT or values.size < _LEAST_VALUES:
            continue
        if np.abs(values).max() > _FP16_LIMIT:
            raise TrainError(f"{source}: a weight of {tensor.name} is too large for 16 bits; keep the 32-bit network")
        half = f"{tensor.name}.half"
        casts.append(onnx.helper.make_node("Cast", [half], [tensor.name], to=onnx.TensorProto.FLOAT))
        model.graph.initializer.remove(tensor)
        model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), half))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    write_model(model, target)


def write_int8(source: Path, target: Path, pictures: Sequence[Image], *, multiple: int = 32) -> None:
    """Write a network whose convolutions compute in 8 bits, calibrated on pictures.

    Weights are quantised per channel, activations by the range that the pictures give. The last convolution before each
    output stays in 32 bits: people per cell are small numbers.

    Args:
        source: an exported network.
        target: the file to write.
        pictures: BGR, like those that will be counted; a few dozen, at most of video size.
        multiple: they are cut to multiples of this.

    Raises:
        TrainError: there are no pictures, or the file cannot be written.
    """
    # Its import takes a second, and nothing else needs it.
    from onnxruntime.quantization import (  # noqa: PLC0415
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    if not pictures:
        raise TrainError(f"{target}: quantising needs pictures to calibrate on, got none")

    class Pictures(CalibrationDataReader):
        def __init__(self) -> None:
            self._blobs: Iterator[NDArray[np.float32]] = (_blob(_cut(picture, multiple)) for picture in pictures)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            blob = next(self._blobs, None)
            return None if blob is None else {"image": blob}

    model = _loaded(source)
    with tempfile.TemporaryDirectory() as folder:
        quantised = Path(folder) / "int8.onnx"
        quantize_static(
            model,
            quantised,
            Pictures(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Add"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=_last_convolutions(model),
        )
        result = onnx.load(quantised)
    onnx.helper.set_model_props(result, {entry.key: entry.value for entry in model.metadata_props})
    write_model(result, target)


def compare_variants(
    paths: Sequence[Path],
    pictures: Iterable[tuple[Image, float]],
    *,
    multiple: int = 32,
    threads: int | None = None,
    clock: Clock | None = None,
) -> list[VariantScore]:
    """Count the same pictures with several exported networks, in one run.

    Args:
        paths: the ONNX files.
        pictures: BGR pictures, each with the number of people in it.
        multiple: sides are padded to multiples of this.
        threads: of ONNX Runtime, None for one per core.
        clock: measures the speed.

    Raises:
        VisionError: a file is no network with one picture input.
    """
    clock = clock or SystemClock()
    models = [OnnxModel(path, provider="cpu", threads=threads) for path in paths]
    for model in models:
        model.run(np.zeros((1, 3, 256, 256), dtype=np.float32))
    counts: list[list[float]] = [[] for _ in models]
    seconds, truth = np.zeros(len(models)), []
    for image, people in pictures:
        truth.append(people)
        blob = _blob(_padded(image, multiple))
        for i, model in enumerate(models):
            begun_s = clock.monotonic_s()
            density = model.run(blob)[0]
            seconds[i] += clock.monotonic_s() - begun_s
            counts[i].append(_people(density[0, 0], image, blob))
    return [
        VariantScore(path, path.stat().st_size / 1e6, len(truth) / max(float(own_s), 1e-9), error_stats(own, truth))
        for path, own, own_s in zip(paths, counts, seconds, strict=True)
    ]


def _people(density: NDArray[np.float32], image: Image, blob: NDArray[np.float32]) -> float:
    rows, columns = (
        -(-side * cells // padded)
        for side, cells, padded in zip(image.shape, density.shape, blob.shape[2:], strict=False)
    )
    return float(density[:rows, :columns].sum(dtype=np.float64))


def _last_convolutions(model: onnx.ModelProto) -> list[str]:
    """Return the names of the convolutions that nothing but activations separates from an output."""
    makers = {output: node for node in model.graph.node for output in node.output}
    found = []
    for output in model.graph.output:
        node = makers[output.name]
        while node.op_type != "Conv":
            node = makers[node.input[0]]
        found.append(node.name)
    return found


def _loaded(path: Path) -> onnx.ModelProto:
    if not path.is_file():
        raise TrainError(f"{path}: there is no such ONNX file")
    return onnx.load(path)


def _cut(image: Image, multiple: int) -> Image:
    height, width = (max(multiple, side // multiple * multiple) for side in image.shape[:2])
    return _padded(image[:height, :width], multiple)


def _padded(image: Image, multiple: int) -> Image:
    below, right = (-side % multiple for side in image.shape[:2])
    return np.asarray(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE), dtype=np.uint8)


def _blob(image: Image) -> NDArray[np.float32]:
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None], dtype=np.float32)
