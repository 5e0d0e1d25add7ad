from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from throng.core.frame import Frame
from throng.core.observation import UNTRACKED, Persons
from throng.core.points import Image
from throng.vision.bytetrack import ByteTracker
from throng.vision.found import Found
from throng.vision.observer import ModelObserver

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def box(x: float, score: float) -> Persons:
    return Persons.from_boxes(np.array([[x, 10.0, x + 20, 60.0]]), np.array([score]))


class ScriptedDetector:
    """Gives the finds of a script, one entry per frame."""

    name = "scripted"
    recall = 0.9
    precision = 0.8
    input_size = None

    def __init__(self, script: Sequence[Found]) -> None:
        self.script = list(script)

    def warm_up(self) -> None:
        pass

    def detect(self, images: Sequence[Image]) -> list[Persons]:
        return [found.persons for found in self.look(images)]

    def look(self, images: Sequence[Image]) -> list[Found]:
        return [self.script.pop(0) for _ in images]


class PlainDetector:
    """A third party's detector: the port and nothing else; low scores count as well."""

    name = "plain"
    recall = 0.7
    precision = 0.7

    def warm_up(self) -> None:
        pass

    def detect(self, images: Sequence[Image]) -> list[Persons]:
        return [box(50, 0.12) for _ in images]


def frame(k: int, rate_hz: float = 10, camera_id: str = "gate") -> Frame:
    return Frame(camera_id, np.zeros((90, 160, 3), dtype=np.uint8), k / rate_hz, NOW, k)


def doubt(x: float, score: float = 0.3) -> Found:
    return Found(Persons.empty(), box(x, score))


def test_observation_carries_the_frame_the_model_and_its_warnings() -> None:
    observer = ModelObserver("gate", ScriptedDetector([Found(box(5, 0.9), warnings=("full",))]), None)
    observer.warm_up()
    seen = observer.observe(frame(7))
    assert (seen.camera_id, seen.pts_s, seen.arrived_at, seen.sequence) == ("gate", 0.7, NOW, 7)
    assert seen.image_size == (160, 90)
    assert (seen.models, seen.recall, seen.precision) == (("scripted",), 0.9, 0.8)
    assert seen.warnings == ("full",)
    assert seen.heads is None
    assert not seen.simulated
    assert seen.persons is not None
    assert seen.persons.track_ids.tolist() == [UNTRACKED]


def counts(script: Sequence[Found], *, tracked: bool = True) -> list[int]:
    observer = ModelObserver("gate", ScriptedDetector(script), ByteTracker(10) if tracked else None)
    seen = [observer.observe(frame(k)).persons for k in range(len(script))]
    return [len(persons) for persons in seen if persons is not None]


def test_nobody_is_an_empty_list_not_unknown() -> None:
    assert counts([Found(Persons.empty())] * 3) == [0, 0, 0]


def test_half_hidden_person_goes_on_counting_for_two_seconds() -> None:
    script = [Found(box(50, 0.9))] * 3 + [doubt(50)] * 30
    assert counts(script) == [1] * 23 + [0] * 10
    assert counts(script, tracked=False) == [1] * 3 + [0] * 30


def test_doubt_alone_never_counts() -> None:
    assert counts([doubt(50, 0.59)] * 20) == [0] * 20


def test_new_person_counts_from_the_first_frame() -> None:
    assert counts([Found(box(50, 0.61))] * 2) == [1, 1]


def test_original_scores_come_through_and_ids_hold() -> None:
    observer = ModelObserver("gate", ScriptedDetector([Found(box(50, 0.61), doubt(120).doubtful)] * 3), ByteTracker(10))
    seen = [observer.observe(frame(k)).persons for k in range(3)][-1]
    assert seen is not None
    assert seen.scores.tolist() == [0.61]
    assert seen.track_ids.tolist() == [0]


def test_plain_detector_of_a_third_party_is_tracked_whatever_its_scores() -> None:
    observer = ModelObserver("gate", PlainDetector(), ByteTracker(10))
    seen = [observer.observe(frame(k)).persons for k in range(3)][-1]
    assert seen is not None
    assert seen.track_ids.tolist() == [0]
    assert seen.scores.tolist() == [0.12]


def test_frame_of_another_camera_is_refused() -> None:
    observer = ModelObserver("gate", PlainDetector(), None)
    with pytest.raises(ValueError, match="camera gate was given a frame of hall"):
        observer.observe(frame(0, camera_id="hall"))
