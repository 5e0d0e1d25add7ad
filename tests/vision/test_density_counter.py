"""The runtime of density counters, on networks that count bright dots: what they give can be foretold."""

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from throng.core.count_error import UNMEASURED, CountErrorModel
from throng.core.points import Image
from throng.sim.source import open_sim
from throng.vision.counter_registry import BUILT_IN, THRONGNET
from throng.vision.counter_tiles import cored_tiles, padded_size
from throng.vision.density_counter import NO_INTERVAL, OnnxDensityCounter
from throng.vision.domain import DomainCheck
from throng.vision.errors import VisionError
from throng.vision.picture_quality import picture_quality
from throng.vision.ports import DensityCounter

WriteCounter = Callable[..., Path]
SMALL_TILES_PX = 512 * 512


def dots(size: tuple[int, int], places: list[tuple[int, int]]) -> Image:
    """A black picture with one white pixel per place (x, y)."""
    image = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    for x, y in places:
        image[y, x] = 255
    return image


def scattered(size: tuple[int, int], n: int, seed: int = 0) -> list[tuple[int, int]]:
    rng = np.random.default_rng(seed)
    return [(int(x), int(y)) for x, y in zip(rng.integers(0, size[0], n), rng.integers(0, size[1], n), strict=True)]


def test_map_heads_and_count_belong_to_the_picture(write_dot_counter: WriteCounter) -> None:
    model = CountErrorModel(0.5, 0.1, 1.6, 1.7)
    path = write_dot_counter(metadata={"throng.interval": model.to_json(), "throng.head_px": "[8, 16, 40]"})
    counter: DensityCounter = OnnxDensityCounter(path)
    counter.warm_up()
    places = [(0, 0), (50, 21), (96, 58), (33, 40)]
    (crowd,) = counter.count([dots((97, 59), places)])
    assert counter.name == "dots"
    assert crowd.density.people.shape == (8, 13)
    assert crowd.density.cell_px == (8.0, 8.0)
    assert crowd.density.image_size == (97, 59)
    assert crowd.density.people[0, 0] == pytest.approx(1)
    assert crowd.density.people[2, 6] == pytest.approx(1)
    assert crowd.count == model.interval(crowd.density.total)
    assert len(crowd.heads) == 4
    nearest = np.linalg.norm(crowd.heads.points[:, None] - np.array(places)[None], axis=2).min(axis=0)
    assert nearest.max() < 4
    assert crowd.warnings == ()
    assert crowd.density.error == model
    assert (counter.head_px, crowd.density.head_px) == (16, 16)


def test_people_in_the_repeated_border_are_cut_off(write_dot_counter: WriteCounter) -> None:
    counter = OnnxDensityCounter(write_dot_counter(gain=1 / 64))
    white = np.full((48, 33, 3), 255, dtype=np.uint8)
    (crowd,) = counter.count([white])
    assert crowd.density.people.shape == (6, 5)
    assert crowd.density.total == pytest.approx(6 * 5)


def test_head_points_are_as_good_as_the_card_says(write_dot_counter: WriteCounter) -> None:
    image = np.zeros((64, 64, 3), dtype=np.uint8)
    image[10, 10], image[40, 40] = 255, 110
    entry = json.dumps({"threshold": 0.5, "recall": 0.7, "precision": 0.9})
    strict = OnnxDensityCounter(write_dot_counter(metadata={"throng.heads": entry, "throng.head_px": "12"}))
    assert (strict.recall, strict.precision, strict.head_px) == (0.7, 0.9, 12)
    assert len(strict.count([image])[0].heads) == 1
    lax = OnnxDensityCounter(write_dot_counter(metadata={"throng.head_threshold": "0.4"}))
    assert len(lax.count([image])[0].heads) == 2
    assert lax.count([image], scale=2)[0].density.head_px == pytest.approx(lax.head_px / 2)


