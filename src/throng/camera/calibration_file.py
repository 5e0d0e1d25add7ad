"""Calibrations on disk: YAML in one schema, or a PETS Tsai file as it is."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import yaml
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic import BaseModel, ValidationError

from throng.camera.calibration_forms import CalibrationForm, CalibrationRecord, KrtForm, Size, TsaiForm, build
from throng.camera.yaml_file import SettingsError, read_yaml
from throng.core.calibration import Calibration
from throng.core.errors import ThrongError
from throng.core.homography import PointPairs
from throng.core.lens import BrownLens, TsaiLens

Model = TypeVar("Model", bound=BaseModel)

_TSAI_PARTS = {
    "Geometry": ("width", "height", "dpx", "dpy"),
    "Intrinsic": ("focal", "kappa1", "cx", "cy", "sx"),
    "Extrinsic": ("tx", "ty", "tz", "rx", "ry", "rz"),
}


class _KrtFile(KrtForm):
    image_size: Size | None = None


def load_calibration(path: Path) -> Calibration:
    """Read a calibration from YAML (or JSON) or from a PETS Tsai XML file.

    Raises:
        ThrongError: the file cannot be read, has an unknown key (named with its line), or says what no camera can be.
    """
    return read_calibration(path).calibration


def read_calibration(path: Path) -> CalibrationRecord:
    """Read a calibration with the points that it can be checked with.

    Raises:
        ThrongError: as `load_calibration`.
    """
    form = CalibrationForm(tsai=_read_tsai_xml(path)) if _is_xml(path) else read_yaml(path, CalibrationForm)
    return _build(form, str(path))


def parse_calibration(mapping: Mapping[str, Any], source: str) -> Calibration:
    """Make a calibration from keys and values that stand inside another file.

    Args:
        mapping: the keys of a calibration file.
        source: which file and camera, for messages.

    Raises:
        ThrongError: an unknown key or a wrong value, named; or numbers that no camera can have.
    """
    return _build(_validated(CalibrationForm, dict(mapping), source), source).calibration


def load_krt(path: Path, image_size: tuple[int, int] | None = None) -> CalibrationRecord:
    """Read K[R|t]: a calibration file with `krt:`, or one that has k, r, t and image_size at its top.

    Args:
        path: YAML or JSON.
        image_size: width and height of the pictures that K belongs to, where the file does not say.

    Raises:
        ThrongError: as `load_calibration`.
    """
    if _has_key(path, "krt"):
        return read_calibration(path)
    krt = read_yaml(path, _KrtFile)
    size = krt.image_size or image_size
    if size is None:
        raise SettingsError(f"{path}: image_size is missing; add it, or give `--size WIDTHxHEIGHT` or a frame")
    bare = KrtForm(k=krt.k, r=krt.r, t=krt.t, distortion=krt.distortion)
    return _build(CalibrationForm(image_size=size, krt=bare), str(path))


def save_calibration(calibration: Calibration, path: Path, *, pairs: PointPairs | None = None) -> None:
    """Write a calibration that `load_calibration` reads back with the same numbers.

    Args:
        calibration: what to write, as projection and lens.
        path: YAML file; one that is there is replaced only when the new one is complete.
        pairs: points to keep beside it for later checks.

    Raises:
        SettingsError: the file cannot be written.
    """
    scale = np.linalg.norm(calibration.projection[2, :3])
    content: dict[str, Any] = {
        "image_size": list(calibration.image_size),
        "method": calibration.method,
        "projection": [[_number(x) for x in row] for row in calibration.projection / scale],
    }
    if calibration.lens is not None:
        content["lens"] = _lens_content(calibration)
    if pairs is not None:
        content["points"] = [
            {"image": [_number(x) for x in image], "ground": [_number(x) for x in ground]}
            for image, ground in zip(pairs.image, pairs.ground, strict=True)
        ]
    text = "# A camera's calibration: site metres (x, y, z, 1) to pixels. Made by `throng calibrate`.\n"
    if pairs is not None:
        text += "# The points check the projection. To fit it to changed points, delete method and projection.\n"
    text += yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=200)
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror or error}") from error


def _lens_content(calibration: Calibration) -> dict[str, Any]:
    lens = calibration.lens
    if not isinstance(lens, BrownLens | TsaiLens):
        raise SettingsError(f"a lens of type {type(lens).__name__} cannot be written to a calibration file")
    names = type(lens).__dataclass_fields__
    kind = "brown" if isinstance(lens, BrownLens) else "tsai"
    return {"type": kind, **{name: float(getattr(lens, name)) for name in names}}


def _number(value: float) -> float:
    return float(f"{value:.13g}")


def _build(form: CalibrationForm, source: str) -> CalibrationRecord:
    try:
        return build(form)
    except ThrongError as error:
        raise SettingsError(f"{source}: {error}") from error


def _is_xml(path: Path) -> bool:
    return path.suffix.lower() == ".xml" or _read_bytes(path)[:200].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def _has_key(path: Path, key: str) -> bool:
    try:
        content = yaml.safe_load(_read_bytes(path))
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    return isinstance(content, dict) and key in content


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read the calibration {path}: {error.strerror or error}") from error


def _read_tsai_xml(path: Path) -> TsaiForm:
    try:
        root = fromstring(_read_bytes(path))
    except ParseError as error:
        raise SettingsError(f"{path}: this is not valid XML: {error}") from error
    except DefusedXmlException as error:
        raise SettingsError(f"{path}: XML with entities or a document type is not read; remove them") from error
    numbers: dict[str, Any] = {}
    for tag, names in _TSAI_PARTS.items():
        element = root.find(tag)
        if element is None:
            raise SettingsError(
                f"{path}: <{tag}> is missing; expected a Tsai calibration as PETS has it, with <Geometry>, "
                f"<Intrinsic> and <Extrinsic>, found <{root.tag}>"
            )
        numbers |= {name: _attribute(element, name, path) for name in names}
    return _validated(TsaiForm, numbers, str(path))


def _attribute(element: Element, name: str, path: Path) -> str:
    value = element.get(name)
    if value is None:
        raise SettingsError(f"{path}: <{element.tag}> has no attribute {name!r}")
    return value


def _validated(model: type[Model], content: dict[str, Any], source: str) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(source, mistake) for mistake in error.errors()[:5])) from error


def _sentence(source: str, mistake: Any) -> str:
    where = ".".join(str(step) for step in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        return f"{source}: unknown key {where!r}"
    if mistake["type"] == "missing":
        return f"{source}: key {where!r} is missing"
    return f"{source}: {where}: {mistake['msg']}, got {mistake['input']!r}"
