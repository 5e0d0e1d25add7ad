"""Label files that are text or JSON."""

import json
from pathlib import Path

from throng.train.errors import DatasetError

JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | str | float | bool | None


def read_text(path: Path) -> str:
    """Read a file as UTF-8, with or without a byte order mark.

    Raises:
        DatasetError: the file cannot be read or is no text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path}: the labels cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DatasetError(f"{path}: expected text in UTF-8, found something else") from None


def read_json(path: Path) -> JsonValue:
    """Read a JSON file.

    Raises:
        DatasetError: the file cannot be read or is no JSON.
    """
    return parse_json(read_text(path), str(path))


def parse_json(text: str, where: str) -> JsonValue:
    """Parse JSON.

    Raises:
        DatasetError: the text is no JSON; the message begins with `where`.
    """
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where}: expected JSON, but it is broken ({error})") from None
    return value
