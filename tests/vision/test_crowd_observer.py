"""Counter, detector and tracker behind one door: everybody once, with one identity, and warnings that last."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from throng.core.count_error import CountErrorModel
from throng.core.density_map import DensityMap
from throng.core.frame import Frame
from throng.core.observation import HEAD_HEIGHT_M, UNTRACKED, Heads, Persons
from throng.core.pinhole import calibration_from_camera
from throng.core.points import Image, ImagePoints, ground_points
from throng.vision.body_box import boxes_under_heads
from throng.vision.bytetrack import ByteTracker
from throng.vision.crowd import Crowd
from throng.vision.crowd_observer import CrowdObserver
from throng.vision.found import Found
from throng.vision.input_scale import ScaleChooser
from throng.vision.lookahead import LookAhead

SIZE = (640, 480)
HEAD_PX = 12.0
ERROR = CountErrorModel(per_person=0.5, relative=0.1, q_low=1.645, q_high=1.645)


class DrawnCounter:
    """Counts the white pixels of a picture: each is a head."""

    name, head_px, recall, precision = "drawn", HEAD_PX, 0.8, 0.9

    def __init__(self, warnings: Sequence[str] = ()) -> None:
        self._warnings = tuple(warnings)

    def warm_up(self) -> None: ...

    def count(self, images: Sequence[Image], *, scale: float = 1.0) -> list[Crowd]:
        return [self._crowd(image) for image in images]

    def _crowd(self, image: Image) -> Crowd:
        rows, columns = np.nonzero(image[:, :, 0] == 255)
        cells = np.zeros((60, 80), dtype=np.float32)
        np.add.at(cells, (rows // 8, columns // 8), 1)
        heads = Heads.from_points(np.column_stack((columns, rows)), np.ones(len(rows)))
        density = DensityMap(cells, (8.0, 8.0), SIZE, ERROR, HEAD_PX)
        return Crowd(density, heads, ERROR.interval(density.total), self._warnings)


class BoxDetector:
    """Finds a box under each white pixel of the left half."""

    name, recall, precision = "boxes", 0.9, 0.9

    def warm_up(self) -> None: ...

    def detect(self, images: Sequence[Image]) -> list[Persons]:
        return [found.persons for found in self.look(images)]

    def look(self, images: Sequence[Image]) -> list[Found]:
        return [Found(_boxes(image)) for image in images]


def _boxes(image: Image) -> Persons:
    rows, columns = np.nonzero(image[:, : SIZE[0] // 2, 0] == 255)
    heads = ImagePoints(np.column_stack((columns, rows)).astype(np.float64))
    boxes = boxes_under_heads(heads, calibration=None, head_px=HEAD_PX)
    return Persons.from_boxes(boxes, np.full(len(boxes), 0.9))


def frame(number: int, places: Sequence[tuple[int, int]]) -> Frame:
    image = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)
    for x, y in places:
        image[y, x] = 255
    at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=number / 5)
    return Frame(camera_id="gate", sequence=number, pts_s=number / 5, arrived_at=at, image=image)


def observer(*, detector: bool, warnings: Sequence[str] = (), tracked: bool = True) -> CrowdObserver:
    counter = DrawnCounter(warnings)
    return CrowdObserver(
        "gate",
        counter,
        BoxDetector() if detector else None,
        ByteTracker(5) if tracked else None,
        calibration=None,
        scale=ScaleChooser(counter, None),
    )


def test_a_head_under_a_box_is_not_a_second_person_and_a_lonely_one_is_the_detectors_business() -> None:
    """Two with boxes; three close together whom the detector missed; one apart whom it did not see either."""
    company = [(500, 200), (520, 200), (510, 215)]
    seen = observer(detector=True, tracked=False).observe(frame(0, [(100, 200), (200, 200), *company, (600, 400)]))
    assert seen.persons is not None
    assert seen.heads is not None
    assert (len(seen.persons), len(seen.heads)) == (2, 3)
    assert sorted(seen.heads.points[:, 0].tolist()) == pytest.approx([500, 510, 520])
    assert seen.density is not None
    assert seen.density.total == pytest.approx(6)
    assert seen.models == ("drawn", "boxes")


def test_without_a_detector_nobody_looked_for_boxes() -> None:
    seen = observer(detector=False).observe(frame(0, [(100, 200)]))
    assert seen.persons is None
    assert seen.heads is not None
    assert len(seen.heads) == 1
    assert (seen.recall, seen.precision) == (0.8, 0.9)


def test_identities_stay_while_people_walk_from_boxes_to_bare_heads() -> None:
    """Three walk from the left half, where the detector sees boxes, into the right one, where it does not."""
    watching, ids = observer(detector=True), []
    for number in range(16):
        x = 250 + 10 * number
        seen = watching.observe(frame(number, [(x, 200), (x - 25, 230), (x + 25, 235)]))
        assert seen.persons is not None
        assert seen.heads is not None
        tops = np.column_stack(((seen.persons.boxes[:, 0] + seen.persons.boxes[:, 2]) / 2, seen.persons.boxes[:, 1]))
        points = np.concatenate((seen.heads.points, tops))
        tracks = np.concatenate((seen.heads.track_ids, seen.persons.track_ids))
        ids.append(int(tracks[int(np.argmin(np.abs(points - [x, 200]).sum(axis=1)))]))
    assert ids[0] == UNTRACKED
    assert len(set(ids[2:])) == 1


def test_warnings_are_told_when_they_last() -> None:
    watching = observer(detector=False, warnings=("the scene is strange (distance 4)",))
    told = [watching.observe(frame(n, [(100, 200)])).warnings for n in range(10)]
    assert told[-1] == ("the scene is strange (distance 4)",)


def test_frames_can_be_looked_at_ahead_and_give_the_same() -> None:
    frames = [frame(n, [(100 + 8 * n, 200), (400, 300)]) for n in range(8)]
    one_by_one = observer(detector=True)
    expected = [one_by_one.observe(f) for f in frames]
    with LookAhead(observer(detector=True), workers=2) as ahead:
        looked = [looked for f in frames for looked in ahead.add(f)] + ahead.finish()
    for mine, theirs in zip(expected, looked, strict=True):
        assert not isinstance(theirs.seen, str)
        assert mine.heads is not None
        assert theirs.seen.heads is not None
        np.testing.assert_array_equal(mine.heads.track_ids, theirs.seen.heads.track_ids)


def test_frames_of_another_camera_are_refused() -> None:
    other = frame(0, [])
    with pytest.raises(ValueError, match="gate"):
        CrowdObserver(
            "square", DrawnCounter(), None, None, calibration=None, scale=ScaleChooser(DrawnCounter(), None)
        ).observe(other)


@pytest.mark.parametrize("tilt_deg", [30, 60, 89])
def test_bodies_under_heads_have_their_feet_where_the_calibration_says(tilt_deg: float) -> None:
    calibration = calibration_from_camera(height_m=8, tilt_deg=tilt_deg, fov_deg=60, image_size=SIZE)
    place = ground_points([(0.5, 8 / np.tan(np.radians(tilt_deg)))])
    head, feet = calibration.to_image(place, HEAD_HEIGHT_M), calibration.to_image(place)
    (box,) = boxes_under_heads(head, calibration=calibration, head_px=1.0)
    assert [(box[0] + box[2]) / 2, box[3]] == pytest.approx(feet[0])
    across = np.abs(np.diff(calibration.to_image(ground_points([(0, place[0, 1]), (1, place[0, 1])]))[:, 0]))[0]
    assert box[3] - box[1] == pytest.approx(1.82 * across, rel=0.15), "a body height at the scale of the place"
