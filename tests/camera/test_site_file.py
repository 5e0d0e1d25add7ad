"""Site files: what they say, and what is said about mistakes in them."""

from pathlib import Path

import pytest

from throng.camera.site_file import load_site
from throng.core.errors import ThrongError
from throng.core.site import Use

GOOD = """\
name: Market
zones:
  - id: square
    name: The square
    polygon: [[-3, 6], [3, 6], [3, 14], [-3, 14]]
    capacity: 80
    use: standing
lines:
  - id: gate
    from: [-3, 10]
    to: [3, 10]
cameras:
  - id: north
    source: clip.mp4
    rate: 5
    calibration:
      camera: {height_m: 6, tilt_deg: 30, fov_deg: 70}
      image_size: [960, 540]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(text)
    return path


def test_everything_arrives(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    site = load_site(write(tmp_path, GOOD))
    camera = site.camera("north")
    square, gate = site.zones[0], site.lines[0]
    assert (square.capacity, square.area_m2) == (80, 48)
    assert square.use is Use.STANDING
    assert gate.start == (-3.0, 10.0)
    assert camera.source == str(tmp_path / "clip.mp4")
    assert camera.rate_hz == 5
    assert camera.calibration is not None
    assert camera.calibration.camera_height_m == pytest.approx(6)


@pytest.mark.parametrize(
    ("wrong", "instead", "sentence"),
    [
        ("capacity: 80", "capicity: 80", r"site.yaml, line 6: unknown key 'zones.0.capicity'"),
        ("capacity: 80", "capacity: many", r"line 6: zones.0.capacity: .*got 'many'"),
        ("use: standing", "use: dancing", r"line 7: zones.0.use"),
        ("    to: [3, 10]\n", "", r"line 9: key 'lines.0.to' is missing"),
        ("rate: 5", "rate: 0", r"line 15: cameras.0.rate"),
        ("from: [-3, 10]", "from: [3, 10]", r"site.yaml: line gate: start and end are the same"),
        ("name: Market", "name: [Market", r"line \d+: this is not valid YAML"),
        ("id: north", "id: 'no spaces'", r"line 13: cameras.0.id"),
        ("camera: {height_m: 6, tilt_deg: 30, fov_deg: 70}", "fov_deg: 70", r"site.yaml: camera north: give one of"),
        ("height_m: 6", "hight_m: 6", r"line 17: unknown key 'cameras.0.calibration.camera.hight_m'"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, wrong: str, instead: str, sentence: str) -> None:
    with pytest.raises(ThrongError, match=sentence):
        load_site(write(tmp_path, GOOD.replace(wrong, instead)))


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "expected keys and values"), ("- a\n- b\n", "found list"), ("just words", "found str")]
)
def test_files_that_are_no_site(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ThrongError, match=sentence):
        load_site(write(tmp_path, text))


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(ThrongError, match="No such file"):
        load_site(tmp_path / "nowhere.yaml")
    (tmp_path / "site.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ThrongError, match="not a text file"):
        load_site(tmp_path / "site.yaml")
