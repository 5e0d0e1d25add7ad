"""OpenCV's built-in HOG people detector: nothing to fetch, for sparse scenes with people of 100 px and more."""

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from throng.core.observation import Persons
from throng.core.points import Image
from throng.vision.boxes import clipped, suppress
from throng.vision.config import DetectorConfig
from throng.vision.found import Found, split_by_threshold

_WINDOW = (64, 128)
_BODY_IN_WINDOW = (0.25, 0.125)


class HogDetector:
    """Finds upright persons by histograms of oriented gradients (Dalal and Triggs 2005).

    The window holds a person of 96 px, so smaller people are missed. Pictures less high than `least_height_px` are
    enlarged to it first. It finds far fewer people than a network, and hardly anybody in a crowd.

    Args:
        threshold: score from which a find counts by itself.
        floor: score from which a find is told as a doubt.
        recall, precision: measured on a labelled clip with this threshold.
        least_height_px: pictures are enlarged to at least this height.
    """

    def __init__(
        self, *, threshold: float, floor: float, recall: float, precision: float, least_height_px: int = 720
    ) -> None:
        self.name = "hog"
        self.recall = recall
        self.precision = precision
        self._threshold = threshold
        self._floor = floor
        self._least_height_px = least_height_px
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector()))

    @property
    def input_size(self) -> tuple[int, int] | None:
        """None: it looks at pictures of any size."""
        return None

    def warm_up(self) -> None:
        """Run once on an empty picture."""
        self.look([np.zeros((_WINDOW[1] * 2, _WINDOW[0] * 2, 3), dtype=np.uint8)])

    def detect(self, images: Sequence[Image]) -> list[Persons]:
        """Find the persons in each picture; boxes in pixels of that picture."""
        return [found.persons for found in self.look(images)]

    def look(self, images: Sequence[Image]) -> list[Found]:
        """Find the persons in each picture, with doubts."""
        return [self._look(image) for image in images]

    def _look(self, image: Image) -> Found:
        height, width = image.shape[:2]
        scale = max(1.0, self._least_height_px / height, _WINDOW[0] / width)
        enlarged = cv2.resize(image, None, fx=scale, fy=scale) if scale > 1 else image
        windows, margins = self._hog.detectMultiScale(
            enlarged, winStride=(8, 8), padding=(8, 8), scale=1.05, groupThreshold=0
        )
        boxes = _bodies(np.asarray(windows, dtype=np.float64).reshape(-1, 4)) / scale
        scores = 1 / (1 + np.exp(-2 * np.asarray(margins, dtype=np.float64).reshape(-1)))
        seen = scores >= self._floor
        persons = Persons.from_boxes(clipped(boxes[seen], (width, height)), scores[seen])
        persons = persons.select(suppress(persons.boxes, persons.scores, 0.4))
        return Found(*split_by_threshold(persons, self._threshold))


def _bodies(
    windows: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Turn windows x, y, width, height (N, 4) into boxes around the bodies, without the window's margin."""
    corner, size = windows[:, :2], windows[:, 2:]
    margin = size * np.array(_BODY_IN_WINDOW)
    return np.concatenate((corner + margin, corner + size - margin), axis=1)


class HogConfig(DetectorConfig):
    """The built-in HOG detector; shares measured on PETS2009 S2L1 enlarged to 720 px, see docs/models.md."""

    type: Literal["hog"] = "hog"
    threshold: float = Field(0.7, gt=0, lt=1)
    floor: float = Field(0.55, gt=0, lt=1)
    recall: float = Field(0.78, gt=0, le=1)
    precision: float = Field(0.8, gt=0, le=1)
    least_height_px: int = Field(720, ge=128)

    def build(self) -> HogDetector:
        """Make the detector; there is nothing to load."""
        return HogDetector(
            threshold=self.threshold,
            floor=self.floor,
            recall=self.recall,
            precision=self.precision,
            least_height_px=self.least_height_px,
        )
