"""Packs: what goes in comes out as a dataset, and what is no pack is refused."""

import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from throng.core.points import image_points
from throng.train.datasets import open_dataset, recognise
from throng.train.datasets.reading import Reading
from throng.train.errors import DatasetError
from throng.train.pack import open_pack
from throng.train.pack_writer import write_pack
from throng.train.record import Dataset, Record
from throng.train.summary import summarise

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


def packed(path: Path, *records: Record, split: str = "all") -> Dataset:
    write_pack({"x": Dataset("test", split, records)}, path)
    return open_dataset("pack", path)


def test_pictures_come_back(tmp_path: Path) -> None:
    datasets = two_sets(tmp_path)
    told: list[tuple[int, int]] = []
    report = write_pack(datasets, tmp_path / "p.pack", told=lambda done, of: told.append((done, of)))
    assert (report.pictures, report.people, report.skipped) == (4, 4, ())
    assert report.size_bytes == (tmp_path / "p.pack").stat().st_size
    assert told[-1] == (4, 4)
    dataset = open_dataset("pack", tmp_path / "p.pack")
    assert (dataset.name, dataset.split, dataset.skipped) == ("pack", "all", ())
    sources = [(label, dataset.split, r) for label, dataset in datasets.items() for r in dataset.records]
    for found, (label, split, original) in zip(dataset.records, sources, strict=True):
        assert (found.name, found.source, found.split) == (f"{label}/{original.name}", label, split)
        # The published JPEG is smaller than one of quality 92 and is kept as it is.
        assert found.content() == original.content()
        np.testing.assert_array_equal(found.image(), original.image())
        np.testing.assert_allclose(found.points, original.points)
        region, of_found = original.roi(), found.roi()
        assert (of_found is None) == (region is None)
        if region is not None:
            assert of_found is not None
            np.testing.assert_array_equal(of_found, region)


def test_each_split_has_its_pictures(tmp_path: Path) -> None:
    path = tmp_path / "p.pack"
    write_pack(two_sets(tmp_path), path)
    assert recognise(path) == "pack"
    assert [r.name for r in open_dataset("pack", path, "train").records] == ["test A/a", "test A/b"]
    assert [r.name for r in open_dataset("pack", path, "val").records] == ["test B/a2", "test B/c"]
    with pytest.raises(DatasetError, match="this pack has no test pictures, only those of: train, val"):
        open_dataset("pack", path, "test")


def test_pictures_of_all_splits_keep_theirs(tmp_path: Path) -> None:
    rows = ["image,x,y,split"]
    for n in range(20):
        record(tmp_path, f"p{n:02}", [])
        rows.append(f"p{n:02}.jpg,{n},{n},{'test' if n < 5 else ''}")
    (tmp_path / "points.csv").write_text("\n".join(rows))
    path = tmp_path / "p.pack"
    write_pack({"own": open_dataset("points", tmp_path)}, path)
    for split in ("train", "val", "test", "all"):
        original, found = open_dataset("points", tmp_path, split), open_dataset("pack", path, split)
        assert [r.name for r in found.records] == [r.name for r in original.records]
        assert [r.points.tolist() for r in found.records] == [r.points.tolist() for r in original.records]
    assert {r.split for r in open_dataset("pack", path).records} == {"train", "val", "test"}


def test_without_validation_pictures_a_block_of_each_source_is_kept_back(tmp_path: Path) -> None:
    sets = {
        label: Dataset("test", "train", tuple(record(tmp_path, f"{label}{n:02}", []) for n in range(pictures)))
        for label, pictures in (("a", 30), ("b", 10))
    }
    path = tmp_path / "p.pack"
    write_pack(sets, path)
    train, val = ([r.name for r in open_dataset("pack", path, split).records] for split in ("train", "val"))
    assert (len(train), len(val)) == (36, 4)
    assert not set(train) & set(val)
    numbers = [int(name[-2:]) for name in val if name.startswith("a/")]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert {r.source for r in open_dataset("pack", path, "val").records} == {"a", "b"}


def test_pack_of_packs(tmp_path: Path) -> None:
    first = tmp_path / "first.pack"
    write_pack(two_sets(tmp_path), first)
    other = Dataset("test", "test", (record(tmp_path, "z", [[3, 3]]),))
    write_pack({"pack first": open_dataset("pack", first), "other": other}, tmp_path / "second.pack")
    first.unlink()
    found = open_dataset("pack", tmp_path / "second.pack")
    assert [r.split for r in found.records] == ["test", "train", "train", "val", "val"]
    assert found.records[0].name == "other/z"
    assert found.records[-1].name == "pack first/test B/c"
    region = found.records[-1].roi()
    assert region is not None
    np.testing.assert_array_equal(region, REGION)


def test_records_can_be_read_from_many_threads(tmp_path: Path) -> None:
    originals = [record(tmp_path, f"{n:02}", [[1, 1]] * n, region=True) for n in range(24)]
    dataset = packed(tmp_path / "p.pack", *originals)
    with ThreadPoolExecutor(max_workers=8) as pool:
        for original, (image, region) in zip(
            originals * 4, pool.map(lambda r: (r.image(), r.roi()), dataset.records * 4), strict=True
        ):
            np.testing.assert_array_equal(image, original.image())
            np.testing.assert_array_equal(region, REGION)


