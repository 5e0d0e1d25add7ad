"""ONNX Runtime: which processor runs a model, with how many threads."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from throng.vision.errors import VisionError

log = logging.getLogger(__name__)

Provider = Literal["auto", "cpu", "cuda", "tensorrt", "openvino", "coreml"]

_PROVIDERS: dict[str, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
# TensorRT builds an engine for minutes at the first start, so only somebody who asks for it gets it.
_AUTO_ORDER: tuple[str, ...] = ("cuda", "coreml", "openvino", "cpu")
_LOAD_ERRORS: tuple[type[Exception], ...] = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
    RuntimeError,
    ValueError,
)
_RUN_ERRORS: tuple[type[Exception], ...] = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
_FLOAT_TYPES: dict[str, type[np.floating]] = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


def physical_cores() -> int:
    """Return the number of physical cores this process may use, at least 1."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    siblings = set()
    for cpu in allowed:
        try:
            topology = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
            siblings.add(topology.read_text(encoding="ascii").strip())
        except OSError:
            siblings.add(str(cpu))
    return max(1, len(siblings))


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a network.

    Attributes:
        name: its name.
        shape: its sides; a name or None where the network leaves a side open.
    """

    name: str
    shape: tuple[int | str | None, ...]

    def __str__(self) -> str:
        return f"{self.name} ({', '.join('?' if side is None else str(side) for side in self.shape)})"


class OnnxModel:
    """A loaded ONNX network with one picture input.

    Args:
        path: the .onnx file.
        provider: which processor; `auto` takes the best that is installed.
        threads: threads within one operator, None for one per physical core.

    Raises:
        VisionError: the file is no ONNX model with one picture input, or the processor is not there.
    """

    def __init__(self, path: Path, *, provider: Provider = "auto", threads: int | None = None) -> None:
        self.path = path
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or physical_cores()
        options.inter_op_num_threads = 1
        # Threads that spin between two frames take the cores away from decoding.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = _open(path, options, provider)
        self._input = self._check_input()
        log.info("%s runs on %s, %d threads", path.name, self.provider, options.intra_op_num_threads)

    @property
    def provider(self) -> str:
        """Name of the execution provider that is really used."""
        return str(self._session.get_providers()[0])

    @property
    def metadata(self) -> dict[str, str]:
        """What the exporter wrote into the file."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    @property
    def input_size(self) -> tuple[int, int] | None:
        """Width and height of the input in pixels, None where the model leaves them open."""
        height, width = self._input.shape[2:]
        return (width, height) if isinstance(width, int) and isinstance(height, int) else None

    @property
    def input(self) -> Port:
        """Name and shape of the input."""
        return _port(self._input)

    @property
    def outputs(self) -> tuple[Port, ...]:
        """Names and shapes of the outputs, in the order of `run`."""
        return tuple(_port(output) for output in self._session.get_outputs())

    def run(self, blob: NDArray[np.floating]) -> list[NDArray[np.float32]]:
        """Run on one input (N, 3, H, W) and return the outputs as float32.

        Raises:
            VisionError: the network cannot run on an input of this shape.
        """
        typed = blob.astype(_FLOAT_TYPES[self._input.type], copy=False)
        try:
            outputs = self._session.run(None, {self._input.name: typed})
        except _RUN_ERRORS as error:
            told = _first_line(error)
            raise VisionError(f"{self.path}: the network cannot run on an input of {blob.shape} ({told})") from error
        return [np.asarray(output, dtype=np.float32) for output in outputs]

    def run_named(self, blob: NDArray[np.floating]) -> dict[str, NDArray[np.float32]]:
        """Run on one input (N, 3, H, W) and return the outputs by name as float32.

        Raises:
            VisionError: the network cannot run on an input of this shape.
        """
        return dict(zip((port.name for port in self.outputs), self.run(blob), strict=True))

    def _check_input(self) -> ort.NodeArg:
        inputs = self._session.get_inputs()
        first = inputs[0]
        if len(inputs) != 1 or len(first.shape) != 4 or first.shape[1] != 3 or first.type not in _FLOAT_TYPES:
            told = ", ".join(f"{i.name} {i.type} {i.shape}" for i in inputs)
            raise VisionError(
                f"{self.path}: expected a model with one float input of shape (1, 3, height, width), got {told}; "
                "export the network without further inputs"
            )
        return first


def _open(path: Path, options: ort.SessionOptions, provider: Provider) -> ort.InferenceSession:
    installed = ort.get_available_providers()
    wanted = _AUTO_ORDER if provider == "auto" else (provider,)
    names = [_PROVIDERS[p] for p in wanted if _PROVIDERS[p] in installed]
    if not names:
        known = ", ".join(p for p, name in _PROVIDERS.items() if name in installed)
        raise VisionError(f"provider {provider!r} is not in the installed ONNX Runtime; it has: {known}")
    if not path.is_file():
        raise VisionError(f"{path}: there is no such model file")
    try:
        session = ort.InferenceSession(str(path), options, providers=names)
    except _LOAD_ERRORS as error:
        raise VisionError(f"{path}: this is no ONNX model that ONNX Runtime can load ({_first_line(error)})") from error
    if provider != "auto" and session.get_providers()[0] != names[0]:
        raise VisionError(f"{path}: provider {provider!r} was asked for but could not start; check its drivers")
    return session


def _port(node: ort.NodeArg) -> Port:
    return Port(node.name, tuple(node.shape))


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
