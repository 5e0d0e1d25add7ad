"""Packs: what goes in comes out, and what is no pack is refused."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from throng.core.points import image_points
from throng.train.errors import DatasetError
from throng.train.pack import open_pack
from throng.train.pack_writer import write_pack
from throng.train.record import Dataset, Record

SIZE = (320, 200)
REGION = np.repeat(np.arange(SIZE[0])[None] < 160, SIZE[1], axis=0)


def record(folder: Path, name: str, points: list[list[float]], *, region: bool = False, ending: str = ".jpg") -> Record:
    path = folder / f"{name}{ending}"
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    smooth = np.stack([columns * 255 / SIZE[0], rows * 255 / SIZE[1], columns * 0 + len(points)], axis=2)
    assert cv2.imwrite(str(path), smooth.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 80])
    return Record(name, path, image_points(points), "test", roi=lambda: REGION if region else None)


def two_sets(folder: Path) -> dict[str, Dataset]:
    return {
        "test A": Dataset("test", "train", (record(folder, "a", [[0, 0], [319, 199]]), record(folder, "b", []))),
        "test B": Dataset("test", "val", tuple(record(folder, n, [[10.25, 20]], region=True) for n in ("a2", "c"))),
    }


def test_pictures_come_back(tmp_path: Path) -> None:
    datasets = two_sets(tmp_path)
    told: list[tuple[int, int]] = []
    report = write_pack(datasets, tmp_path / "p.pack", told=lambda done, of: told.append((done, of)))
    assert (report.pictures, report.people, report.skipped) == (4, 4, ())
    assert report.size_bytes == (tmp_path / "p.pack").stat().st_size
    assert told[-1] == (4, 4)
    pack = open_pack(tmp_path / "p.pack")
    assert len(pack) == 4
    sources = [(label, dataset.split, r) for label, dataset in datasets.items() for r in dataset.records]
    for packed, (label, split, original) in zip(pack.pictures(), sources, strict=True):
        assert (packed.entry.name, packed.entry.source, packed.entry.split) == (original.name, label, split)
        # The published JPEG is smaller than one of quality 92 and is kept as it is.
        np.testing.assert_array_equal(packed.image, original.image())
        np.testing.assert_allclose(packed.points, original.points)
        region = original.roi()
        assert (packed.region is None) == (region is None)
        if region is not None:
            assert packed.region is not None
            np.testing.assert_array_equal(packed.region, region)


def test_region_of_one_camera_is_kept_once(tmp_path: Path) -> None:
    write_pack(two_sets(tmp_path), tmp_path / "p.pack")
    with zipfile.ZipFile(tmp_path / "p.pack") as archive:
        assert sum(name.startswith("regions/") for name in archive.namelist()) == 1


def test_large_pictures_are_shrunk_with_their_points(tmp_path: Path) -> None:
    path = tmp_path / "p.pack"
    write_pack(two_sets(tmp_path), path, longest_px=80)
    first, *_, last = open_pack(path).pictures()
    assert first.image.shape == (50, 80, 3)
    np.testing.assert_allclose(first.points, [[0, 0], [79, 49]])
    np.testing.assert_allclose(last.points, [[10.75 / 4 - 0.5, 20.5 / 4 - 0.5]])
    assert last.region is not None
    assert last.region.shape == (50, 80)
    assert last.region[:, :40].all()
    assert not last.region[:, 40:].any()


def test_quality_decides_the_size(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 320, 3), dtype=np.uint8)
    original = record(tmp_path, "a", [], ending=".png")
    assert cv2.imwrite(str(original.path), noise)
    sizes = [
        write_pack({"x": Dataset("test", "all", (original,))}, tmp_path / "p.pack", quality=quality).size_bytes
        for quality in (30, 92)
    ]
    assert sizes[0] < 0.5 * sizes[1] < sizes[1] < noise.size


def test_broken_pictures_are_named_and_the_others_packed(tmp_path: Path) -> None:
    good, broken = record(tmp_path, "good", [[1, 1]]), record(tmp_path, "broken", [[2, 2], [3, 3]])
    broken.path.write_bytes(broken.path.read_bytes()[:-200])
    report = write_pack({"x": Dataset("test", "all", (broken, good))}, tmp_path / "p.pack")
    assert (report.pictures, report.people) == (1, 1)
    assert [skip.path for skip in report.skipped] == [broken.path]
    (packed,) = open_pack(tmp_path / "p.pack").pictures()
    assert (packed.entry.name, packed.points.tolist()) == ("good", [[1, 1]])


def test_nothing_is_left_behind_when_there_is_nothing_to_pack(tmp_path: Path) -> None:
    before = tmp_path / "p.pack"
    before.write_bytes(b"an older pack")
    with pytest.raises(DatasetError, match="there is no picture to pack"):
        write_pack({"x": Dataset("test", "all", ())}, before)
    assert [path.name for path in tmp_path.iterdir()] == ["p.pack"]
    assert before.read_bytes() == b"an older pack"
    with pytest.raises(DatasetError, match="the pack cannot be written: No such file"):
        write_pack({"x": Dataset("test", "all", ())}, tmp_path / "no" / "p.pack")


def changed(path: Path, name: str, content: bytes | None) -> Path:
    """Copy a pack with one entry replaced or left out."""
    copy = path.with_name("changed.pack")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        if content is not None:
            new.writestr(name, content)
    return copy


def index_of(path: Path) -> dict[str, object]:
    with zipfile.ZipFile(path) as archive:
        index: dict[str, object] = json.loads(archive.read("index.json"))
    return index


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 2}, "expected a pack of version 1, found version 2; pack it again"),
        ({"format": "other"}, "the index of the pack does not fit at format"),
        ({"pictures": [{"name": "a"}]}, r"the index of the pack does not fit at pictures\.0\.source"),
        ({"pictures": []}, r"the index names 0 heads, but there are points of shape \(4, 2\)"),
    ],
)
def test_index_that_does_not_fit(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    path = tmp_path / "p.pack"
    write_pack(two_sets(tmp_path), path)
    other = changed(path, "index.json", json.dumps(index_of(path) | changes).encode())
    with pytest.raises(DatasetError, match=words):
        open_pack(other)


@pytest.mark.parametrize(
    ("name", "content"),
    [("index.json", None), ("index.json", b"{"), ("points.npy", None), ("points.npy", b"no array")],
)
def test_pack_with_a_broken_entry(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = tmp_path / "p.pack"
    write_pack(two_sets(tmp_path), path)
    with pytest.raises(DatasetError, match="expected a pack of `throng data pack`, but it is broken"):
        open_pack(changed(path, name, content))


def test_pack_with_a_broken_picture(tmp_path: Path) -> None:
    path = tmp_path / "p.pack"
    write_pack(two_sets(tmp_path), path)
    for content, words in ((None, "000000.jpg is broken"), (b"x", "000000.jpg is no picture")):
        with pytest.raises(DatasetError, match=words):
            list(open_pack(changed(path, "pictures/000000.jpg", content)).pictures())


def test_what_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no such pack"):
        open_pack(tmp_path / "nowhere.pack")
    (tmp_path / "text.pack").write_text("hello")
    with pytest.raises(DatasetError, match="expected a pack"):
        open_pack(tmp_path / "text.pack")
    with pytest.raises(DatasetError, match="expected a pack"):
        open_pack(tmp_path)
