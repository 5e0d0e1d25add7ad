"""Counters by name, from the package, from third parties, and by path."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from throng.vision import counter_registry
from throng.vision.counter_registry import THRONGNET, is_counter, known_counters, load_counter
from throng.vision.errors import VisionError

WriteModel = Callable[..., Path]

PLUG_IN = """
from typing import Literal

from throng.vision.config import CounterConfig


class Nobody:
    name, head_px, recall, precision = "nobody", 10.0, 1.0, 1.0

    def __init__(self, threads):
        self.threads = threads

    def warm_up(self): ...

    def count(self, images, *, scale=1.0):
        return []


class NobodyConfig(CounterConfig):
    type: Literal["nobody-counts"] = "nobody-counts"

    def build(self):
        return Nobody(self.threads)


not_a_config = 5
"""
ENTRY_POINTS = """[throng.counters]
nobody-counts = throng_nobody_counts:NobodyConfig
other-name = throng_nobody_counts:NobodyConfig
lost = throng_nobody_counts:Lost
number = throng_nobody_counts:not_a_config
"""


@pytest.fixture
def installed_plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A distribution as pip would install it: a module, and metadata with entry points."""
    (tmp_path / "throng_nobody_counts.py").write_text(PLUG_IN, encoding="utf-8")
    metadata = tmp_path / "throng_nobody_counts-1.0.dist-info"
    metadata.mkdir()
    text = "Metadata-Version: 2.1\nName: throng-nobody-counts\nVersion: 1.0\n"
    (metadata / "METADATA").write_text(text, encoding="utf-8")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("throng_nobody_counts", None)


def test_our_own_counter_comes_with_the_package() -> None:
    assert known_counters()[THRONGNET] == "built-in"
    counter = load_counter(THRONGNET, threads=1)
    counter.warm_up()
    assert counter.name == THRONGNET
    (crowd,) = counter.count([np.zeros((120, 160, 3), dtype=np.uint8)])
    assert crowd.density.image_size == (160, 120)
    assert crowd.count.value < 5


def test_missing_weights_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(counter_registry.BUILT_IN, THRONGNET, "weights/elsewhere.onnx")
    with pytest.raises(
        VisionError, match=r"counter throngnet: its weights weights/elsewhere.onnx are missing from this"
    ):
        load_counter(THRONGNET)


def test_files_are_told_apart_by_what_is_in_them(write_dot_counter: WriteModel, write_onnx: WriteModel) -> None:
    dots = write_dot_counter()
    assert load_counter(str(dots), threads=1).name == "dots"
    assert is_counter(str(dots))
    assert not is_counter(str(write_dot_counter(metadata={"throng.kind": "other"})))
    boxes = write_onnx(np.zeros((1, 84, 100), dtype=np.float32))
    assert not is_counter(str(boxes))
    with pytest.raises(VisionError, match=r"own\.onnx: expected a counter with an input image"):
        load_counter(str(boxes))
    with pytest.raises(VisionError, match=r"missing\.onnx: there is no such model file"):
        is_counter("missing.onnx")


def test_names_are_told_apart() -> None:
    assert is_counter("throngnet")
    assert not is_counter("hog")
    with pytest.raises(VisionError, match="model hog finds persons and is no counter; known counters: throngnet"):
        load_counter("hog")
    with pytest.raises(VisionError, match=r"unknown model 'throngnot'; did you mean 'throngnet'\?.*ends in \.onnx"):
        load_counter("throngnot")
    with pytest.raises(VisionError, match=r"unknown model 'hig'; did you mean 'hog'\?"):
        is_counter("hig")


def test_third_party_joins_through_its_entry_point(installed_plug_in: None) -> None:
    assert known_counters()["nobody-counts"] == "throng_nobody_counts:NobodyConfig"
    assert is_counter("nobody-counts")
    counter = load_counter("nobody-counts", threads=3)
    assert counter.name == "nobody"
    assert getattr(counter, "threads", None) == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lost", r"counter lost: its plug-in throng_nobody_counts:Lost cannot be loaded"),
        ("number", r"counter number: its plug-in .* is no throng\.vision\.config\.CounterConfig"),
        ("other-name", r"counter other-name: its options do not fit: type: Input should be 'nobody-counts'"),
    ],
)
def test_broken_plug_in_is_named(installed_plug_in: None, name: str, words: str) -> None:
    with pytest.raises(VisionError, match=words):
        load_counter(name)
