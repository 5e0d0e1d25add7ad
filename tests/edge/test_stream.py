"""Throng as a library: the readings of one source, in a loop or in asyncio."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

import throng

SOURCE = "sim://counterflow?duration=4&size=320x180&fps=5"


def test_five_lines_give_one_reading_per_zone_and_second() -> None:
    stream = throng.open(SOURCE)
    readings = list(stream)
    zones = {zone.id for zone in stream.site.zones}
    assert {r.zone_id for r in readings} == zones
    assert len(readings) == 4 * len(zones)
    assert {r.validity for r in readings} == {throng.Validity.LIVE}
    assert set(stream.lines) == {line.id for line in stream.site.lines}


def test_asyncio_gives_the_same_readings() -> None:
    async def collect() -> list[throng.Reading]:
        return [reading async for reading in throng.open(SOURCE)]

    told = [(r.zone_id, r.count, r.density, r.speed) for r in asyncio.run(collect())]
    assert told == [(r.zone_id, r.count, r.density, r.speed) for r in throng.open(SOURCE)]


def test_leaving_the_block_closes_the_source_and_keeps_the_unfinished_second() -> None:
    with throng.open("sim://counterflow?size=320x180&fps=5") as stream:
        for reading in stream:
            assert reading.count is not None
            break
    assert len(list(stream)) <= 1
    assert list(stream) == []


def test_a_camera_of_a_site_file(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        "name: Yard\n"
        "zones:\n  - {id: yard, polygon: [[-2, 7], [2, 7], [2, 11], [-2, 11]]}\n"
        "cameras:\n"
        "  - {id: mast, source: nowhere.mp4, calibration: {image_size: [320, 180], "
        "camera: {height_m: 6, tilt_deg: 30, fov_deg: 70}}}\n"
    )
    stream = throng.open("sim://empty?duration=2&size=320x180", site=tmp_path / "site.yaml", model="simulated-sensor")
    assert {(r.zone_id, r.camera_id) for r in stream} == {("yard", "mast")}
    with pytest.raises(throng.ThrongError, match="no camera 'tower'"):
        throng.open("sim://empty", site=tmp_path / "site.yaml", camera="tower")


def test_a_source_that_cannot_be_opened_is_told_when_the_loop_begins(tmp_path: Path) -> None:
    stream = throng.open(tmp_path / "nowhere.mp4", model="hog")
    with pytest.raises(throng.ThrongError, match=r"nowhere\.mp4"):
        next(iter(stream))


def test_importing_throng_brings_nothing_else() -> None:
    heavy = "{'numpy', 'cv2', 'av', 'onnxruntime', 'fastapi', 'pydantic', 'trackers', 'jupedsim', 'scipy'}"
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, throng; print(sorted({heavy} & set(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "[]"


def test_everything_that_is_promised_at_the_top_is_there() -> None:
    for name in throng.__all__:
        assert getattr(throng, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'close'"):
        _ = throng.close
