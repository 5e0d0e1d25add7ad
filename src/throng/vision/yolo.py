"""A person detector of the YOLO family in ONNX: YOLOX-nano by name, or a file that the user brings."""

import ast
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from throng.core.observation import Persons
from throng.core.points import Image
from throng.vision import model_store
from throng.vision.boxes import clipped, suppress
from throng.vision.config import NetworkConfig
from throng.vision.errors import VisionError
from throng.vision.found import Found, Looker, split_by_threshold
from throng.vision.letterbox import letterbox
from throng.vision.runtime import OnnxModel, Provider
from throng.vision.tiling import TiledDetector
from throng.vision.yolo_layouts import Decoder, Layout, Output, layout_of

log = logging.getLogger(__name__)

_PERSON_NAMES = ("person", "pedestrian", "people", "human")
_OPEN_INPUT_PX = 640
_CAP_MARGIN = 0.95


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Which finds count.

    Attributes:
        sure: score from which a find counts by itself.
        floor: score from which a find is told at all, as a doubt.
        max_iou: overlap above which the weaker of two boxes is dropped.
    """

    sure: float
    floor: float
    max_iou: float


class YoloDetector:
    """Finds persons with a YOLO network, without a cap on their number.

    Args:
        model: the loaded network.
        name: name for readings.
        thresholds: which finds count.
        recall, precision: measured on a labelled clip with these thresholds.
        input_px: side of the square input of a model that leaves its input open.

    Raises:
        VisionError: the outputs are of no known layout, or the model has no class for persons.
    """

    def __init__(
        self,
        model: OnnxModel,
        *,
        name: str,
        thresholds: Thresholds,
        recall: float,
        precision: float,
        input_px: int = _OPEN_INPUT_PX,
    ) -> None:
        self.name = name
        self.recall = recall
        self.precision = precision
        self._model = model
        self._thresholds = thresholds
        self._size = model.input_size or (input_px, input_px)
        self._decode = self._probe()
        log.info("%s: output layout %s, input %d×%d", name, self._decode.layout, *self._size)

    @property
    def input_size(self) -> tuple[int, int] | None:
        """Width and height of the network's input in pixels."""
        return self._size

    @property
    def layout(self) -> Layout:
        """How the network writes its output."""
        return self._decode.layout

    def warm_up(self) -> None:
        """Run once on an empty picture."""
        width, height = self._size
        self.look([np.zeros((height, width, 3), dtype=np.uint8)])

    def detect(self, images: Sequence[Image]) -> list[Persons]:
        """Find the persons in each picture; boxes in pixels of that picture."""
        return [found.persons for found in self.look(images)]

    def look(self, images: Sequence[Image]) -> list[Found]:
        """Find the persons in each picture, with doubts and warnings."""
        return [self._look(image) for image in images]

    def _look(self, image: Image) -> Found:
        is_yolox = self._decode.is_yolox
        canvas, placed = letterbox(image, self._size, centred=not is_yolox)
        output = self._model.run(to_blob(canvas, bgr_255=is_yolox))[0]
        boxes, scores = self._decode(output)
        seen = scores >= self._thresholds.floor
        boxes = clipped(placed.to_picture(boxes[seen]), (image.shape[1], image.shape[0]))
        persons = Persons.from_boxes(boxes, np.minimum(scores[seen], 1.0))
        if self.layout is not Layout.END_TO_END:
            persons = persons.select(suppress(persons.boxes, persons.scores, self._thresholds.max_iou))
        saturated = self.layout is Layout.END_TO_END and len(persons) >= _CAP_MARGIN * output.shape[1]
        sure, doubtful = split_by_threshold(persons, self._thresholds.sure)
        return Found(sure, doubtful, _full(self.name, output.shape[1]) if saturated else (), saturated)

    def _probe(self) -> Decoder:
        width, height = self._size
        noise = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
        output = self._model.run(to_blob(noise, bgr_255=True))[0]
        try:
            layout = layout_of(output, self._size)
        except VisionError as error:
            raise VisionError(f"{self._model.path}: {error}") from error
        person = person_class(self._model.metadata.get("names"), origin=str(self._model.path))
        self._check_classes(layout, output, person)
        return Decoder(layout, person, self._size)

    def _check_classes(self, layout: Layout, output: Output, person: int) -> None:
        columns = {Layout.COLUMNS: output.shape[1] - 4, Layout.END_TO_END: person + 1}
        classes = columns.get(layout, output.shape[2] - 5)
        if person >= classes:
            raise VisionError(f"{self._model.path}: class {person} is to be persons, but the output has {classes}")


