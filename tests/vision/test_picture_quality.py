"""Faults of a picture: each is told from good pictures and by its name; its figures are what they say."""

import json
from collections.abc import Callable
from dataclasses import astuple, replace
from fractions import Fraction
from functools import cache

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.points import Image
from throng.vision.picture_quality import SMALLEST_PX, PictureQuality, QualityCheck, picture_quality

USUAL = PictureQuality(sharpness=0.45, grain=2.0, light=130, blocks=1.4, haze=36)


@cache
def scene(seed: int, size: tuple[int, int] = (512, 384)) -> Image:
    """Detail of every size as in photographs (amplitude falls with frequency), here strong, there weak."""
    rng = np.random.default_rng(seed)
    width, height = size
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = 1
    shaped = [
        np.fft.irfft2(np.fft.rfft2(rng.normal(size=(height, width))) / frequency**power, s=(height, width))
        for power in (1.0, 1.8)
    ]
    fine, coarse = (values / values.std() for values in shaped)
    grey = 115 + 45 * coarse + 30 * fine * np.clip(coarse, 0, None)
    seen = cv2.GaussianBlur(grey[:, :, None] * np.array([0.95, 1.0, 1.05]), (0, 0), 0.6)
    return np.asarray(np.clip(seen.round(), 0, 255), dtype=np.uint8)


def measured(image: Image) -> PictureQuality:
    quality = picture_quality(image)
    assert quality is not None
    return quality


@pytest.fixture(scope="module")
def check() -> QualityCheck:
    return QualityCheck.fit([measured(scene(seed)) for seed in range(30)])


def blurred(image: Image, sigma_px: float = 2.0) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), dtype=np.uint8)


def grainy(image: Image) -> Image:
    noise = np.random.default_rng(7).normal(0, 14, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), dtype=np.uint8)


def compressed(image: Image) -> Image:
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 8])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)


def streamed(image: Image, quality: int) -> Image:
    """Return a picture as the last of three of an H.264 stream of a constant rate factor."""
    height, width = image.shape[:2]
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuv420p", Fraction(1, 10)
    encoder.options = {"crf": str(quality), "preset": "veryfast", "threads": "1"}
    packets = [packet for _ in range(3) for packet in encoder.encode(av.VideoFrame.from_ndarray(image, format="bgr24"))]
    decoder = av.CodecContext.create("h264", "r")
    frames = [frame for packet in (*packets, *encoder.encode(), None) for frame in decoder.decode(packet)]
    return np.asarray(frames[-1].to_ndarray(format="bgr24"), dtype=np.uint8)


SPOILED: dict[str, Callable[[Image], Image]] = {
    "blurred": blurred,
    "grainy": grainy,
    "dark": lambda image: np.asarray(image * 0.3, dtype=np.uint8),
    "compressed too much": compressed,
    "hazy": lambda image: np.asarray(image * 0.6 + 80, dtype=np.uint8),
}


@pytest.mark.parametrize("fault", list(SPOILED))
def test_a_spoiled_picture_is_told_by_its_fault(check: QualityCheck, fault: str) -> None:
    for seed in range(100, 106):
        told = check.warnings(measured(SPOILED[fault](scene(seed))))
        assert any(text.startswith(f"the picture is {fault} (") for text in told), told
        assert all("the count may be wrong; " in text for text in told)


@pytest.mark.parametrize("sigma_px", [1.2, 4.0, 8.0])
def test_blur_is_told_however_strong(check: QualityCheck, sigma_px: float) -> None:
    assert "blurred" in " ".join(check.warnings(measured(blurred(scene(100), sigma_px))))


def test_new_good_pictures_are_not_warned_of(check: QualityCheck) -> None:
    assert sum(bool(check.warnings(measured(scene(seed)))) for seed in range(100, 120)) <= 2


@pytest.mark.parametrize("sigma", [1.5, 4.0, 10.0])
def test_grain_is_the_deviation_of_white_noise(sigma: float) -> None:
    """Within a fifth: the flattest cells are those where the noise happens to be low."""
    noise = np.random.default_rng(3).normal(120, sigma, (480, 640, 1)).repeat(3, axis=2)
    assert measured(np.asarray(noise.round(), dtype=np.uint8)).grain == pytest.approx(sigma, rel=0.2)


def test_texture_is_no_grain() -> None:
    assert measured(scene(1)).grain < 1.0


def test_blown_out_sky_does_not_hide_grain() -> None:
    image = grainy(scene(1))
    sky = image.copy()
    sky[:240] = 255
    assert measured(sky).grain > 0.8 * measured(image).grain


def test_sharpness_does_not_depend_on_contrast_or_light() -> None:
    image = scene(2)
    flatter = np.asarray(np.round(image * 0.5 + 40), dtype=np.uint8)
    assert measured(flatter).sharpness == pytest.approx(measured(image).sharpness, rel=0.05)


def test_block_edges_are_found_wherever_the_blocks_start() -> None:
    good = scene(3, (700, 560))
    image = compressed(good)
    assert measured(good).blocks < 1.15
    assert measured(image).blocks > 1.4
    assert measured(image[3:, 5:]).blocks == pytest.approx(measured(image).blocks, rel=0.1)


