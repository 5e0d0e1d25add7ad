"""The simulated camera as a source of frames, its truth and its sensor."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from shapely import contains_xy
from shapely.geometry import Polygon

from throng.core.clock import ManualClock
from throng.core.observation import HEAD_HEIGHT_M
from throng.core.points import ImagePoints
from throng.core.stream import StreamState
from throng.sim import SimError, SimSource, SimulatedSensor, open_sim, scene
from throng.sim.source import KEPT_TRUTHS
from throng.video.ports import FrameSource
from throng.vision.ports import Observer

START = datetime(2030, 1, 1, 12, tzinfo=UTC)


def opened(uri: str) -> SimSource:
    source = open_sim(uri, camera_id="cam", clock=ManualClock(START))
    source.open()
    return source


def test_frames_come_in_order_with_their_times_and_then_the_scene_ends() -> None:
    source: FrameSource = opened("sim://empty?size=160x90&fps=4&duration=1.5")
    assert source.info.frame_count == 6
    assert (source.info.fps, source.info.duration_s, source.info.live) == (4.0, 1.5, False)
    assert source.status.state is StreamState.LIVE
    frames = [source.read(1.0) for _ in range(6)]
    for number, frame in enumerate(frames):
        assert frame is not None
        assert (frame.sequence, frame.pts_s, frame.camera_id) == (number, number / 4, "cam")
        assert frame.arrived_at == START + timedelta(seconds=number / 4)
        assert frame.size == (160, 90)
    assert source.read(1.0) is None
    ended = source.status
    assert ended.state.value == "ended"
    assert "over" in ended.detail


def test_nothing_is_read_before_opening_or_after_closing() -> None:
    source = open_sim("sim://empty?size=160x90", camera_id="cam")
    assert source.status.state.value == "connecting"
    assert source.read(0.1) is None
    source.open()
    assert source.read(0.1) is not None
    source.close()
    source.close()
    assert source.read(0.1) is None
    assert source.status.state.value == "ended"
    with pytest.raises(SimError, match="closed"):
        source.open()


def test_equal_scenes_give_equal_frames_to_the_byte() -> None:
    first, second = (opened("sim://counterflow?size=320x180&seed=4") for _ in range(2))
    other = opened("sim://counterflow?size=320x180&seed=5")
    for _ in range(4):
        a, b, c = first.read(1.0), second.read(1.0), other.read(1.0)
        assert a is not None
        assert b is not None
        assert c is not None
        assert a.image.tobytes() == b.image.tobytes()
        assert a.image.tobytes() != c.image.tobytes()


def test_the_truth_goes_through_the_calibration_and_back() -> None:
    source = opened("sim://plaza?size=640x360")
    frame = source.read(1.0)
    assert frame is not None
    truth = source.truth(frame.sequence)
    calibration = source.site.camera("cam").calibration
    assert calibration is not None
    seen = truth.in_picture
    assert seen.sum() > 20
    feet = calibration.to_ground(ImagePoints(truth.foot_pixels[seen]))
    heads = calibration.to_ground(ImagePoints(truth.head_pixels[seen]), truth.heights_m[seen])
    assert np.abs(feet - truth.ground[seen]).max() < 1e-3
    assert np.abs(heads - truth.ground[seen]).max() < 1e-3
    assert ((truth.statures_m >= 1.55) & (truth.statures_m <= 1.95)).all()
    assert truth.heights_m.mean() == pytest.approx(HEAD_HEIGHT_M, abs=0.1)


def test_the_truth_of_old_frames_is_let_go() -> None:
    source = opened("sim://empty?size=160x90&fps=50")
    for _ in range(KEPT_TRUTHS + 5):
        source.read(1.0)
    assert len(source.truth(KEPT_TRUTHS + 4)) == 0
    for unknown in (4, KEPT_TRUTHS + 5):
        with pytest.raises(SimError, match="frames 5 to 260"):
            source.truth(unknown)


def test_the_sensor_counts_the_people_of_a_zone_exactly() -> None:
    source = opened("sim://counterflow?size=480x270&fps=2")
    sensor: Observer = SimulatedSensor(source)
    sensor.warm_up()
    (zone,) = source.site.zones
    polygon = Polygon(zone.polygon)
    for _ in range(10):
        frame = source.read(1.0)
        assert frame is not None
        seen = sensor.observe(frame)
        truth = source.truth(frame.sequence)
        assert seen.heads is not None
        ground = source.scene.calibration.to_ground(ImagePoints(seen.heads.points), seen.heads.heights_m)
        inside = contains_xy(polygon, ground[:, 0], ground[:, 1])
        truly = contains_xy(polygon, truth.ground[:, 0], truth.ground[:, 1])
        assert set(seen.heads.track_ids[inside]) == set(truth.ids[truly])
        assert truly.sum() > 2
        assert (seen.simulated, seen.recall, seen.precision) == (True, 1.0, 1.0)
        assert seen.models == ("simulated sensor",)
        assert (seen.sequence, seen.pts_s, seen.image_size) == (frame.sequence, frame.pts_s, (480, 270))
        assert len(truth) > len(seen.heads), "those around the corner are not seen"


def test_the_site_carries_the_name_of_the_camera_and_its_picture_size() -> None:
    source = SimSource(scene("hall", size=(640, 360)), camera_id="north")
    camera = source.site.camera("north")
    assert camera.calibration is not None
    assert camera.calibration.image_size == (640, 360)
    assert source.info.label == "sim://hall"
