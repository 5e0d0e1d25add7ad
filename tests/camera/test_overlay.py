"""What the overlay draws, and what it leaves alone."""

from datetime import UTC, datetime, timedelta

import numpy as np

from throng.camera.overlay import LEVEL_COLOURS, Layers, Overlay, zone_text
from throng.camera.pipeline import CameraPipeline
from throng.core.observation import Observation, Persons
from throng.core.pinhole import calibration_from_camera
from throng.core.points import Image
from throng.core.reading import Reading
from throng.core.site import Camera, Line, Zone

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIZE = (960, 540)
CALIBRATION = calibration_from_camera(height_m=6, tilt_deg=30, fov_deg=70, image_size=SIZE)
ZONE = Zone("square", ((-3, 7), (3, 7), (3, 13), (-3, 13)), name="Marché")
BOX = np.array([[450.0, 250.0, 480.0, 330.0]])


def picture() -> Image:
    return np.full((SIZE[1], SIZE[0], 3), 90, dtype=np.uint8)


def observation(pts_s: float) -> Observation:
    persons = Persons(BOX + 20 * pts_s, np.array([0.9]), np.array([4], dtype=np.int64))
    at = START + timedelta(seconds=pts_s)
    return Observation("c", pts_s, at, 0, SIZE, persons=persons, heads=None, models=("m",))


def pipeline() -> CameraPipeline:
    return CameraPipeline(Camera("c", "x", CALIBRATION), [ZONE], [Line("gate", (-3, 10), (3, 10))], SIZE)


def has_colour(image: Image, colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(image.astype(int) - colour).max(axis=2) < 12).any())


def test_every_layer_leaves_its_mark_and_the_frame_stays_untouched() -> None:
    pipe, frame = pipeline(), picture()
    overlay = Overlay(pipe, layers=Layers(grid=True))
    for k in range(3):
        newest = observation(k / 2)
        overlay.note(pipe.process(newest))
    drawn = overlay.draw(frame, newest)
    assert (frame == 90).all()
    assert has_colour(drawn, LEVEL_COLOURS["A"])
    assert has_colour(drawn, (240, 240, 240))
    assert has_colour(drawn, (96, 226, 255))
    assert (drawn != frame).mean() > 0.01


def test_no_layer_draws_nothing() -> None:
    nothing = Layers(zones=False, people=False, trails=False, lines=False, grid=False, panel=False)
    frame = picture()
    drawn = Overlay(pipeline(), layers=nothing).draw(frame, observation(0.0))
    assert (drawn == frame).all()
    assert drawn is not frame


def test_people_are_drawn_only_into_their_own_picture() -> None:
    pipe = pipeline()
    pipe.process(observation(0.0))
    only_people = Layers(zones=False, trails=True, lines=False, panel=False)
    overlay, frame = Overlay(pipe, layers=only_people), picture()
    assert (overlay.draw(frame, None) == frame).all()
    assert not (overlay.draw(frame, observation(0.0)) == frame).all()


def test_panel_says_unknown_and_never_zero() -> None:
    pipe = pipeline()
    pipe.tick(START, "camera is stalled")
    readings = [r for r in pipe.tick(START + timedelta(seconds=2.6), "camera is stalled") if isinstance(r, Reading)]
    assert len(readings) == 2
    assert {zone_text("Square", r) for r in readings} == {"Square  UNKNOWN: camera is stalled"}


def test_panel_text_is_plain_ascii() -> None:
    pipe = pipeline()
    pipe.process(observation(0.0))
    (reading, _) = pipe.finish()
    assert isinstance(reading, Reading)
    text = zone_text(ZONE.title, reading)
    assert text.isascii()
    assert text.startswith("March?  1 [1-1]")
