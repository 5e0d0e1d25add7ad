"""The scale of a camera: from its calibration, and from pictures in which the counter agrees with itself."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from throng.core.calibration import Calibration, CalibrationError
from throng.core.density_map import DensityMap
from throng.core.estimate import Estimate
from throng.core.observation import HEAD_HEIGHT_M, Heads
from throng.core.points import FloatArray, GroundPoints, Image, ImagePoints
from throng.sim.source import open_sim
from throng.vision.counter_registry import THRONGNET, load_counter
from throng.vision.crowd import Crowd
from throng.vision.input_scale import ScaleChooser, head_sizes_px, scale_of_calibration, within_budget
from throng.vision.scale_trials import SCALES, ScaleCurve, best_scale, sparse_scale, try_scales

BEST_PX = 14.0
SIZE = (640, 480)
BLANK: Image = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)


class KnownCrowd:
    """Sees people of known head sizes: all of them near 14 px, fewer far from it, and grain as people beyond."""

    name = "known"
    head_px = BEST_PX
    recall = 1.0
    precision = 1.0

    def __init__(self, heads_px: FloatArray, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.heads_px = heads_px
        self.at = rng.uniform(0, 1, (len(heads_px), 2)) * (SIZE[0] - 1, SIZE[1] - 1)
        self.scales: list[float] = []

    def warm_up(self) -> None: ...

    def count(self, images: Sequence[Image], *, scale: float = 1.0) -> list[Crowd]:
        return [self._count(image, scale) for image in images]

    def _count(self, image: Image, scale: float) -> Crowd:
        self.scales.append(scale)
        height, width = image.shape[:2]
        rows, columns = -(-round(height * scale) // 8), -(-round(width * scale) // 8)
        octaves = np.log2(np.maximum(self.heads_px * scale, 1e-3) / BEST_PX)
        seen = 1 / (1 + np.exp(-3 * (octaves + 1.3))) / (1 + np.exp(3 * (octaves - 1.3)))
        places = np.clip((self.at / SIZE * (columns, rows)).astype(int), 0, (columns - 1, rows - 1))
        people = np.zeros((rows, columns), dtype=np.float32)
        np.add.at(people, (places[:, 1], places[:, 0]), seen)
        grain = np.random.default_rng(round(1000 * scale)).random((rows, columns), dtype=np.float32) ** 40
        people += np.float32(0.02) * grain
        found = self.at[seen > 0.5]
        density = DensityMap(people, (width / columns, height / rows), (width, height))
        return Crowd(density, Heads.from_points(found, np.ones(len(found))), Estimate(1, 0, 2))


def looking_down(height_m: float, focal_px: float, size: tuple[int, int] = SIZE) -> Calibration:
    """A camera above (0, 0) that looks straight down."""
    k = np.array([[focal_px, 0, (size[0] - 1) / 2], [0, focal_px, (size[1] - 1) / 2], [0, 0, 1]])
    r = np.diag([1.0, -1.0, -1.0])
    return Calibration(size, k @ np.column_stack((r, -r @ [0, 0, height_m])))


def test_a_head_seen_from_above_is_as_large_as_its_distance_says() -> None:
    sizes = head_sizes_px(looking_down(9.7, 800), GroundPoints(np.array([[0.0, 0.0], [0.1, -0.2]])))
    assert sizes == pytest.approx([800 * 0.24 / 8, 800 * 0.24 / 8], rel=0.02)


def test_the_scale_brings_heads_to_the_size_that_the_counter_knows() -> None:
    calibration = looking_down(9.7, 800)
    assert scale_of_calibration(calibration, BEST_PX) == pytest.approx(BEST_PX / 24, rel=0.05)
    twice = calibration.scaled_to(2 * SIZE[0], 2 * SIZE[1])
    assert scale_of_calibration(twice, BEST_PX) == pytest.approx(BEST_PX / 48, rel=0.05)


@pytest.mark.parametrize("name", ["plaza", "hall", "bottleneck", "counterflow"])
def test_the_people_of_a_simulated_scene_have_heads_that_can_be_counted(name: str) -> None:
    source = open_sim(f"sim://{name}?size=960x540", camera_id="cam")
    source.open()
    frame = source.read(1.0)
    assert frame is not None
    truth = source.truth(frame.sequence)
    calibration = source.scene.calibration
    seen = truth.visible
    distance_m = np.hypot(*(truth.ground - calibration.camera_position_m[:2]).T)
    near = seen & (distance_m < 4 * (calibration.camera_height_m - HEAD_HEIGHT_M))
    scale = scale_of_calibration(calibration, BEST_PX)
    heads = scale * head_sizes_px(calibration, GroundPoints(truth.ground[near]))
    assert near.sum() > 5
    assert ((heads > 0.5 * BEST_PX) & (heads < 2.5 * BEST_PX)).mean() > 0.8
    chooser = ScaleChooser(KnownCrowd(np.empty(0)), calibration)
    small = np.asarray(cv2.resize(frame.image, (480, 270)), dtype=np.uint8)
    assert chooser.scale_for(frame.image, 0.0) == pytest.approx(within_budget(scale, frame.size))
    assert chooser.scale_for(small, 1.0) == pytest.approx(within_budget(2 * scale, (480, 270)), rel=0.02)
    assert chooser.known


def test_far_heads_are_not_lost_for_the_sake_of_near_ones() -> None:
    source = open_sim("sim://plaza?size=960x540", camera_id="cam")
    calibration = source.scene.calibration
    scale = scale_of_calibration(calibration, BEST_PX)
    border = ImagePoints(np.array([[480.0, y] for y in range(60, 540, 20)]))
    ground = calibration.to_ground(border)
    near = np.hypot(*(ground - calibration.camera_position_m[:2]).T) < 35
    sizes = scale * head_sizes_px(calibration, GroundPoints(ground[near]))
    assert sizes.min() > 0.4 * BEST_PX


def test_a_calibration_without_ground_is_told() -> None:
    k = np.array([[800.0, 0, 320], [0, 800, 240], [0, 0, 1]])
    r = np.array([[1.0, 0, 0], [0, 0.5, -0.866], [0, 0.866, 0.5]])
    upwards = Calibration(SIZE, k @ np.column_stack((r, -r @ [0, 0, 6.0])))
    with pytest.raises(CalibrationError, match="shows no ground"):
        ScaleChooser(KnownCrowd(np.empty(0)), upwards).scale_for(BLANK, 0.0)
    with pytest.raises(CalibrationError, match="another shape"):
        ScaleChooser(KnownCrowd(np.empty(0)), looking_down(8, 500)).scale_for(BLANK[:, :300], 0.0)


@pytest.mark.parametrize("head_px", [5.0, 8.0, 14.0, 25.0, 40.0, 70.0])
@pytest.mark.parametrize("spread", [0.0, 0.35])
def test_trials_find_the_scale_from_the_picture_alone(head_px: float, spread: float) -> None:
    sizes = head_px * np.exp(np.random.default_rng(1).normal(0, spread, 60))
    found = best_scale([try_scales(KnownCrowd(sizes), BLANK, limit_px=5_000_000)])
    assert found is not None
    assert 1 / 1.5 <= found * head_px / BEST_PX <= 1.5


def test_trials_stay_within_the_budget_and_above_nothing() -> None:
    counter = KnownCrowd(np.full(50, 14.0))
    curve = try_scales(counter, np.zeros((1200, 1600, 3), dtype=np.uint8), limit_px=1_000_000)
    assert curve.scales.max() == 0.707
    assert (np.diff(curve.scales) > 0).all()
    assert set(counter.scales) < set(SCALES)
    huge = try_scales(counter, np.zeros((20, 200_000, 3), dtype=np.uint8), limit_px=1_000_000)
    assert huge.scales == pytest.approx([0.5])
    assert best_scale([huge]) is None
    tiny = try_scales(counter, np.zeros((1, 1, 3), dtype=np.uint8))
    assert tiny.scales == pytest.approx([1.0])


def test_nobody_tells_no_scale_and_is_asked_ever_more_rarely() -> None:
    counter = KnownCrowd(np.empty(0))
    chooser = ScaleChooser(counter, None)
    asked = []
    for second in range(600):
        before = len(counter.scales)
        assert chooser.scale_for(BLANK, float(second)) == 0.707  # its grain is less there
        asked += [second] if len(counter.scales) > before else []
    assert not chooser.known
    assert asked[:5] == [0, 2, 6, 14, 30]
    assert np.diff(asked).max() <= 60
    assert len(asked) < 16


def curve_of(people: Sequence[float], scales: tuple[float, ...] = (0.354, 0.5, 0.707, 1.0, 1.414)) -> ScaleCurve:
    """Few people at every scale, without heads, and full agreement."""
    return ScaleCurve(np.array(scales), np.array(people), np.zeros(len(people)), np.zeros(len(people) - 1))


def test_what_looks_like_a_head_at_one_scale_only_is_avoided() -> None:
    assert sparse_scale(curve_of([0.1, 0.1, 0.1, 0.7, 0.5])) == 0.707
    assert sparse_scale(curve_of([0.1, 0.1, 1.2, 0.9, 0.5])) == 1.0
    assert sparse_scale(curve_of([0.1, 0.2], scales=(0.125, 0.25))) == 1.0


def test_between_scales_that_agree_the_one_with_more_people_is_taken() -> None:
    few_small, many_large = (best_scale([curve_of(people)]) for people in ([40, 40, 30, 20, 10], [10, 20, 30, 40, 40]))
    assert few_small is not None
    assert many_large is not None
    assert few_small < 0.5
    assert many_large > 1


def test_a_chosen_scale_is_held_and_looked_at_again_after_minutes() -> None:
    counter = KnownCrowd(np.full(60, 28.0))
    chooser = ScaleChooser(counter, None)
    chosen = {second: chooser.scale_for(BLANK, second / 2) for second in range(1300)}
    trials = len(counter.scales)
    assert chosen[0] == pytest.approx(0.5, rel=0.4)
    assert len(set(list(chosen.values())[10:])) == 1
    per_trial = len([s for s in SCALES if SIZE[0] * SIZE[1] * s * s <= 1_600_000 and SIZE[1] * s >= 96])
    assert trials == per_trial * 5  # at 0, 2 and 4 s, then after 5 and 10 minutes
    assert chooser.scale_for(BLANK, 648.0) == chosen[1299]  # an older frame from another worker
    assert len(counter.scales) == trials
    counter.heads_px = np.full(60, 8.0)
    later = [chooser.scale_for(BLANK, 1000.0 + 300 * i) for i in range(4)]
    assert later[-1] == pytest.approx(14 / 8, rel=0.4)


def test_another_picture_size_starts_anew() -> None:
    chooser = ScaleChooser(KnownCrowd(np.full(60, 28.0)), None)
    chooser.scale_for(BLANK, 0.0)
    assert chooser.known
    empty = ScaleChooser(KnownCrowd(np.empty(0)), None)
    empty.scale_for(BLANK, 0.0)
    assert empty.scale_for(np.zeros((4000, 4000, 3), dtype=np.uint8), 0.1) == pytest.approx(np.sqrt(1.6e6) / 4000)


def resized(image: Image, factor: float, method: int) -> Image:
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=method), dtype=np.uint8)


@pytest.mark.shared
def test_the_scale_of_real_pictures_undoes_their_resizing(shared_dir: Path) -> None:
    from throng.train.datasets import open_dataset

    counter = load_counter(THRONGNET, threads=1)
    records = open_dataset("shanghaitech", shared_dir / "data/shanghaitech/part_B", "val").records[:20:5]
    found: dict[float, float] = {}
    for factor in (0.5, 1.0, 2.0):
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        images = [resized(record.image(), factor, method) for record in records]
        chosen = best_scale([try_scales(counter, image, limit_px=800_000) for image in images])
        assert chosen is not None
        found[factor] = chosen * factor
    assert max(found.values()) / min(found.values()) < 1.5
