from collections import defaultdict
from dataclasses import fields
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
import pytest
from defusedxml.ElementTree import parse

from throng.core.calibration import Calibration, CalibrationError
from throng.core.points import FloatArray, GroundPoints, ground_points, image_points
from throng.core.tsai import TsaiParameters, calibration_from_tsai

Walk = dict[int, FloatArray]

FPS = 10
WINDOW_FRAMES = 10
SHEET_SPEED_MPS = 1.38


@pytest.fixture(scope="module")
def pets(shared_dir: Path) -> Calibration:
    root = parse(shared_dir / "data/pets2009/View_001_calibration.xml").getroot()
    assert root is not None
    numbers = {name: float(value) for part in root for name, value in part.attrib.items()}
    width, height = int(numbers.pop("width")), int(numbers.pop("height"))
    names = {field.name for field in fields(TsaiParameters)} & numbers.keys()
    return calibration_from_tsai(TsaiParameters(width=width, height=height, **{name: numbers[name] for name in names}))


@pytest.fixture(scope="module")
def walks(shared_dir: Path, pets: Calibration) -> list[Walk]:
    """Where the feet of each labelled person were, frame by frame, in site metres."""
    feet: dict[str, dict[int, tuple[float, float]]] = defaultdict(dict)
    root = parse(shared_dir / "data/pets2009/S2L1_groundtruth.xml").getroot()
    assert root is not None
    for frame in root:
        for person in frame.iter("object"):
            box = person.find("box")
            assert isinstance(box, Element)
            foot = float(box.attrib["xc"]), float(box.attrib["yc"]) + float(box.attrib["h"]) / 2
            feet[person.attrib["id"]][int(frame.attrib["number"])] = foot
    return [
        dict(zip(track, pets.to_ground(image_points(list(track.values()))), strict=True)) for track in feet.values()
    ]


@pytest.mark.shared
def test_people_of_pets_walk_at_the_speed_of_the_reference_sheet(
    walks: list[Walk],
) -> None:
    half = WINDOW_FRAMES // 2
    speeds_mps = [
        float(np.linalg.norm(walk[i + half] - walk[i - half])) * FPS / WINDOW_FRAMES
        for walk in walks
        for i in walk
        if i - half in walk and i + half in walk
    ]
    assert len(speeds_mps) > 4000
    assert np.median(speeds_mps) == pytest.approx(SHEET_SPEED_MPS, abs=0.01)


@pytest.mark.shared
def test_people_of_pets_walk_over_27_by_24_metres(pets: Calibration, walks: list[Walk]) -> None:
    places = np.vstack([np.vstack(list(walk.values())) for walk in walks])
    assert len(places) == 4650
    assert np.ptp(places, axis=0) == pytest.approx((27, 24), abs=0.5)
    assert pets.camera_height_m == pytest.approx(7.07, abs=0.01)


@pytest.mark.shared
def test_the_smaller_video_shows_the_same_places(pets: Calibration) -> None:
    small = pets.scaled_to(480, 360)
    places = ground_points([(-10, -5), (0, 0), (-15, 3)])
    expected = (pets.to_image(places) + 0.5) * 0.625 - 0.5
    assert np.abs(small.to_image(places) - expected).max() < 1e-6
    assert np.abs(small.to_ground(small.to_image(places)) - places).max() < 1e-6


def _parameters(**changes: float) -> TsaiParameters:
    numbers = {"focal": 6.0, "kappa1": 0.0, "cx": 384.0, "cy": 288.0, "sx": 1.0, "dpx": 0.005, "dpy": 0.005}
    pose = {"tx": 0.0, "ty": 0.0, "tz": 8000.0, "rx": np.pi, "ry": 0.0, "rz": 0.0}
    return TsaiParameters(width=768, height=576, **(numbers | pose | changes))


def test_a_camera_that_looks_straight_down() -> None:
    """8 m up, f = 6 mm / 5 µm = 1200 px: one metre is 150 px."""
    camera = calibration_from_tsai(_parameters())
    assert camera.camera_position_m == pytest.approx((0, 0, 8))
    assert camera.to_image(ground_points([(1, 0), (0, 1)])) == pytest.approx(np.array([[534, 288], [384, 138]]))
    assert camera.lens is None


def test_distortion_follows_tsais_formula() -> None:
    """An ideal 150 px lie at r (1 + kappa1 r²) = 0.75 mm: kappa1 = 0.5 gives r = 0.6157 mm, 123.1 px."""
    camera = calibration_from_tsai(_parameters(kappa1=0.5))
    seen = camera.to_image(ground_points([(1, 0)]))[0]
    bent_mm = (seen[0] - 384) * 0.005
    assert bent_mm * (1 + 0.5 * bent_mm**2) == pytest.approx(0.75)
    assert GroundPoints(camera.to_ground(image_points([seen])))[0] == pytest.approx((1, 0), abs=1e-6)


def test_a_camera_below_the_ground_is_refused() -> None:
    with pytest.raises(CalibrationError, match="below"):
        calibration_from_tsai(_parameters(rx=0.0))
    with pytest.raises(CalibrationError, match="focal must be positive"):
        _parameters(focal=0.0)
