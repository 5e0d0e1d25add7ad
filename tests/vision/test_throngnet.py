"""The weights in the package, on real pictures: no crowd where nobody is, and a crowd where one is."""

from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest

from throng.core.points import Image
from throng.sim.source import open_sim
from throng.vision.counter_registry import load_counter
from throng.vision.density_counter import OnnxDensityCounter
from throng.vision.input_scale import ScaleChooser
from throng.vision.scale_trials import best_scale, try_scales

NOBODY = 0.5
"""People that may be read where nobody is (a promise of the project)."""


@pytest.fixture(scope="module")
def throngnet() -> OnnxDensityCounter:
    counter = load_counter("throngnet")
    assert isinstance(counter, OnnxDensityCounter)
    return counter


def blanks() -> dict[str, Image]:
    rng = np.random.default_rng(11)
    noise = rng.integers(0, 256, (480, 640, 3), dtype=np.uint8)
    grey = np.repeat(rng.normal(128, 40, (480, 640, 1)), 3, axis=2).clip(0, 255).astype(np.uint8)
    coarse = cv2.resize(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8), (640, 480))
    return {
        "black": np.zeros((480, 640, 3), dtype=np.uint8),
        "white": np.full((480, 640, 3), 255, dtype=np.uint8),
        "noise": noise,
        "grey noise": grey,
        "coarse noise": np.asarray(coarse, dtype=np.uint8),
    }


@pytest.mark.parametrize("name", list(blanks()))
def test_nobody_is_read_where_nobody_is(throngnet: OnnxDensityCounter, name: str) -> None:
    crowd = throngnet.count([blanks()[name]])[0]
    assert crowd.density.total < NOBODY
    assert len(crowd.heads) == 0


def test_nobody_is_read_on_an_empty_street(throngnet: OnnxDensityCounter) -> None:
    """At full size one of its plants looks like a head, at the next smaller scale it does not."""
    source = open_sim("sim://empty?fps=10&duration=1", camera_id="street")
    source.open()
    chooser = ScaleChooser(throngnet, None)
    for second in range(4):
        frame = source.read(10.0)
        assert frame is not None
        (crowd,) = throngnet.count([frame.image], scale=chooser.scale_for(frame.image, float(second)))
        assert crowd.density.total < NOBODY
        assert crowd.warnings == ()
    source.close()


def test_the_weights_are_small_and_know_their_errors(throngnet: OnnxDensityCounter) -> None:
    weights = [entry for entry in files("throng.vision").joinpath("weights").iterdir() if entry.name.endswith(".onnx")]
    assert sum(len(entry.read_bytes()) for entry in weights) < 8e6
    assert throngnet.card.interval is not None
    assert throngnet.card.domain is not None


def test_the_whole_and_its_tiles_agree(throngnet: OnnxDensityCounter, shared_dir: Path) -> None:
    image = picture(shared_dir, "part_B", "IMG_103")
    path = Path(str(files("throng.vision").joinpath("weights/throngnet.onnx")))
    in_tiles = OnnxDensityCounter(path, input_limit_px=270_000)
    whole, parts = (counter.count([image], scale=1.5)[0].density.total for counter in (throngnet, in_tiles))
    assert parts == pytest.approx(whole, rel=0.02)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "truth"), [("IMG_103", 151), ("IMG_115", 70), ("IMG_116", 168), ("IMG_131", 221)])
def test_street_crowds_are_counted(throngnet: OnnxDensityCounter, shared_dir: Path, name: str, truth: int) -> None:
    crowd = throngnet.count([picture(shared_dir, "part_B", name)])[0]
    assert crowd.density.total == pytest.approx(truth, rel=0.35)


@pytest.mark.shared
def test_a_crowd_from_above_is_no_longer_nobody(throngnet: OnnxDensityCounter, shared_dir: Path) -> None:
    """About a hundred people cross a street under the camera; person detectors see none of them."""
    clip = cv2.VideoCapture(str(shared_dir / "data/clips/overhead_crossing.mp4"))
    read, frame = clip.read()
    clip.release()
    assert read
    image = np.asarray(frame, dtype=np.uint8)
    scale = best_scale([try_scales(throngnet, image)])
    assert throngnet.count([image], scale=scale or 1.0)[0].density.total > 40


def picture(shared_dir: Path, part: str, name: str) -> Image:
    path = shared_dir / f"data/shanghaitech/{part}/train_data/images/{name}.jpg"
    return np.asarray(cv2.imread(str(path)), dtype=np.uint8)
