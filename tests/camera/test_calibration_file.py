import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from throng.camera.calibration_file import (
    load_calibration,
    load_krt,
    parse_calibration,
    read_calibration,
    save_calibration,
)
from throng.core.calibration import Calibration
from throng.core.errors import ThrongError
from throng.core.homography import PointPairs, calibration_from_points
from throng.core.lens import BrownLens, TsaiLens
from throng.core.pinhole import calibration_from_camera, focal_from_fov, intrinsics_and_rotation
from throng.core.points import ground_points

SIZE = (1280, 720)
PLACES = ground_points([(0, 8), (3, 12), (-4, 20)])
CAMERA = calibration_from_camera(height_m=6, tilt_deg=30, fov_deg=80, image_size=SIZE)
MOUNTED = {"image_size": [1280, 720], "camera": {"height_m": 6, "tilt_deg": 30, "fov_deg": 80}}


def _points() -> list[dict[str, list[float]]]:
    ground = ground_points([(-4, 6), (4, 6), (4, 22), (-4, 22), (0, 12)])
    return [{"image": i.tolist(), "ground": g.tolist()} for i, g in zip(CAMERA.to_image(ground), ground, strict=True)]


def _krt() -> dict[str, Any]:
    k, r = intrinsics_and_rotation(CAMERA)
    return {"k": k.tolist(), "r": r.tolist(), "t": (-r @ CAMERA.camera_position_m).tolist()}


def _write(folder: Path, content: object) -> Path:
    path = folder / "calibration.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "content",
    [
        MOUNTED,
        {"image_size": [1280, 720], "camera": {"height_m": 6, "tilt_deg": 30, "vertical_fov_deg": 50.5343}},
        {"image_size": [1280, 720], "points": _points()},
        {"image_size": [1280, 720], "points": _points()[:4], "fov_deg": 80},
        {"image_size": [1280, 720], "points": _points()[:4], "focal_px": focal_from_fov(80, 1280)},
        {"image_size": [1280, 720], "krt": _krt()},
        {"image_size": [1280, 720], "projection": (3 * CAMERA.projection).tolist()},
    ],
    ids=["camera", "vertical fov", "points", "points and fov", "points and focal", "krt", "projection"],
)
def test_every_form_describes_the_same_camera(tmp_path: Path, content: dict[str, Any]) -> None:
    for made in (load_calibration(_write(tmp_path, content)), parse_calibration(content, "site.yaml, camera a")):
        assert made.image_size == SIZE
        assert np.abs(made.to_image(PLACES, 1.7) - CAMERA.to_image(PLACES, 1.7)).max() < 1e-2


def test_a_tsai_form_with_a_lens(tmp_path: Path) -> None:
    numbers = {"width": 768, "height": 576, "focal": 6, "kappa1": 0.01, "cx": 384, "cy": 288, "sx": 1, "dpx": 0.005}
    pose = {"dpy": 0.005, "tx": 0, "ty": 0, "tz": 8000, "rx": np.pi, "ry": 0, "rz": 0}
    made = load_calibration(_write(tmp_path, {"tsai": numbers | pose}))
    assert made.camera_height_m == pytest.approx(8)
    assert isinstance(made.lens, TsaiLens)


LENS = BrownLens(fx=762.7, fy=762.7, cx=639.5, cy=359.5, k1=-0.2, k2=0.05, p1=1e-3, p2=-2e-3, k3=1e-3)


@pytest.mark.parametrize("lens", [None, LENS, TsaiLens(0.005, 0.004, 0.005, 640, 360)], ids=["none", "brown", "tsai"])
def test_what_is_saved_is_what_is_loaded(tmp_path: Path, lens: BrownLens | TsaiLens | None) -> None:
    path = tmp_path / "c.yaml"
    saved = replace(CAMERA, lens=lens)
    save_calibration(saved, path)
    loaded = load_calibration(path)
    assert (loaded.image_size, loaded.method, loaded.lens) == (SIZE, "camera", lens)
    assert np.abs(loaded.to_image(PLACES, 1.7) - saved.to_image(PLACES, 1.7)).max() < 1e-6
    assert list(tmp_path.iterdir()) == [path]


def test_points_are_kept_and_check_the_loaded_calibration(tmp_path: Path) -> None:
    ground = ground_points([p["ground"] for p in _points()])
    image = CAMERA.to_image(ground)
    image[0] += [2.0, 0.0]
    pairs = PointPairs(image, ground)
    made = calibration_from_points(pairs, SIZE)
    save_calibration(made, tmp_path / "c.yaml", pairs=pairs)
    record = read_calibration(tmp_path / "c.yaml")
    assert record.pairs is not None
    assert np.allclose(record.pairs.image, image)
    assert record.calibration.rms_px == pytest.approx(made.rms_px)
    assert record.calibration.method == "points"


def test_check_points_show_the_error_of_a_measured_camera(tmp_path: Path) -> None:
    points = _points()
    points[1]["image"][1] += 10
    record = read_calibration(_write(tmp_path, {**MOUNTED, "points": points}))
    assert record.calibration.rms_px == pytest.approx(10 / np.sqrt(5))


