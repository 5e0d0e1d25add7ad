"""Reads a configuration, or one site file as a configuration, from YAML that may come from anybody."""

import tempfile
from pathlib import Path
from typing import Any

import yaml

from throng.camera.calibration_file import load_calibration, save_calibration
from throng.camera.calibration_forms import CalibrationForm
from throng.camera.yaml_file import SettingsError, parse_yaml, read_yaml
from throng.server.configuration.file import ConfigurationFile, SiteEntry

LARGEST_BYTES = 2_000_000
DEEPEST = 40

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C where there is one: ten times as fast."""


def read_configuration(text: str, source: str, *, folder: Path | None = None) -> ConfigurationFile:
    """Read a configuration.

    Args:
        text: YAML, a whole configuration (`sites:`) or one site file.
        source: what it is called in messages.
        folder: where the files of calibrations lie; None where none may be read.

    Raises:
        ThrongError: it is no YAML or too large, a key is unknown, or what it says cannot be; the line is named.
    """
    _require_plain(text, source)
    content = _content(text)
    if isinstance(content, dict) and "sites" not in content and {"name", "zones", "cameras"} & set(content):
        read = ConfigurationFile(sites=[parse_yaml(text, source, SiteEntry)])
    else:
        read = parse_yaml(text, source, ConfigurationFile)
    for site in read.sites:
        for camera in site.cameras or ():
            if isinstance(camera.calibration, str):
                camera.calibration = _calibration(camera.calibration, f"{source}: camera {camera.id}", folder)
    return read


def is_whole(text: str) -> bool:
    """Whether a text that was read is a whole configuration, not one site file."""
    content = _content(text)
    return isinstance(content, dict) and "sites" in content


def self_contained(text: str, read: ConfigurationFile) -> str:
    """Return the YAML with calibrations in place of the names of their files, so that it can be sent to a server."""
    content = _content(text)
    blocks = content.get("sites", [content])
    changed = False
    for block, site in zip(blocks, read.sites, strict=True):
        for camera, entry in zip(block.get("cameras") or (), site.cameras or (), strict=True):
            if isinstance(camera.get("calibration"), str) and isinstance(entry.calibration, CalibrationForm):
                camera["calibration"] = entry.calibration.model_dump(mode="json", exclude_unset=True)
                changed = True
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True) if changed else text


def _content(text: str) -> Any:
    try:
        return yaml.load(text, Loader=LOADER)  # noqa: S506  (a safe one)
    except (yaml.YAMLError, ValueError, OverflowError):
        return None


def _require_plain(text: str, source: str) -> None:
    """Refuse what grows when it is read: aliases and endless nesting."""
    if len(text) > LARGEST_BYTES:
        raise SettingsError(f"{source}: larger than {LARGEST_BYTES / 1e6:g} MB")
    depth = 0
    try:
        for event in yaml.parse(text, Loader=LOADER):
            line = 0 if event.start_mark is None else event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent):
                raise SettingsError(f"{source}, line {line}: aliases (*name) are not read; write it out")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEEPEST:
                raise SettingsError(f"{source}, line {line}: nested deeper than {DEEPEST} levels")
    except yaml.YAMLError:
        return


def _calibration(name: str, who: str, folder: Path | None) -> CalibrationForm:
    if folder is None:
        raise SettingsError(f"{who}: the server cannot read the file {name!r}; put the calibration itself here")
    path = folder / name
    if path.suffix.lower() != ".xml":
        load_calibration(path)
        return read_yaml(path, CalibrationForm)
    with tempfile.TemporaryDirectory() as kept:
        as_yaml = Path(kept) / "calibration.yaml"
        save_calibration(load_calibration(path), as_yaml)
        return read_yaml(as_yaml, CalibrationForm)
