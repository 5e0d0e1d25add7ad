"""YAML files checked against a pydantic model; what is wrong is named with its line."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from throng.core.errors import ThrongError

Model = TypeVar("Model", bound=BaseModel)

Location = tuple[str | int, ...]


class SettingsError(ThrongError):
    """A settings file cannot be read, or says something that Throng does not understand."""


def read_yaml(path: Path, model: type[Model]) -> Model:
    """Read a YAML file into a model.

    Raises:
        SettingsError: the file is missing, is no YAML, has unknown keys or wrong values; the message names the line.
    """
    text = _read_text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise SettingsError(f"{path}{line}: this is not valid YAML: {getattr(error, 'problem', error)}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: expected keys and values, found {type(content).__name__}; see the documentation")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise SettingsError("; ".join(_sentences(path, node, error))) from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text file"
        raise SettingsError(f"cannot read {path}: {reason}") from error


def _sentences(path: Path, node: yaml.Node | None, error: ValidationError) -> list[str]:
    """One sentence per mistake, the first five of them."""
    sentences = []
    for mistake in error.errors()[:5]:
        where, line = _find(node, mistake["loc"])
        if mistake["type"] == "extra_forbidden":
            sentences.append(f"{path}, line {line}: unknown key {where!r}")
        elif mistake["type"] == "missing":
            sentences.append(f"{path}, line {line}: key {where!r} is missing")
        else:
            sentences.append(f"{path}, line {line}: {where}: {mistake['msg']}, got {mistake['input']!r}")
    return sentences


def _find(node: yaml.Node | None, location: Location) -> tuple[str, int]:
    """Return the dotted path of a mistake and its line, as near as the file has it."""
    line = 1 if node is None else node.start_mark.line + 1
    path: list[str] = []
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == str(step)]
            if not found and step != location[-1]:
                continue  # the name of a form, not a key of the file
            line, node = (found[0][0].start_mark.line + 1, found[0][1]) if found else (line, None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        path.append(str(step))
    return ".".join(path), line
