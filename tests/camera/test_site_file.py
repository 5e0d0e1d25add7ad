"""Site files: what they say, and what is said about mistakes in them."""

from pathlib import Path

import pytest

from throng.camera.site_file import load_site
from throng.core.errors import ThrongError
from throng.core.site import ServiceProfile, Use

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


SAFETY = """\
    use: queue
    risk_profile: moving
    thresholds_per_m2: [1.5, 3, 4]
    one_way_deg: 90
    exits:
      - [[-1, 14], [1, 14]]
      - [[3, 8], [3, 9.5]]
    service_profile: hcm
"""


def test_risk_ways_and_exits_of_a_zone_arrive(tmp_path: Path) -> None:
    square = load_site(write(tmp_path, GOOD.replace("    use: standing\n", SAFETY))).zones[0]
    assert (square.risk_profile, square.thresholds_per_m2) == ("moving", (1.5, 3.0, 4.0))
    assert square.one_way_deg == 90
    assert square.exits == (((-1.0, 14.0), (1.0, 14.0)), ((3.0, 8.0), (3.0, 9.5)))
    assert square.service_profile is ServiceProfile.HCM


def test_a_zone_that_says_nothing_of_risk_has_the_defaults(tmp_path: Path) -> None:
    square = load_site(write(tmp_path, GOOD)).zones[0]
    assert (square.risk_profile, square.thresholds_per_m2, square.one_way_deg, square.exits) == (None, None, None, ())
    assert square.service_profile is ServiceProfile.FRUIN


@pytest.mark.parametrize(
    ("wrong", "instead", "sentence"),
    [
        ("risk_profile: moving", "risk_profile: brave", r"line 8: zones.0.risk_profile: .*'crowdsafe', got 'brave'"),
        ("risk_profile: moving", "risk_profile: crowdsafe", r"site.yaml: zone square: .* crowdsafe has fixed levels"),
        ("[1.5, 3, 4]", "[1.5, 4, 3]", r"zone square: thresholds_per_m2 must be three rising .*got \[1.5, 4.0, 3.0\]"),
        ("[1.5, 3, 4]", "[1.5, 3]", r"line 9: .*zones.0.thresholds_per_m2"),
        ("[1.5, 3, 4]", "[a, 3, 4]", r"line 9: zones.0.thresholds_per_m2.0: .*got 'a'"),
        ("one_way_deg: 90", "one_way_deg: north", r"line 10: zones.0.one_way_deg: .*got 'north'"),
        ("one_way_deg: 90", "one_way_deg: 720", r"zone square: one_way_deg must be .*got 720"),
        ("- [[-1, 14], [1, 14]]", "- [-1, 14]", r"line 12: zones.0.exits.0.0: .*got -1"),
        ("- [[-1, 14], [1, 14]]", "- [[1, 14], [1, 14]]", r"zone square: an exit goes from .*got \(1.0, 14.0\)"),
        ("service_profile: hcm", "service_profile: hmc", r"line 14: zones.0.service_profile: .*got 'hmc'"),
        ("service_profile: hcm", "exit: []", r"line 14: unknown key 'zones.0.exit'"),
    ],
)
def test_mistakes_in_risk_ways_and_exits(tmp_path: Path, wrong: str, instead: str, sentence: str) -> None:
    text = GOOD.replace("    use: standing\n", SAFETY)
    assert wrong in text
    with pytest.raises(ThrongError, match=sentence):
        load_site(write(tmp_path, text.replace(wrong, instead)))


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
