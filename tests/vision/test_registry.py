"""Detectors by name, from third parties, and by path."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from throng.vision.errors import VisionError
from throng.vision.hog import HogDetector
from throng.vision.registry import BUILT_IN, known_detectors, load_detector

PLUG_IN = """
from collections.abc import Sequence
from typing import Literal

from throng.core.observation import Persons
from throng.vision.config import DetectorConfig


class Nobody:
    name, recall, precision = "nobody", 1.0, 1.0

    def __init__(self, label):
        self.label = label

    def warm_up(self): ...

    def detect(self, images):
        return [Persons.empty() for _ in images]


class NobodyConfig(DetectorConfig):
    type: Literal["nobody"] = "nobody"
    label: str = "none"

    def build(self):
        return Nobody(self.label)


not_a_config = 5
"""
ENTRY_POINTS = """[throng.detectors]
nobody = throng_nobody:NobodyConfig
lost = throng_nobody:Lost
number = throng_nobody:not_a_config
"""


@pytest.fixture
def installed_plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A distribution as pip would install it: a module, and metadata with entry points."""
    (tmp_path / "throng_nobody.py").write_text(PLUG_IN, encoding="utf-8")
    metadata = tmp_path / "throng_nobody-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: throng-nobody\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("throng_nobody", None)


def test_built_in_is_loaded_with_its_options() -> None:
    detector = load_detector("hog", threads=2, options={"threshold": 0.9})
    assert isinstance(detector, HogDetector)
    assert detector.name == "hog"


def test_every_built_in_has_a_configuration_of_its_name() -> None:
    for name, place in BUILT_IN.items():
        module, _, attribute = place.partition(":")
        __import__(module)
        config = getattr(sys.modules[module], attribute)
        assert config.model_fields["type"].default == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("yolo-nano", r"unknown model 'yolo-nano'; did you mean 'yolox-nano'\? known models: hog, person-detection-"),
        ("zzz", r"unknown model 'zzz'; known models: .*path, which ends in \.onnx"),
        ("missing.onnx", r"missing\.onnx: there is no such model file"),
    ],
)
def test_unknown_model_is_told_with_the_known_ones(name: str, words: str) -> None:
    with pytest.raises(VisionError, match=words):
        load_detector(name)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"treshold": 0.5}, "treshold: Extra inputs are not permitted"),
        ({"threshold": 2}, "threshold: Input should be less than 1"),
        ({"threads": 0}, "threads: Input should be greater than or equal to 1"),
    ],
)
def test_wrong_option_is_named(options: dict[str, object], words: str) -> None:
    with pytest.raises(VisionError, match=f"model hog: its options do not fit: {words}"):
        load_detector("hog", options=options)


def test_third_party_joins_through_its_entry_point(installed_plug_in: None) -> None:
    assert known_detectors()["nobody"] == "throng_nobody:NobodyConfig"
    detector = load_detector("nobody", options={"label": "x"})
    assert detector.name == "nobody"
    with pytest.raises(VisionError, match=r"model nobody: its options do not fit: size: Extra inputs"):
        load_detector("nobody", options={"size": 1})


def test_broken_plug_in_is_named(installed_plug_in: None) -> None:
    with pytest.raises(VisionError, match=r"model lost: its plug-in throng_nobody:Lost cannot be loaded"):
        load_detector("lost")
    with pytest.raises(VisionError, match=r"model number: its plug-in .* is no throng\.vision\.config\.DetectorConfig"):
        load_detector("number")