@pytest.mark.parametrize(("scale", "counted"), [(0.5, False), (1.0, False), (2.0, True)])
def test_a_faint_haze_is_nobody_unless_the_picture_is_enlarged(
    write_dot_counter: WriteCounter, scale: float, *, counted: bool
) -> None:
    """An enlarged picture has more cells, each with less of the same people."""
    counter = OnnxDensityCounter(write_dot_counter(gain=1 / 64, metadata={"throng.empty_below": "0.1"}))
    grey = np.full((64, 64, 3), 20, dtype=np.uint8)
    (crowd,) = counter.count([grey], scale=scale)
    assert (crowd.density.total > 0) is counted


def test_without_a_measured_interval_nothing_is_promised(write_dot_counter: WriteCounter) -> None:
    (crowd,) = OnnxDensityCounter(write_dot_counter()).count([dots((64, 64), [(8, 8)])])
    assert crowd.count == UNMEASURED.interval(crowd.density.total)
    assert crowd.density.error is None
    assert crowd.warnings == (NO_INTERVAL,)


@pytest.mark.parametrize("scale", [0.5, 1.7, 3.0])
def test_scale_changes_what_the_network_sees_and_not_where_people_are(
    write_dot_counter: WriteCounter, scale: float
) -> None:
    counter = OnnxDensityCounter(write_dot_counter())
    image = np.zeros((200, 300, 3), dtype=np.uint8)
    image[96:104, 196:204] = 255
    (crowd,) = counter.count([image], scale=scale)
    across, down = crowd.density.cell_px
    assert (across, down) == pytest.approx((8 / scale, 8 / scale), rel=0.02)
    assert crowd.density.image_size == (300, 200)
    assert crowd.density.total == pytest.approx(64 * scale**2, rel=0.05)
    centre = crowd.density.people.ravel() @ crowd.density.centres() / crowd.density.total
    assert centre == pytest.approx((199.5, 99.5), abs=across / 2)
    assert np.abs(crowd.heads.points.mean(axis=0) - (199.5, 99.5)).max() < 4


def test_pictures_of_several_sizes_keep_their_order(write_dot_counter: WriteCounter) -> None:
    counter = OnnxDensityCounter(write_dot_counter())
    sizes = [(64, 48), (100, 30), (64, 48), (64, 48), (100, 30)]
    images = [dots(size, scattered((size[0] - 1, size[1] - 1), 3 * i + 1, i)) for i, size in enumerate(sizes)]
    together = counter.count(images)
    for image, crowd in zip(images, together, strict=True):
        (alone,) = counter.count([image])
        assert crowd.density.image_size == (image.shape[1], image.shape[0])
        assert np.array_equal(crowd.density.people, alone.density.people)
        assert np.array_equal(crowd.heads.points, alone.heads.points)
    assert counter.count([]) == []


@pytest.mark.parametrize("size", [(900, 700), (515, 1201), (100, 3000)])
def test_tiles_join_to_the_map_of_the_whole_picture(write_dot_counter: WriteCounter, size: tuple[int, int]) -> None:
    path = write_dot_counter(blur_px=129, gain=3.0, signature=True)
    image = dots(size, scattered(size, 400))
    whole = OnnxDensityCounter(path).look([image])[0].crowd
    tiled = OnnxDensityCounter(path, input_limit_px=SMALL_TILES_PX).look([image, image])
    assert len(cored_tiles(size, SMALL_TILES_PX)) > 1
    for view in tiled:
        assert view.crowd.density.people == pytest.approx(whole.density.people, abs=1e-5)
        assert view.crowd.density.total == pytest.approx(whole.density.total, rel=1e-4)
        assert view.crowd.heads.points == pytest.approx(whole.heads.points)


def test_the_shipped_counter_gives_one_sum_with_and_without_tiles() -> None:
    source = open_sim("sim://hall?size=960x540", camera_id="cam")
    source.open()
    frame = source.read(1.0)
    assert frame is not None
    path = Path(str(files("throng.vision").joinpath(BUILT_IN[THRONGNET])))
    whole, tiled = (
        OnnxDensityCounter(path, threads=1, input_limit_px=limit).count([frame.image], scale=1.2)[0]
        for limit in (2_500_000, 450_000)
    )
    assert whole.density.total > 10
    assert tiled.density.total == pytest.approx(whole.density.total, rel=0.02)
    assert len(tiled.heads) == pytest.approx(len(whole.heads), rel=0.05, abs=1)


