"""Detectors by name: built-ins from an explicit table, third parties through entry points, ONNX files by path."""

import logging
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from pydantic import ValidationError

from throng.vision.config import DetectorConfig
from throng.vision.errors import VisionError
from throng.vision.model_store import unknown_model
from throng.vision.ports import Detector

log = logging.getLogger(__name__)

ENTRY_POINTS = "throng.detectors"
"""Group of the entry points; each names a `DetectorConfig` subclass."""

BUILT_IN: dict[str, str] = {
    "hog": "throng.vision.hog:HogConfig",
    "yolox-nano": "throng.vision.yolo:YoloxNanoConfig",
    "person-detection-retail-0013": "throng.vision.openvino_person:OpenVinoPersonConfig",
}
_ONNX = "throng.vision.yolo:OnnxConfig"


def known_detectors() -> dict[str, str]:
    """Return where each named detector comes from: `built-in`, or the value of a third party's entry point."""
    third_parties = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    return third_parties | dict.fromkeys(BUILT_IN, "built-in")


def load_detector(
    name_or_path: str, *, threads: int | None = None, options: Mapping[str, object] | None = None
) -> Detector:
    """Load a detector.

    Args:
        name_or_path: a name of `known_detectors`, or a path that ends in .onnx.
        threads: threads of the network, None for one per physical core.
        options: further settings of the detector's configuration, such as `threshold`, `provider` or `tiles`.

    Raises:
        VisionError: the name is unknown, an option is wrong, or the model cannot be found, trusted or run.
    """
    settings: dict[str, object] = {"threads": threads, **(options or {})}
    if name_or_path.lower().endswith(".onnx"):
        config_class = _imported(_ONNX)
        settings |= {"type": "onnx", "path": Path(name_or_path).expanduser()}
    else:
        config_class = _config_class(name_or_path)
        settings |= {"type": name_or_path}
    try:
        config = config_class.model_validate(settings)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise VisionError(f"model {name_or_path}: its options do not fit: {problems}") from error
    return config.build()


def _config_class(name: str) -> type[DetectorConfig]:
    if name in BUILT_IN:
        return _imported(BUILT_IN[name])
    for point in entry_points(group=ENTRY_POINTS, name=name):
        return _third_party(point)
    hint = "; a model of your own is named by its path, which ends in .onnx"
    raise VisionError(unknown_model(name, known_detectors()) + hint)


def _imported(place: str) -> type[DetectorConfig]:
    module, _, attribute = place.partition(":")
    config_class: type[DetectorConfig] = getattr(import_module(module), attribute)
    return config_class


def _third_party(point: EntryPoint) -> type[DetectorConfig]:
    try:
        config_class = point.load()
    except (ImportError, AttributeError) as error:
        raise VisionError(f"model {point.name}: its plug-in {point.value} cannot be loaded: {error}") from error
    if not (isinstance(config_class, type) and issubclass(config_class, DetectorConfig)):
        raise VisionError(f"model {point.name}: its plug-in {point.value} is no throng.vision.config.DetectorConfig")
    return config_class
