"""Reports on disk: JSON in which what is unknown is null, and pictures."""

import json
import math
from pathlib import Path

import cv2

from throng.core.points import Image
from throng.evaluation.errors import EvaluationError


def without_nan(value: object) -> object:
    """JSON has no NaN and no infinity: what is not known is null."""
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_json_file(values: object, path: Path) -> None:
    """Write plain values, NaN replaced by null.

    Raises:
        EvaluationError: the file cannot be written.
    """
    text = json.dumps(without_nan(values), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{path}: the report cannot be written: {error.strerror}") from None


def check_chart_name(path: Path) -> None:
    """Refuse a name that says no picture format, before a long comparison begins.

    Raises:
        EvaluationError: the name ends in something else than .png or .jpg.
    """
    if path.suffix.lower() not in {".png", ".jpg", ".jpeg"}:
        raise EvaluationError(f"{path}: the picture of the report must end in .png or .jpg")


def write_picture(image: Image, path: Path) -> None:
    """Write a picture as PNG or JPEG, after the ending of the name.

    Raises:
        EvaluationError: the name ends in something else, or the file cannot be written.
    """
    check_chart_name(path)
    _, encoded = cv2.imencode(path.suffix, image)
    try:
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise EvaluationError(f"{path}: the picture of the report cannot be written: {error.strerror}") from None
