"""What an ONNX file says of the counter in it: its outputs, and what was measured of it."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from throng.core.count_error import CountErrorModel
from throng.vision.domain import DomainCheck
from throng.vision.errors import VisionError
from throng.vision.picture_quality import QualityCheck
from throng.vision.runtime import OnnxModel, Port

KIND_KEY, KIND = "throng.kind", "density-counter"
NAME_KEY = "throng.name"
INTERVAL_KEY = "throng.interval"
DOMAIN_KEY = "throng.domain"
QUALITY_KEY = "throng.quality"
HEADS_KEY, THRESHOLD_KEY = "throng.heads", "throng.head_threshold"
EMPTY_KEY = "throng.empty_below"
HEAD_KEY = "throng.head_px"
"""Names of the metadata that an exporter writes into the file."""

HEAD_PX = 14.0
"""Size of heads in the input where the file names none: what ThrongNet is trained for."""

DENSITY, POINTS, SIGNATURE = "density", "points", "signature"
"""Names of the outputs."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HeadPoints:
    """How good the head points of a counter are where people stand apart; cautious where nobody measured it.

    Attributes:
        threshold: least probability of a head point, in (0, 1).
        recall: share of the heads that it names, in (0, 1].
        precision: share of the points that are heads, in (0, 1].
    """

    threshold: float = 0.3
    recall: float = 0.6
    precision: float = 0.8

    def __post_init__(self) -> None:
        if not (0 < self.threshold < 1 and 0 < self.recall <= 1 and 0 < self.precision <= 1):
            raise ValueError(f"expected a threshold in (0, 1) and shares in (0, 1], got {self}")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a JSON object with threshold, recall and precision.

        Raises:
            ValueError: it is something else.
        """
        read = json.loads(text)
        if not isinstance(read, dict) or set(read) != {"threshold", "recall", "precision"}:
            raise ValueError(f"expected a JSON object with threshold, recall and precision, got {text[:80]!r}")
        if not all(isinstance(value, int | float) for value in read.values()):
            raise ValueError(f"expected numbers for threshold, recall and precision, got {text[:80]!r}")
        return cls(float(read["threshold"]), float(read["recall"]), float(read["precision"]))


@dataclass(frozen=True, slots=True)
class CounterCard:
    """What is known of a counter.

    Attributes:
        name: what readings call it.
        interval: its error, None where nobody measured it.
        domain: what its training pictures look like, None where nobody recorded it.
        heads: how good its head points are.
        head_px: the size of heads in its input, in pixels, that it counts best.
        empty_below: cells with fewer people than this hold nobody: a haze over a street adds up. It is meant for
            pictures of their own size; the cells of an enlarged one hold as much less as they cover less of it.
        quality: how bad its training pictures are, None where nobody recorded it.
    """

    name: str
    interval: CountErrorModel | None
    domain: DomainCheck | None
    heads: HeadPoints
    head_px: float
    empty_below: float = 0.0
    quality: QualityCheck | None = None


def read_card(model: OnnxModel) -> CounterCard:
    """Check that a network is a counter and read its card.

    Raises:
        VisionError: the network has other inputs or outputs, or its metadata cannot be read.
    """
    _require_counter(model)
    domain = _entry(model, DOMAIN_KEY, DomainCheck.from_json)
    if domain is not None and SIGNATURE not in {port.name for port in model.outputs}:
        raise VisionError(f"{model.path}: {DOMAIN_KEY} needs an output {SIGNATURE}, which is missing; export it anew")
    return CounterCard(
        name=model.metadata.get(NAME_KEY) or model.path.stem,
        interval=_entry(model, INTERVAL_KEY, CountErrorModel.from_json),
        domain=domain,
        heads=_heads(model),
        head_px=_entry(model, HEAD_KEY, _head_px) or HEAD_PX,
        empty_below=_entry(model, EMPTY_KEY, _empty_below) or 0.0,
        quality=_entry(model, QUALITY_KEY, QualityCheck.from_json),
    )


def _heads(model: OnnxModel) -> HeadPoints:
    """Read the whole entry, or the threshold alone."""
    heads = _entry(model, HEADS_KEY, HeadPoints.from_json)
    return heads or _entry(model, THRESHOLD_KEY, lambda text: HeadPoints(threshold=float(text))) or HeadPoints()


def _empty_below(text: str) -> float:
    people = float(text)
    if not 0 <= people < 1:
        raise ValueError(f"expected people per cell from 0 to below 1, got {text[:80]!r}")
    return people


def _head_px(text: str) -> float:
    """Read a size, or [smallest, best, largest]."""
    read = json.loads(text)
    sizes = read if isinstance(read, list) else [read]
    if len(sizes) not in {1, 3} or not all(isinstance(size, int | float) and 0 < size < math.inf for size in sizes):
        raise ValueError(f"expected a size in pixels or [smallest, best, largest], got {text[:80]!r}")
    if sizes != sorted(sizes):
        raise ValueError(f"expected smallest <= best <= largest, got {text[:80]!r}")
    return float(sizes[len(sizes) // 2])


def is_counter_file(path: Path) -> bool:
    """Tell whether an ONNX file holds a counter, by its metadata or, without any, by its outputs.

    Raises:
        VisionError: it is no ONNX model with one picture input.
    """
    model = OnnxModel(path, provider="cpu", threads=1)
    if KIND_KEY in model.metadata:
        return model.metadata[KIND_KEY] == KIND
    return {DENSITY, POINTS} <= {port.name for port in model.outputs}


def _require_counter(model: OnnxModel) -> None:
    kind = model.metadata.get(KIND_KEY, KIND)
    if kind != KIND:
        raise VisionError(f"{model.path}: expected {KIND_KEY} {KIND}, got {kind!r}; this network is no counter")
    outputs = {port.name: port for port in model.outputs}
    open_sides = [side for i, side in enumerate(model.input.shape) if i != 1]
    if not {DENSITY, POINTS} <= set(outputs) or any(isinstance(side, int) for side in open_sides):
        raise VisionError(
            f"{model.path}: expected a counter with an input image (N, 3, H, W) whose N, H and W are open and outputs "
            f"{DENSITY} (N, 1, H/8, W/8) and {POINTS} (N, 1, H/4, W/4), got input {model.input} and outputs "
            f"{_listed(model.outputs)}; export it with: throng train export"
        )


def _listed(ports: tuple[Port, ...]) -> str:
    return ", ".join(map(str, ports[:6])) + (", …" if len(ports) > 6 else "")


def _entry(model: OnnxModel, key: str, read: Callable[[str], T]) -> T | None:
    text = model.metadata.get(key)
    if text is None:
        return None
    try:
        return read(text)
    except ValueError as error:
        raise VisionError(f"{model.path}: its {key} cannot be read ({error}); export it anew") from error