@pytest.mark.parametrize("size", [(1, 1), (33, 4000), (3840, 2160), (11_585, 8_640), (2600, 1900)])
def test_cores_cover_every_pixel_once_with_context(size: tuple[int, int]) -> None:
    tiles = cored_tiles(size, 2_500_000)
    width, height = padded_size(size)
    seen = np.zeros((height // 16, width // 16), dtype=np.int64)
    for tile in tiles:
        core, whole = tile.core, tile.whole
        assert tile.size[0] * tile.size[1] <= 2_500_000
        seen[core.y1 // 16 : core.y2 // 16, core.x1 // 16 : core.x2 // 16] += 1
        for near, far, edge in ((whole.x1, core.x1, 0), (whole.y1, core.y1, 0)):
            assert far == near == edge or far - near >= 128
        for near, far, edge in ((whole.x2, core.x2, width), (whole.y2, core.y2, height)):
            assert far == near == edge or near - far >= 128
    assert (seen == 1).all()


def test_one_pixel_and_a_hundred_megapixels(write_dot_counter: WriteCounter) -> None:
    counter = OnnxDensityCounter(write_dot_counter())
    (tiny,) = counter.count([dots((1, 1), [])])
    assert tiny.density.people.shape == (1, 1)
    assert tiny.count.value == 0
    places = [(5, 5), (9_990, 9_990), (4_999, 5_001), (1_664, 8_000)]
    (huge,) = counter.count([dots((10_000, 10_000), places)])
    assert huge.density.total == pytest.approx(4)
    assert len(huge.heads) == 4


def test_what_cannot_be_seen_is_refused(write_dot_counter: WriteCounter) -> None:
    counter = OnnxDensityCounter(write_dot_counter())
    with pytest.raises(
        VisionError, match=r"of 4000×3000 at scale 4 needs .* 192 megapixels, at most 160 .*smaller scale"
    ):
        counter.count([dots((4000, 3000), [])], scale=4)
    with pytest.raises(VisionError, match=r"expected a picture \(H, W, 3\) of uint8, got \(0, 5, 3\)"):
        counter.count([np.zeros((0, 5, 3), dtype=np.uint8)])
    with pytest.raises(VisionError, match=r"got \(5, 5\) of uint8"):
        counter.count([np.zeros((5, 5), dtype=np.uint8)])
    with pytest.raises(VisionError, match="expected a scale above 0, got nan"):
        counter.count([dots((9, 9), [])], scale=float("nan"))


def test_a_strange_scene_is_warned_of(write_dot_counter: WriteCounter) -> None:
    greys = np.random.default_rng(0).normal(100, 10, (200, 1)) + np.random.default_rng(1).normal(0, 2, (200, 3))
    check = DomainCheck.fit(greys)
    path = write_dot_counter(file="grey", signature=True, metadata={"throng.domain": check.to_json()})
    counter = OnnxDensityCounter(path)
    usual, strange = (np.full((700, 900, 3), v, dtype=np.uint8) for v in (104, 240))
    assert counter.count([usual])[0].warnings == (NO_INTERVAL,)
    (crowd,) = counter.count([strange])
    assert "unlike the pictures that grey was trained on (distance " in crowd.warnings[1]
    (view,) = counter.look([strange])
    assert view.crowd.warnings == (NO_INTERVAL,)
    assert view.distance is not None
    assert view.distance > check.limit
    tiled = OnnxDensityCounter(path, input_limit_px=SMALL_TILES_PX).look([strange])[0].distance
    assert tiled == pytest.approx(view.distance, rel=1e-3)


LIMITS = {"sharpness": 0.4, "grain": 3, "light": 120, "blocks": 1.5, "haze": 40}


def test_a_spoiled_picture_is_warned_of(write_dot_counter: WriteCounter) -> None:
    path = write_dot_counter(metadata={"throng.quality": json.dumps(LIMITS)})
    counter = OnnxDensityCounter(path)
    good = np.random.default_rng(0).integers(0, 2, (240, 320, 1), dtype=np.uint8).repeat(3, axis=2) * 200
    dark = good // 4
    assert counter.count([good])[0].warnings[:1] == (NO_INTERVAL,)
    assert not any("dark" in told for told in counter.count([good])[0].warnings)
    (crowd,) = counter.count([dark])
    assert any(told.startswith("the picture is dark (bright parts at grey level 50,") for told in crowd.warnings)
    (view,) = counter.look([dark])
    assert view.crowd.warnings == (NO_INTERVAL,)
    assert view.quality == picture_quality(dark)


def test_quality_is_that_of_the_smaller_of_picture_and_input(write_dot_counter: WriteCounter) -> None:
    counter = OnnxDensityCounter(write_dot_counter(metadata={"throng.quality": json.dumps(LIMITS)}))
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    whole, enlarged, shrunk = (counter.look([image], scale=scale)[0].quality for scale in (1.0, 2.0, 0.5))
    assert whole == enlarged == picture_quality(image)
    assert shrunk is not None
    assert whole is not None
    assert shrunk.grain < 0.7 * whole.grain
    assert counter.look([image[:20]])[0].quality is None
    assert OnnxDensityCounter(write_dot_counter()).look([image])[0].quality is None


def test_another_network_is_refused(write_onnx: WriteCounter, write_dot_counter: WriteCounter) -> None:
    detector = write_onnx(np.zeros((1, 84, 100), dtype=np.float32))
    with pytest.raises(
        VisionError, match=r"own.onnx: expected a counter with an input image \(N, 3, H, W\).* got input"
    ):
        OnnxDensityCounter(detector)
    with pytest.raises(VisionError, match=r"expected a model with one float input of shape .*images0 .*images1"):
        OnnxDensityCounter(write_onnx(np.zeros((1, 84, 100), dtype=np.float32), inputs=2))
    with pytest.raises(VisionError, match=r"expected output density of shape \(2, 1, 8, 12\).* got \(2, 1, 4, 6\)"):
        OnnxDensityCounter(write_dot_counter(stride=16))
    with pytest.raises(VisionError, match=r"expected throng\.kind density-counter, got 'detector'"):
        OnnxDensityCounter(write_dot_counter(metadata={"throng.kind": "detector"}))
    with pytest.raises(VisionError, match=r"nowhere\.onnx: there is no such model file"):
        OnnxDensityCounter(Path("nowhere.onnx"))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("throng.interval", "{}"),
        ("throng.interval", "no json"),
        ("throng.head_px", "[3, 2, 1]"),
        ("throng.head_px", "-7"),
        ("throng.head_px", "[2, 3]"),
        ("throng.head_threshold", "high"),
        ("throng.heads", "{}"),
        ("throng.heads", '{"threshold": 0.5, "recall": 0, "precision": 0.9}'),
        ("throng.heads", '{"threshold": 0.5, "recall": 1, "precision": "x"}'),
        ("throng.head_threshold", "2"),
        ("throng.domain", json.dumps({"mean": [1], "whitening": [[1, 2]], "limit": 1})),
        ("throng.domain", json.dumps({"mean": [1], "whitening": [[1]], "limit": 1})),
        ("throng.quality", "{}"),
        ("throng.quality", json.dumps(LIMITS | {"haze": None})),
        ("throng.quality", json.dumps(LIMITS | {"haze": -1})),
        ("throng.domain", json.dumps({"mean": None, "whitening": [[1]], "limit": 1})),
    ],
)
def test_a_broken_card_is_named(write_dot_counter: WriteCounter, key: str, text: str) -> None:
    with pytest.raises(VisionError, match=rf"dots.onnx: .*{key}|dots.onnx: expected a signature of 1"):
        OnnxDensityCounter(write_dot_counter(metadata={key: text}, signature=True))


def test_broken_weights_are_told(write_dot_counter: WriteCounter) -> None:
    with pytest.raises(VisionError, match="not finite; its weights are broken"):
        OnnxDensityCounter(write_dot_counter(gain=float("nan")))
