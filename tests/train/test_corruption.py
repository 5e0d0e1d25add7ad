"""Spoiled pictures: always the same, worse with severity, each wrong in its own way and no other."""

import cv2
import numpy as np
import pytest

from throng.core.points import FloatArray, Image
from throng.train.corruption import DEFAULT_SEVERITY, SEVERITIES, Corruption, corrupt


@pytest.fixture(scope="module")
def street() -> Image:
    """A day-lit scene of smooth ground and sharp figures."""
    height, width = 192, 256
    shade = np.linspace(90, 190, height)[:, None, None] * np.ones((1, width, 3))
    scene = np.asarray(shade * np.array([1.0, 0.98, 0.94]), dtype=np.uint8)
    places = np.random.default_rng(5).uniform((10, 10), (width - 10, height - 30), (40, 2)).astype(int).tolist()
    for x, y in places:
        cv2.circle(scene, (x, y), 3, (60, 80, 140), -1)
        cv2.rectangle(scene, (x - 4, y + 4), (x + 4, y + 18), (30 + x % 90, 40, 30 + y % 120), -1)
    return scene


def grey(image: Image) -> FloatArray:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.float64)


def sharpness(image: Image) -> float:
    return float(cv2.Laplacian(grey(image), cv2.CV_64F).var())


@pytest.mark.parametrize("kind", Corruption)
@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_picture_is_always_spoiled_the_same_way(street: Image, kind: Corruption, severity: int) -> None:
    untouched = street.copy()
    first, again = (corrupt(street, kind, name="IMG_1", severity=severity) for _ in range(2))
    assert first.shape == street.shape
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (street == untouched).all()
    assert (first != street).any()


@pytest.mark.parametrize("kind", [k for k in Corruption if k not in {Corruption.JPEG, Corruption.STREAM}])
def test_another_picture_gets_another_chance(street: Image, kind: Corruption) -> None:
    assert (corrupt(street, kind, name="IMG_1") != corrupt(street, kind, name="IMG_2")).any()


@pytest.mark.parametrize("kind", Corruption)
def test_more_severe_is_further_from_the_picture(street: Image, kind: Corruption) -> None:
    errors = [np.abs(grey(corrupt(street, kind, name="IMG_1", severity=s)) - grey(street)).mean() for s in SEVERITIES]
    assert errors == sorted(errors)
    assert errors[-1] > 1.3 * errors[0]


def test_night_is_dark_warm_and_grainy(street: Image) -> None:
    spoiled = corrupt(street, Corruption.NIGHT, name="IMG_1")
    assert spoiled.mean() < 0.7 * street.mean()
    blue, _, red = spoiled.reshape(-1, 3).mean(axis=0)
    assert red > 1.2 * blue
    flat: Image = np.full_like(street, 140)
    assert grey(corrupt(flat, Corruption.NIGHT, name="IMG_1"))[:20, :20].std() > 2


def test_rain_takes_contrast_and_adds_bright_streaks(street: Image) -> None:
    spoiled = corrupt(street, Corruption.RAIN, name="IMG_1")
    assert np.percentile(grey(spoiled), 1) > np.percentile(grey(street), 1) + 10
    flat: Image = np.full_like(street, 110)
    falling = grey(corrupt(flat, Corruption.RAIN, name="IMG_1"))
    bright = falling > np.median(falling) + 10
    assert 0.002 < bright.mean() < 0.25
    # Streaks are longer down the picture than across it.
    along, across = (np.abs(np.diff(falling, axis=axis)).mean() for axis in (0, 1))
    assert across > 1.5 * along


def test_blur_softens_and_noise_roughens(street: Image) -> None:
    assert sharpness(corrupt(street, Corruption.BLUR, name="IMG_1")) < 0.5 * sharpness(street)
    assert sharpness(corrupt(street, Corruption.NOISE, name="IMG_1")) > 1.5 * sharpness(street)


@pytest.mark.parametrize("kind", [Corruption.BLUR, Corruption.NOISE, Corruption.JPEG, Corruption.STREAM])
def test_nothing_but_night_and_rain_changes_the_light(street: Image, kind: Corruption) -> None:
    assert corrupt(street, kind, name="IMG_1").mean() == pytest.approx(street.mean(), rel=0.03)


def test_jpeg_makes_blocks_of_eight(street: Image) -> None:
    steps = np.abs(np.diff(grey(corrupt(street, Corruption.JPEG, name="IMG_1", severity=3)), axis=1)).mean(axis=0)
    at_border = np.arange(len(steps)) % 8 == 7
    assert steps[at_border].mean() > 1.5 * steps[~at_border].mean()


def test_a_stream_loses_fine_detail_and_hides_its_blocks(street: Image) -> None:
    textured = np.clip(street + np.random.default_rng(1).normal(0, 4, street.shape), 0, 255).astype(np.uint8)
    streamed, coded = (corrupt(textured, kind, name="IMG_1") for kind in (Corruption.STREAM, Corruption.JPEG))
    assert sharpness(streamed) < 0.5 * sharpness(textured)
    steps, jpeg_steps = (np.abs(np.diff(grey(image), axis=1)).mean(axis=0) for image in (streamed, coded))
    at_border = np.arange(len(steps)) % 8 == 7
    edges, jpeg_edges = (s[at_border].mean() / s[~at_border].mean() for s in (steps, jpeg_steps))
    assert edges < jpeg_edges


def test_dark_places_are_grainier_than_bright_ones() -> None:
    """Shot noise before the gamma: bright light hides it."""
    spread = []
    for level in (30, 200):
        flat: Image = np.full((128, 128, 3), level, dtype=np.uint8)
        spread.append(grey(corrupt(flat, Corruption.NOISE, name="IMG_1")).std())
    assert spread[0] > 1.5 * spread[1]


@pytest.mark.parametrize("kind", Corruption)
@pytest.mark.parametrize("size", [(1, 1), (3, 400), (2000, 40)])
def test_any_size_of_picture(kind: Corruption, size: tuple[int, int]) -> None:
    image: Image = np.full((*size, 3), 128, dtype=np.uint8)
    for severity in SEVERITIES:
        assert corrupt(image, kind, name="IMG_1", severity=severity).shape == image.shape


def test_an_unknown_severity_is_refused(street: Image) -> None:
    assert DEFAULT_SEVERITY in SEVERITIES
    with pytest.raises(ValueError, match="severity: expected one of"):
        corrupt(street, Corruption.NIGHT, name="IMG_1", severity=4)