def test_a_brown_lens_takes_the_focal_length_of_its_camera() -> None:
    lens = parse_calibration({**MOUNTED, "lens": {"type": "brown", "k1": -0.2}}, "here").lens
    focal_px = focal_from_fov(80, 1280)
    assert lens == BrownLens(fx=focal_px, fy=focal_px, cx=639.5, cy=359.5, k1=-0.2)
    distorted = {"image_size": [1280, 720], "krt": {**_krt(), "distortion": [-0.2, 0.05, 0.001, 0.002, 0.003]}}
    lens = parse_calibration(distorted, "here").lens
    assert isinstance(lens, BrownLens)
    assert (lens.k1, lens.k2, lens.p1, lens.p2, lens.k3) == (-0.2, 0.05, 0.001, 0.002, 0.003)
    assert lens.fx == pytest.approx(focal_px)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({**MOUNTED, "krt": _krt()}, "give one of camera, krt, tsai and projection, not camera and krt"),
        ({"image_size": [1280, 720]}, "give one of points, camera, krt, tsai and projection"),
        ({"camera": MOUNTED["camera"]}, "image_size is missing"),
        ({**MOUNTED, "fov_deg": 60}, "fov_deg and focal_px belong to points"),
        ({**MOUNTED, "hight": 3}, "unknown key 'hight'"),
        ({**MOUNTED, "camera": {"height_m": 6, "tilt_deg": 30, "fov": 80}}, "unknown key 'camera.fov'"),
        ({**MOUNTED, "camera": {"height_m": -6, "tilt_deg": 30, "fov_deg": 80}}, "camera.height_m: .* greater than 0"),
        ({**MOUNTED, "camera": {"height_m": 6, "tilt_deg": 30}}, "either the horizontal or the vertical"),
        ({"image_size": [1280, 720], "points": _points()[:3]}, "at least 4 points on the ground, got 3"),
        (
            {"image_size": [1280, 720], "points": _points(), "fov_deg": 3, "focal_px": 4},
            "fov_deg or focal_px, not both",
        ),
        (
            {"image_size": [1280, 720], "projection": CAMERA.projection.tolist(), "lens": {"type": "brown", "k1": 1}},
            "lens: fx, fy, cx, cy missing",
        ),
    ],
)
def test_mistakes_are_named_with_their_file(tmp_path: Path, content: dict[str, Any], sentence: str) -> None:
    path = _write(tmp_path, content)
    with pytest.raises(ThrongError, match=sentence) as caught:
        load_calibration(path)
    assert str(caught.value).startswith(str(path))
    with pytest.raises(ThrongError, match=sentence) as caught:
        parse_calibration(content, "site.yaml, camera gate")
    assert str(caught.value).startswith("site.yaml, camera gate: ")


def test_an_unknown_key_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("image_size: [4, 3]\ncamera:\n  height_m: 6\n  tilt_deg: 30\n  fow_deg: 70\n")
    with pytest.raises(ThrongError, match=r"c\.yaml, line 5: unknown key 'camera\.fow_deg'"):
        load_calibration(path)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ThrongError, match=r"cannot read the calibration .*No such file"):
        load_calibration(tmp_path / "none.yaml")
    broken = tmp_path / "broken.xml"
    for text, sentence in (
        ("<Camera><Geometry", "not valid XML"),
        ("<dataset/>", "<Geometry> is missing.*found <dataset>"),
        ("<Camera><Geometry width='768'/></Camera>", "<Geometry> has no attribute 'height'"),
        ('<!DOCTYPE a [<!ENTITY e "x">]><Camera>&e;</Camera>', "XML with entities"),
    ):
        broken.write_text(text)
        with pytest.raises(ThrongError, match=sentence):
            load_calibration(broken)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ThrongError, match=r"cannot write .*No such file or directory"):
        save_calibration(CAMERA, tmp_path / "no folder" / "c.yaml")


def test_krt_files(tmp_path: Path) -> None:
    path = tmp_path / "krt.json"
    path.write_text(json.dumps({name.upper(): value for name, value in _krt().items()}))
    with pytest.raises(ThrongError, match=r"image_size is missing; .*--size"):
        load_krt(path)
    assert np.allclose(load_krt(path, SIZE).calibration.to_image(PLACES), CAMERA.to_image(PLACES))
    whole = _write(tmp_path, {"image_size": [1280, 720], "krt": _krt()})
    assert np.allclose(load_krt(whole).calibration.to_image(PLACES), CAMERA.to_image(PLACES))


@pytest.mark.shared
def test_the_pets_file_is_read_as_it_is(shared_dir: Path) -> None:
    calibration: Calibration = load_calibration(shared_dir / "data/pets2009/View_001_calibration.xml")
    assert calibration.image_size == (768, 576)
    assert calibration.method == "tsai"
    assert calibration.camera_position_m == pytest.approx((-28.94, -19.53, 7.07), abs=0.01)
