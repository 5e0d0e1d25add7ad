"""Counters by name: ours from the package, third parties through entry points, ONNX files by path."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import as_file, files
from pathlib import Path

from pydantic import ValidationError

from throng.vision.config import CounterConfig
from throng.vision.counter_card import is_counter_file
from throng.vision.density_counter import OnnxDensityCounter
from throng.vision.errors import VisionError
from throng.vision.model_store import unknown_model
from throng.vision.ports import DensityCounter
from throng.vision.registry import known_detectors

ENTRY_POINTS = "throng.counters"
"""Group of the entry points; each names a `CounterConfig` subclass."""

THRONGNET = "throngnet"
"""Our counter, whose weights are in the package."""

BUILT_IN: dict[str, str] = {THRONGNET: "weights/throngnet.onnx"}
"""Our own counters and their files in this package."""

_SUFFIX = ".onnx"


def known_counters() -> dict[str, str]:
    """Return where each named counter comes from: `built-in`, or the value of a third party's entry point."""
    third_parties = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    return third_parties | dict.fromkeys(BUILT_IN, "built-in")


def is_counter(name_or_path: str) -> bool:
    """Tell whether a model counts by density (`load_counter`) or finds persons (`throng.vision.registry`).

    Args:
        name_or_path: a name of `known_counters` or `known_detectors`, or a path that ends in .onnx; such a file is
            told by its metadata or its outputs.

    Raises:
        VisionError: nobody knows the name, or the file cannot be loaded.
    """
    if _is_path(name_or_path):
        return is_counter_file(Path(name_or_path).expanduser())
    if name_or_path in known_counters():
        return True
    if name_or_path in known_detectors():
        return False
    raise VisionError(_unknown(name_or_path, known_counters() | known_detectors()))


def load_counter(name_or_path: str, *, threads: int | None = None) -> DensityCounter:
    """Load a counter.

    Args:
        name_or_path: a name of `known_counters`, or a path that ends in .onnx.
        threads: threads of the network, None for one per physical core.

    Raises:
        VisionError: the name is unknown or a detector's, or the model cannot be found or run.
    """
    if _is_path(name_or_path):
        return OnnxDensityCounter(Path(name_or_path).expanduser(), threads=threads)
    if name_or_path in BUILT_IN:
        return _built_in(name_or_path, threads)
    for point in entry_points(group=ENTRY_POINTS, name=name_or_path):
        return _third_party(point, threads)
    if name_or_path in known_detectors():
        raise VisionError(
            f"model {name_or_path} finds persons and is no counter; known counters: {', '.join(known_counters())}"
        )
    raise VisionError(_unknown(name_or_path, known_counters()))


@contextmanager
def counter_file(name_or_path: str) -> Iterator[Path]:
    """Give the ONNX file of one of our own counters, or of a path that ends in .onnx.

    Raises:
        VisionError: there is none in this installation.
    """
    if name_or_path not in BUILT_IN:
        yield Path(name_or_path).expanduser()
        return
    resource = files("throng.vision").joinpath(BUILT_IN[name_or_path])
    if not resource.is_file():
        raise VisionError(
            f"counter {name_or_path}: its weights {BUILT_IN[name_or_path]} are missing from this installation of "
            "throng; install the wheel again, or name an .onnx file of your own"
        )
    with as_file(resource) as path:
        yield path


def _is_path(name_or_path: str) -> bool:
    return name_or_path.lower().endswith(_SUFFIX)


def _unknown(name: str, known: dict[str, str]) -> str:
    return unknown_model(name, known) + "; a model of your own is named by its path, which ends in .onnx"


def _built_in(name: str, threads: int | None) -> DensityCounter:
    with counter_file(name) as path:
        return OnnxDensityCounter(path, threads=threads)


def _third_party(point: EntryPoint, threads: int | None) -> DensityCounter:
    try:
        config_class = point.load()
    except (ImportError, AttributeError) as error:
        raise VisionError(f"counter {point.name}: its plug-in {point.value} cannot be loaded: {error}") from error
    if not (isinstance(config_class, type) and issubclass(config_class, CounterConfig)):
        raise VisionError(f"counter {point.name}: its plug-in {point.value} is no throng.vision.config.CounterConfig")
    try:
        return config_class(type=point.name, threads=threads).build()
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise VisionError(f"counter {point.name}: its options do not fit: {problems}") from error
