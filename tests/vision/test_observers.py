"""Models by name: the default needs no download, a counter and a detector join, and mistakes name what there is."""

import numpy as np
import pytest

from throng.core.pinhole import calibration_from_camera
from throng.vision.crowd_observer import CrowdObserver
from throng.vision.errors import VisionError
from throng.vision.observer import ModelObserver
from throng.vision.observers import DEFAULT_MODEL, load_observer


def test_the_default_is_in_the_package() -> None:
    observer = load_observer("gate", None, rate_hz=2)
    assert isinstance(observer, CrowdObserver)
    assert observer.models == (DEFAULT_MODEL,)
    observer.warm_up()


def test_a_detector_alone_stays_a_detector() -> None:
    observer = load_observer("gate", "hog", rate_hz=2)
    assert isinstance(observer, ModelObserver)
    assert observer.models == ("hog",)


def test_a_counter_and_a_detector_look_together() -> None:
    calibration = calibration_from_camera(height_m=6, tilt_deg=30, fov_deg=70, image_size=(960, 540))
    observer = load_observer("gate", "throngnet+hog", rate_hz=None, calibration=calibration)
    assert observer.models == ("throngnet", "hog")


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("throngnett", "did you mean 'throngnet'"),
        ("throngnet+throngnet", "one of each"),
        ("hog+yolox-nano", "one of each"),
        ("nowhere.onnx", "there is no such model file"),
    ],
)
def test_mistakes_say_what_there_is(model: str, told: str) -> None:
    with pytest.raises(VisionError, match=told):
        load_observer("gate", model, rate_hz=2)


def test_frames_of_several_sizes_are_refused_by_a_calibration_of_another_shape() -> None:
    from datetime import UTC, datetime

    from throng.core.calibration import CalibrationError
    from throng.core.frame import Frame

    calibration = calibration_from_camera(height_m=6, tilt_deg=30, fov_deg=70, image_size=(960, 540))
    observer = load_observer("gate", None, rate_hz=2, calibration=calibration)
    image = np.zeros((480, 640, 3), dtype=np.uint8)
    frame = Frame(camera_id="gate", sequence=0, pts_s=0.0, arrived_at=datetime(2026, 3, 1, tzinfo=UTC), image=image)
    with pytest.raises(CalibrationError):
        observer.observe(frame)
