"""YAML files checked against a pydantic model; what is wrong is named with its line."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from throng.core.errors import ThrongError
from throng.video.redact import HIDDEN, redact

Model = TypeVar("Model", bound=BaseModel)

SECRET_KEYS = frozenset({"credentials", "password", "source"})

Location = tuple[str | int, ...]


class SettingsError(ThrongError):
    """A settings file cannot be read, or says something that Throng does not understand."""


def read_yaml(path: Path, model: type[Model]) -> Model:
    """Read a YAML file into a model.

    Raises:
        SettingsError: the file is missing, is no YAML, has unknown keys or wrong values; the message names the line.
    """
    return parse_yaml(_read_text(path), str(path), model)


def parse_yaml(text: str, source: str, model: type[Model]) -> Model:
    """Read YAML that somebody else has got into a model.

    Args:
        text: the YAML.
        source: what it is called in messages.
        model: what it must say.

    Raises:
        SettingsError: it is no YAML, or has unknown keys or wrong values; the message names the line.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise SettingsError(f"{source}{line}: this is not valid YAML: {getattr(error, 'problem', error)}") from error
    except RecursionError as error:
        raise SettingsError(f"{source}: nested deeper than anybody writes") from error
    except (ValueError, OverflowError) as error:  # such as the 40th of May
        raise SettingsError(f"{source}: a value cannot be: {error}") from error
    if not isinstance(content, dict):
        found = type(content).__name__
        raise SettingsError(f"{source}: expected keys and values, found {found}; see the documentation")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise SettingsError("; ".join(_sentences(source, node, error))) from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text file"
        raise SettingsError(f"cannot read {path}: {reason}") from error


def _sentences(source: str, node: yaml.Node | None, error: ValidationError) -> list[str]:
    """One sentence per mistake, the first five of them."""
    sentences = []
    for mistake in error.errors()[:5]:
        where, line = _find(node, mistake["loc"])
        if mistake["type"] == "extra_forbidden":
            sentences.append(f"{source}, line {line}: unknown key {where!r}")
        elif mistake["type"] == "missing":
            sentences.append(f"{source}, line {line}: key {where!r} is missing")
        elif mistake["type"] == "value_error":
            what = mistake["msg"].removeprefix("Value error, ")
            sentences.append(f"{source}, line {line}: {where}: {what}" if where else f"{source}: {what}")
        else:
            sentences.append(f"{source}, line {line}: {where}: {mistake['msg']}, got {_shown(mistake)}")
    return sentences


def _shown(mistake: Any) -> str:
    """Return the wrong value, but no password and no address with one."""
    secret = SECRET_KEYS.intersection(map(str, mistake["loc"]))
    return HIDDEN if secret else redact(repr(mistake["input"]))


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