def _full(name: str, rows: int) -> tuple[str, ...]:
    return (f"{name} names at most {rows} people and its list is full: there may be more",)


def to_blob(canvas: Image, *, bgr_255: bool) -> NDArray[np.float32]:
    """Turn a letterboxed picture into a network input (1, 3, H, W).

    YOLOX wants BGR from 0 to 255, the later families RGB from 0 to 1.
    """
    scale = 1.0 if bgr_255 else 1 / 255
    return np.asarray(cv2.dnn.blobFromImage(canvas, scalefactor=scale, swapRB=not bgr_255), dtype=np.float32)


def person_class(names: str | None, *, origin: str) -> int:
    """Return the index of the class "person" from the `names` in a model's metadata.

    Without names the model is taken to have the COCO classes, where persons come first.

    Raises:
        VisionError: there are names, but none for persons.
    """
    if names is None:
        return 0
    try:
        read = ast.literal_eval(names)
    except (ValueError, SyntaxError) as error:
        raise VisionError(f"{origin}: the class names in the file cannot be read: {names[:80]!r}") from error
    pairs = read.items() if isinstance(read, dict) else enumerate(read)
    known = {str(name).lower(): int(index) for index, name in pairs}
    for name in _PERSON_NAMES:
        if name in known:
            return known[name]
    raise VisionError(f"{origin}: the model has no class for persons; its classes are: {', '.join(known)[:200]}")


class YoloxNanoConfig(NetworkConfig):
    """YOLOX-nano (Ge et al. 2021), 416×416; thresholds and shares measured on PETS2009 S2L1, see docs/models.md."""

    type: Literal["yolox-nano"] = "yolox-nano"
    threshold: float = Field(0.6, gt=0, lt=1)
    floor: float = Field(0.25, gt=0, lt=1)
    max_iou: float = Field(0.5, gt=0, lt=1)
    recall: float = Field(0.87, gt=0, le=1)
    precision: float = Field(0.93, gt=0, le=1)
    provider: Provider = "auto"

    def build(self) -> Looker:
        """Load the network from the model folder."""
        model = OnnxModel(model_store.find(self.type), provider=self.provider, threads=self.threads)
        return _tiled(model, self, name=self.type)


class OnnxConfig(NetworkConfig):
    """A YOLO-family ONNX file that the user brings.

    Nobody has measured its recall and precision here: the defaults are cautious. `throng eval video` measures them.
    """

    type: Literal["onnx"] = "onnx"
    path: Path
    threshold: float = Field(0.4, gt=0, lt=1)
    floor: float = Field(0.15, gt=0, lt=1)
    max_iou: float = Field(0.5, gt=0, lt=1)
    recall: float = Field(0.7, gt=0, le=1)
    precision: float = Field(0.8, gt=0, le=1)
    provider: Provider = "auto"
    input_px: int = Field(_OPEN_INPUT_PX, ge=32, multiple_of=32)

    def build(self) -> Looker:
        """Load the network from the file."""
        model = OnnxModel(self.path, provider=self.provider, threads=self.threads)
        return _tiled(model, self, name=self.path.stem, input_px=self.input_px)


def _tiled(
    model: OnnxModel, config: YoloxNanoConfig | OnnxConfig, *, name: str, input_px: int = _OPEN_INPUT_PX
) -> Looker:
    detector = YoloDetector(
        model,
        name=name,
        thresholds=Thresholds(config.threshold, config.floor, config.max_iou),
        recall=config.recall,
        precision=config.precision,
        input_px=input_px,
    )
    return TiledDetector(detector) if config.tiles else detector