def test_several_sources_are_loaded_as_one(tmp_path: Path, pytorch: None) -> None:
    import torch

    from throng.train.pictures import load_pictures

    path = tmp_path / "p.pack"
    write_pack(two_sets(tmp_path), path)
    pictures = load_pictures(open_dataset("pack", path), longest_px=None, device=torch.device("cpu"))
    assert [picture.name for picture in pictures] == ["test A/a", "test A/b", "test B/a2", "test B/c"]
    assert [len(picture.points) for picture in pictures] == [2, 0, 1, 1]
    assert pictures[2].image[:, 160:].max() == 0, "what lies outside the region is black"
    assert pictures[0].image[:, 160:].max() > 100


def test_pack_is_summed_up_like_any_dataset(tmp_path: Path) -> None:
    originals = record(tmp_path, "a", [[1, 1], [300, 5]], region=True), record(tmp_path, "b", [])
    dataset = packed(tmp_path / "p.pack", *originals)
    summary = summarise(Reading(dataset, 0, 0))
    assert summary.people.tolist() == [2, 0]
    assert summary.sizes_px.tolist() == [list(SIZE)] * 2
    assert (summary.regions, summary.outside_region) == (1, 1)
    assert summary.dataset.skipped == ()


def test_region_of_one_camera_is_kept_once(tmp_path: Path) -> None:
    write_pack(two_sets(tmp_path), tmp_path / "p.pack")
    with zipfile.ZipFile(tmp_path / "p.pack") as archive:
        assert sum(name.startswith("regions/") for name in archive.namelist()) == 1


def test_large_pictures_are_shrunk_with_their_points(tmp_path: Path) -> None:
    path = tmp_path / "p.pack"
    write_pack(two_sets(tmp_path), path, longest_px=80)
    first, *_, last = open_dataset("pack", path).records
    assert first.image().shape == (50, 80, 3)
    np.testing.assert_allclose(first.points, [[0, 0], [79, 49]])
    np.testing.assert_allclose(last.points, [[10.75 / 4 - 0.5, 20.5 / 4 - 0.5]])
    region = last.roi()
    assert region is not None
    assert region.shape == (50, 80)
    assert region[:, :40].all()
    assert not region[:, 40:].any()


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
    (found,) = open_dataset("pack", tmp_path / "p.pack").records
    assert (found.name, found.points.tolist()) == ("good", [[1, 1]])


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
    _, small = cv2.imencode(".jpg", np.zeros((20, 30, 3), dtype=np.uint8))
    for content, words in (
        (None, "000000.jpg is broken"),
        (b"x", "000000.jpg: expected a picture"),
        (small.tobytes(), "000000.jpg: expected 320×200 pixels, found 30×20; pack the datasets again"),
    ):
        broken = open_dataset("pack", changed(path, "pictures/000000.jpg", content))
        with pytest.raises(DatasetError, match=words):
            broken.records[0].image()
        assert broken.records[1].image().shape == (200, 320, 3)


def test_pack_with_a_broken_region(tmp_path: Path) -> None:
    path = tmp_path / "p.pack"
    write_pack(two_sets(tmp_path), path)
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if name.startswith("regions/"))
    _, small = cv2.imencode(".png", np.zeros((20, 30), dtype=np.uint8))
    for content in (b"", b"x", small.tobytes()):
        record_ = open_dataset("pack", changed(path, name, content)).records[-1]
        with pytest.raises(DatasetError, match=r"regions/.*: expected a picture of 320×200 pixels"):
            record_.roi()


def test_what_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no such pack"):
        open_pack(tmp_path / "nowhere.pack")
    (tmp_path / "text.pack").write_text("hello")
    with pytest.raises(DatasetError, match="expected a pack"):
        open_pack(tmp_path / "text.pack")
    with pytest.raises(DatasetError, match="expected a pack"):
        open_pack(tmp_path)
    for name, found in (("nowhere.pack", "no such folder"), ("text.pack", "a file"), (".", "text.pack")):
        with pytest.raises(DatasetError, match=f"not laid out as pack: expected a file that .* found {found}"):
            open_dataset("pack", tmp_path / name)
    with pytest.raises(DatasetError, match="the folder of a dataset, or a file of `throng data pack`; found a file"):
        recognise(tmp_path / "text.pack")


@pytest.mark.shared
def test_real_dataset_is_the_same_packed(tmp_path: Path, shared_dir: Path) -> None:
    folder = shared_dir / "data/ucf_cc_50"
    path = tmp_path / "p.pack"
    write_pack({"ucf_cc_50": open_dataset("ucf_cc_50", folder)}, path, longest_px=None)
    for split, pictures in (("train", 36), ("val", 4), ("test", 10)):
        original, found = open_dataset("ucf_cc_50", folder, split), open_dataset("pack", path, split)
        assert len(found) == pictures
        for one, other in zip(original.records, found.records, strict=True):
            assert one.name == other.name
            np.testing.assert_allclose(other.points, one.points, atol=1e-3)
            assert other.image().shape == one.image().shape