@pytest.mark.parametrize("grey", [0, 37, 128, 255])
def test_a_blank_picture_has_one_level_and_nothing_else(grey: int) -> None:
    quality = measured(np.full((300, 500, 3), grey, dtype=np.uint8))
    assert quality == PictureQuality(sharpness=1.0, grain=0.0, light=grey, blocks=1.0, haze=grey)


def test_the_darkest_colour_tells_haze() -> None:
    image = np.full((300, 500, 3), (200, 20, 200), dtype=np.uint8)
    assert measured(image).haze == 20


@settings(max_examples=40, deadline=None)
@given(width=st.integers(1, 700), height=st.integers(1, 300), seed=st.integers(0, 9))
def test_every_size_has_finite_figures_or_none(width: int, height: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    quality = picture_quality(image)
    assert (quality is None) == (min(width, height) < SMALLEST_PX)
    if quality is not None:
        assert np.isfinite(astuple(quality)).all()
        assert min(astuple(quality)) >= 0
        assert quality.blocks >= 1
        assert picture_quality(image[:, ::-1][:, ::-1]) == quality


def test_the_limits_hold_the_share_that_was_asked_for() -> None:
    rng = np.random.default_rng(5)
    pictures = [PictureQuality(*row) for row in rng.gamma(4, 1, (1000, 5)) * (0.05, 1, 50, 0.1, 20)]
    check = QualityCheck.fit(pictures, limit_share=0.95)
    within = np.mean([not check.warnings(picture) for picture in pictures])
    assert 0.95 <= within <= 0.96
    each = [np.mean([name in " ".join(check.warnings(p)) for p in pictures]) for name in ("blurred", "grainy", "hazy")]
    assert all(0.005 <= share <= 0.015 for share in each)


def test_limits_are_never_stricter_than_what_does_no_harm() -> None:
    perfect = PictureQuality(sharpness=1.0, grain=0.0, light=255, blocks=1.0, haze=0)
    limits = QualityCheck.fit([perfect] * 20).limits
    assert limits == PictureQuality(sharpness=0.6, grain=5.0, light=160, blocks=1.25, haze=20)


def test_what_does_harm_is_told_unless_it_is_usual() -> None:
    bad = PictureQuality(sharpness=0.1, grain=9.0, light=20, blocks=1.8, haze=90)
    assert QualityCheck.fit([bad] * 2 + [replace(bad, blocks=1.2)] * 38).limits == replace(bad, blocks=1.3)
    assert QualityCheck.fit([bad] * 8 + [replace(bad, blocks=1.2)] * 32).limits == bad


def test_little_noise_is_no_fault(check: QualityCheck) -> None:
    noise = np.random.default_rng(7).normal(0, 5, scene(100).shape)
    image = np.asarray(np.clip(scene(100) + noise, 0, 255), dtype=np.uint8)
    assert measured(image).grain > 2.5
    assert "grainy" not in " ".join(check.warnings(measured(image)))


@pytest.mark.parametrize("quality", [40, 44, 50])
def test_a_stream_of_too_few_bits_is_told_as_pictures_are(check: QualityCheck, quality: int) -> None:
    for seed in range(100, 104):
        told = " ".join(check.warnings(measured(streamed(scene(seed), quality))))
        assert "compressed too much" in told


def test_better_than_usual_is_no_fault() -> None:
    assert QualityCheck(USUAL).warnings(PictureQuality(2.0, 0.0, 255, 1.0, 0)) == ()
    assert QualityCheck(USUAL).warnings(USUAL) == ()


def test_the_warning_names_figure_limit_and_remedy() -> None:
    assert QualityCheck(USUAL).warnings(replace(USUAL, sharpness=0.312, light=98)) == (
        "the picture is blurred (sharpness 0.31, usual from 0.45): the count may be wrong; focus and clean the lens",
        "the picture is dark (bright parts at grey level 98, usual from 130): the count may be wrong; "
        "more light or a longer exposure helps",
    )


def test_the_check_survives_json() -> None:
    assert QualityCheck.from_json(QualityCheck(USUAL).to_json()) == QualityCheck(USUAL)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        json.dumps({"sharpness": 0.4}),
        json.dumps({"sharpness": "0.4", "grain": 3, "light": 120, "blocks": 1.5, "haze": 40}),
        json.dumps({"sharpness": float("nan"), "grain": 3, "light": 120, "blocks": 1.5, "haze": 40}),
        json.dumps({"sharpness": 0.4, "grain": -3, "light": 120, "blocks": 1.5, "haze": 40}),
    ],
)
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|Expecting"):
        QualityCheck.from_json(text)


@pytest.mark.parametrize("pictures", [[], [USUAL] * 19, [replace(USUAL, grain=float("nan"))] * 20])
def test_what_cannot_be_fitted_is_refused(pictures: list[PictureQuality]) -> None:
    with pytest.raises(ValueError, match="at least 20 pictures"):
        QualityCheck.fit(pictures)
