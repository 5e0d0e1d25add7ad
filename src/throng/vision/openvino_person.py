"""Intel's person-detection-retail-0013 on OpenVINO (extra `openvino`)."""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from throng.core.observation import Persons
from throng.core.points import Image
from throng.vision import model_store
from throng.vision.boxes import clipped
from throng.vision.config import NetworkConfig
from throng.vision.errors import VisionError
from throng.vision.found import Found, Looker, split_by_threshold
from throng.vision.letterbox import letterbox
from throng.vision.runtime import physical_cores
from throng.vision.tiling import TiledDetector

log = logging.getLogger(__name__)

NAME = "person-detection-retail-0013"
_FULL_SHARE = 0.95


class OpenVinoPersonDetector:
    """Finds persons with an SSD network whose output has 200 rows.

    When nearly all rows are used, the finds are marked as saturated and say so; in tiles each tile has its own rows.

    Args:
        path: the .xml file, with the .bin file beside it.
        threshold: score from which a find counts by itself.
        floor: score from which a find is told as a doubt.
        recall, precision: measured on a labelled clip with this threshold.
        threads: threads of the network, None for one per physical core.

    Raises:
        VisionError: OpenVINO is not installed, or the file is not this kind of network.
    """

    def __init__(
        self,
        path: Path,
        *,
        threshold: float,
        floor: float,
        recall: float,
        precision: float,
        threads: int | None = None,
    ) -> None:
        try:
            import openvino  # noqa: PLC0415  (an extra, and 60 MB when loaded)
        except ImportError as error:
            raise VisionError(f"{NAME} needs OpenVINO; install it with: pip install 'throng[openvino]'") from error
        self.name = NAME
        self.recall = recall
        self.precision = precision
        self._threshold = threshold
        self._floor = floor
        count = threads or physical_cores()
        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": count}
        try:
            compiled = openvino.Core().compile_model(str(path), "CPU", settings)
            _, _, height, width = compiled.input(0).shape
            rows = int(compiled.output(0).shape[2])
        except (RuntimeError, ValueError, IndexError) as error:
            raise VisionError(f"{path}: OpenVINO cannot load this as a person detector: {error}") from error
        self._compiled = compiled
        self._requests = threading.local()
        self._size = (int(width), int(height))
        self._rows = rows
        log.info("%s runs on OpenVINO CPU, %d threads", NAME, count)

    @property
    def input_size(self) -> tuple[int, int] | None:
        """Width and height of the network's input in pixels."""
        return self._size

    def warm_up(self) -> None:
        """Run once on an empty picture."""
        width, height = self._size
        self.look([np.zeros((height, width, 3), dtype=np.uint8)])

    def detect(self, images: Sequence[Image]) -> list[Persons]:
        """Find the persons in each picture; boxes in pixels of that picture."""
        return [found.persons for found in self.look(images)]

    def look(self, images: Sequence[Image]) -> list[Found]:
        """Find the persons in each picture, with doubts and a warning when the output was full."""
        return [self._look(image) for image in images]

    def _look(self, image: Image) -> Found:
        canvas, placed = letterbox(image, self._size, centred=True)
        request = self._request()
        request.infer({0: canvas.transpose(2, 0, 1)[None].astype(np.float32)})
        boxes, scores = decode_ssd(request.get_output_tensor(0).data, self._size)
        seen = scores >= self._floor
        boxes = clipped(placed.to_picture(boxes[seen]), (image.shape[1], image.shape[0]))
        sure, doubtful = split_by_threshold(Persons.from_boxes(boxes, scores[seen]), self._threshold)
        saturated = int(seen.sum()) >= _FULL_SHARE * self._rows
        warnings = (f"{NAME} names at most {self._rows} people and its list is full: there may be more",)
        return Found(sure, doubtful, warnings if saturated else (), saturated)

    def _request(self) -> Any:
        """The request of this thread: a request cannot run twice at once."""
        if not hasattr(self._requests, "own"):
            self._requests.own = self._compiled.create_infer_request()
        return self._requests.own


def decode_ssd(
    output: np.ndarray[tuple[int, ...], np.dtype[np.float32]], size: tuple[int, int]
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Read an SSD output (1, 1, N, 7): image id, label, score, x1, y1, x2, y2 as shares of the input.

    Returns:
        Boxes (M, 4) in input pixels and scores (M,); the list ends at the first row with image id -1.
    """
    rows = output[0, 0].astype(np.float64)
    ends = np.flatnonzero(rows[:, 0] < 0)
    rows = rows[: ends[0]] if len(ends) else rows
    width, height = size
    return rows[:, 3:7] * np.array([width, height, width, height]), rows[:, 2]


class OpenVinoPersonConfig(NetworkConfig):
    """person-detection-retail-0013, 544×320; thresholds and shares measured on PETS2009 S2L1, see docs/models.md."""

    type: Literal["person-detection-retail-0013"] = "person-detection-retail-0013"
    threshold: float = Field(0.25, gt=0, lt=1)
    floor: float = Field(0.1, gt=0, lt=1)
    recall: float = Field(0.83, gt=0, le=1)
    precision: float = Field(0.93, gt=0, le=1)

    def build(self) -> Looker:
        """Load the network from the model folder."""
        detector = OpenVinoPersonDetector(
            model_store.find(self.type),
            threshold=self.threshold,
            floor=self.floor,
            recall=self.recall,
            precision=self.precision,
            threads=self.threads,
        )
        return TiledDetector(detector) if self.tiles else detector
