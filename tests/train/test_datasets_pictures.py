"""Sizes from headers, files that were cut off, and points against the picture."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from throng.train.datasets.clean_points import SwappedPointsError, clean_points
from throng.train.datasets.picture_size import check_whole, picture_size
from throng.train.errors import DatasetError

RNG = np.random.default_rng(0)


def written(path: Path, width: int, height: int, *options: int) -> Path:
    noise = RNG.integers(0, 255, (height, width, 3), dtype=np.uint8)
    assert cv2.imwrite(str(path), noise, options)
    return path


def exif(path: Path, orientation: int, order: str) -> Path:
    """Put an orientation note behind the first marker of a JPEG, in either byte order."""
    tiff = (b"MM" if order == ">" else b"II") + struct.pack(
        order + "HIHHHIHHI", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0
    )
    segment = b"Exif\0\0" + tiff
    content = path.read_bytes()
    path.write_bytes(content[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + content[2:])
    return path


@pytest.mark.parametrize("name", ["a.jpg", "b.png", "c.bmp"])
@pytest.mark.parametrize("size", [(1, 1), (3, 200), (640, 31)])
def test_size_is_that_of_the_decoded_picture(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    path = written(tmp_path / name, *size)
    assert picture_size(path) == size
    check_whole(path.read_bytes(), path)


def test_size_of_a_progressive_jpeg(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jpg", 70, 50, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    assert picture_size(path) == (70, 50)
    check_whole(path.read_bytes(), path)


def test_size_behind_a_large_profile(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jpg", 70, 50)
    content = path.read_bytes()
    profile = b"\xff\xe2" + struct.pack(">H", 65_002) + bytes(65_000)
    path.write_bytes(content[:2] + profile * 5 + content[2:])
    assert picture_size(path) == (70, 50)


@pytest.mark.parametrize("order", [">", "<"])
def test_picture_to_be_shown_turned_is_refused(tmp_path: Path, order: str) -> None:
    upright = exif(written(tmp_path / "a.jpg", 70, 50), 1, order)
    assert picture_size(upright) == (70, 50)
    turned = exif(written(tmp_path / "b.jpg", 70, 50), 6, order)
    with pytest.raises(DatasetError, match=r"b\.jpg: the picture is to be shown turned \(EXIF orientation 6\)"):
        picture_size(turned)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n1234", b"BM", b"\xff\xd8" + bytes(99)]
)
def test_file_that_is_no_picture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"a\.jpg: expected a picture"):
        picture_size(path)


def test_picture_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"a\.jpg: the picture cannot be read: No such file"):
        picture_size(tmp_path / "a.jpg")


def test_jpeg_that_was_cut_off(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jpg", 200, 200)
    path.write_bytes(path.read_bytes()[:-2000])
    assert picture_size(path) == (200, 200)
    with pytest.raises(DatasetError, match=r"a\.jpg: the picture is cut off"):
        check_whole(path.read_bytes(), path)


def test_jpeg_with_something_behind_its_end_is_whole(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jpg", 200, 200)
    path.write_bytes(path.read_bytes() + bytes(500))
    check_whole(path.read_bytes(), path)


def test_nobody_is_clean() -> None:
    clean = clean_points(np.empty((0, 2)), (10, 10))
    assert (clean.points.shape, clean.clipped, clean.duplicates) == ((0, 2), 0, 0)


def test_heads_beyond_the_border_stay_at_the_border() -> None:
    points = np.array([[-0.4, 5], [-3, 5], [99.4, 5], [101, 5], [50, 79.6], [50, 50]])
    clean = clean_points(points, (100, 80))
    assert clean.clipped == 3
    assert clean.points.min() >= 0
    assert (clean.points <= [99, 79]).all()
    np.testing.assert_array_equal(clean.points[-1], [50, 50])


def test_order_of_the_points_is_kept() -> None:
    points = np.array([[9.0, 1], [3, 2], [9, 1], [5, 0]])
    np.testing.assert_array_equal(clean_points(points, (10, 10)).points, [[9, 1], [3, 2], [5, 0]])


@pytest.mark.parametrize("size", [(200, 100), (100, 200)])
def test_swapped_points_of_a_crowd_are_found(size: tuple[int, int]) -> None:
    points = RNG.random((300, 2)) * size
    assert len(clean_points(points, size).points) == 300
    with pytest.raises(SwappedPointsError, match="with x and y exchanged"):
        clean_points(points[:, ::-1], size)
