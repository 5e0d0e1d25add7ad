"""The scenes and their addresses."""

import builtins
from typing import Any

import numpy as np
import pytest
from shapely.geometry import Polygon

from throng.core.errors import ThrongError
from throng.core.points import ground_points
from throng.sim import SimError, open_sim, parse_uri, scene, scene_names
from throng.sim.backdrop import draw_backdrop
from throng.sim.script import Flow, Gate, Schedule, Script, steady
from throng.sim.truth import behind_walls

NAMES = ("plaza", "hall", "bottleneck", "counterflow", "panic", "empty")
HEADS_M = (0.0, 1.45, 1.84)


def test_the_scenes_have_their_names() -> None:
    assert scene_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(960, 540), (640, 480), (320, 180), (1280, 534)])
def test_zones_and_lines_lie_fully_inside_the_picture(name: str, size: tuple[int, int]) -> None:
    named = scene(name, size=size)
    calibration = named.calibration
    assert calibration.image_size == size
    for zone in named.site.zones:
        assert zone.polygon is not None
        border = Polygon(zone.polygon).segmentize(0.25).exterior.coords
        for height_m in HEADS_M:
            pixels = calibration.to_image(ground_points(list(border)), height_m)
            assert calibration.contains(pixels).all(), f"{zone.id} at {height_m} m"
    for line in named.site.lines:
        for height_m in HEADS_M:
            pixels = calibration.to_image(ground_points([line.start, line.end]), height_m)
            assert calibration.contains(pixels).all(), f"{line.id} at {height_m} m"


@pytest.mark.parametrize("name", NAMES)
def test_no_wall_hides_a_head_in_a_zone(name: str) -> None:
    named = scene(name, size=(320, 180))
    walls = draw_backdrop(named.calibration, named.setting, np.random.default_rng(0)).walls
    assert np.isfinite(walls).any()
    for zone in named.site.zones:
        x0, y0, x1, y1 = Polygon(zone.polygon).bounds
        x, y = np.meshgrid(np.linspace(x0, x1, 30), np.linspace(y0, y1, 30))
        places = ground_points(np.column_stack((x.ravel(), y.ravel())))
        for height_m in HEADS_M[1:]:
            heads = named.calibration.to_image(places, height_m)
            assert not behind_walls(named.calibration, places, heads, walls).any(), zone.id


@pytest.mark.parametrize("name", NAMES)
def test_zones_lie_on_walkable_ground_and_have_capacity(name: str) -> None:
    named = scene(name)
    for zone in named.site.zones:
        free = Polygon(zone.polygon).intersection(named.walkable).area
        assert zone.area_m2 is not None
        assert free > 0.94 * zone.area_m2
        assert zone.capacity is not None


def test_an_address_gives_the_scene_with_its_options() -> None:
    named = parse_uri("sim://hall?fps=25&size=640x360&seed=7&duration=60&noise=0.5")
    assert (named.name, named.fps, named.seed, named.duration_s, named.noise) == ("hall", 25.0, 7, 60.0, 0.5)
    assert named.calibration.image_size == (640, 360)
    assert named.frame_count == 1500
    plain = parse_uri("sim://plaza")
    assert (plain.fps, plain.calibration.image_size, plain.duration_s) == (10.0, (960, 540), None)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("sim://moon", "the scenes are: plaza, hall, bottleneck, counterflow, panic, empty"),
        ("sim://", "the scenes are: plaza"),
        ("plaza", "expected sim://NAME"),
        ("http://plaza", "expected sim://NAME"),
        ("sim://plaza?people=5", "the options are: fps, size, seed, duration, noise"),
        ("sim://plaza?fps=fast", "fps must be frames per second"),
        ("sim://plaza?fps=0", "fps must be frames per second from 0.2"),
        ("sim://plaza?fps=nan", "fps must be"),
        ("sim://plaza?fps=", "fps must be"),
        ("sim://plaza?fps=5&fps=6", "given twice"),
        ("sim://plaza?size=960", "size must be width x height"),
        ("sim://plaza?size=50x20", "size must be between 160x90"),
        ("sim://plaza?size=540x960", "times as wide as high"),
        ("sim://plaza?seed=-1", "seed must be a whole number from 0"),
        ("sim://plaza?seed=1.5", "seed must be a whole number"),
        ("sim://plaza?duration=-3", "duration must be seconds above 0"),
        ("sim://plaza?duration=inf", "duration must be seconds above 0"),
        ("sim://plaza?noise=99", "noise must be a strength from 0 to 10"),
    ],
)
def test_a_bad_address_is_answered_by_one_clear_sentence(uri: str, said: str) -> None:
    with pytest.raises(SimError) as raised:
        open_sim(uri, camera_id="c")
    assert said in str(raised.value)
    assert isinstance(raised.value, ThrongError)


def test_a_missing_simulator_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "jupedsim":
            raise ImportError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SimError, match=r"pip install 'throng\[sim\]'"):
        open_sim("sim://empty?size=160x90", camera_id="c").open()


def test_a_schedule_changes_in_steps_and_repeats() -> None:
    schedule = Schedule(((0.0, 1.0), (10.0, 0.0)), period_s=30.0)
    assert [schedule.at(t) for t in (-5.0, 0.0, 9.9, 10.0, 29.0, 30.0, 41.0)] == [1, 1, 1, 0, 0, 1, 0]
    with pytest.raises(ValueError, match="from 0 s"):
        Schedule(((5.0, 1.0),))


def test_a_flow_needs_its_gates() -> None:
    with pytest.raises(ValueError, match="no gate 'roof'"):
        Script((Gate("door", (0, 0, 1, 1)),), (Flow("door", ("roof",), steady(1.0)),))
