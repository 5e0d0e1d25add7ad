"""Any dataset: splits, what is mended, and what is named and left out. ShanghaiTech's layout stands for all."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.io import savemat

from throng.train.datasets import DATASETS, open_dataset, read_dataset, recognise
from throng.train.datasets.split import split_block, split_indices
from throng.train.errors import DatasetError

WIDTH, HEIGHT = 64, 48


def picture(path: Path, width: int = WIDTH, height: int = HEIGHT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shades = np.linspace(0, 255, width, dtype=np.uint8)
    assert cv2.imwrite(str(path), np.repeat(np.tile(shades, (height, 1))[:, :, None], 3, axis=2))
    return path


def labelled(root: Path, name: str, points: ArrayLike, *, part: str = "train_data") -> Path:
    label = root / part / "ground-truth" / f"GT_{name}.mat"
    label.parent.mkdir(parents=True, exist_ok=True)
    inner = np.empty((1, 1), dtype=object)
    inner[0, 0] = {"location": np.array(points, dtype=np.float64).reshape(-1, 2), "number": len(np.atleast_2d(points))}
    savemat(label, {"image_info": inner})
    return picture(root / part / "images" / f"{name}.jpg")


def many(root: Path, n: int) -> None:
    for i in range(1, n + 1):
        labelled(root, f"IMG_{i}", [[i, i]])


def test_points_count_from_0(tmp_path: Path) -> None:
    labelled(tmp_path, "IMG_1", [[1.0, 1.0], [64.0, 48.0], [10.5, 20.25]])
    (record,) = open_dataset("shanghaitech", tmp_path).records
    np.testing.assert_allclose(record.points, [[0.0, 0.0], [63.0, 47.0], [9.5, 19.25]])
    assert (record.name, record.source, record.roi(), record.perspective()) == ("IMG_1", "shanghaitech", None, None)
    assert record.image().shape == (HEIGHT, WIDTH, 3)


def test_splits_of_the_training_pictures_are_disjoint_and_fixed(tmp_path: Path) -> None:
    many(tmp_path, 20)
    names = {
        split: [r.name for r in open_dataset("shanghaitech", tmp_path, split).records] for split in ("train", "val")
    }
    everything = [r.name for r in open_dataset("shanghaitech", tmp_path).records]
    assert everything == sorted(f"IMG_{i}" for i in range(1, 21))
    assert sorted(names["train"] + names["val"]) == everything
    held_out = sorted(np.random.default_rng(0).permutation(20)[:2])
    assert names["val"] == [everything[i] for i in held_out]


def test_split_does_not_move_when_a_file_breaks(tmp_path: Path) -> None:
    many(tmp_path, 20)
    before = {record.name for record in open_dataset("shanghaitech", tmp_path, "val").records}
    train = open_dataset("shanghaitech", tmp_path, "train").records
    train[0].path.write_bytes(b"")
    assert {record.name for record in open_dataset("shanghaitech", tmp_path, "val").records} == before
    assert len(open_dataset("shanghaitech", tmp_path, "train")) == len(train) - 1


@pytest.mark.parametrize("n", [0, 1, 4, 5, 299, 400])
def test_tenth_is_kept_back(n: int) -> None:
    for split in (split_indices, split_block):
        train, val = split(n)
        assert len(val) == round(n / 10)
        assert sorted([*train, *val]) == list(range(n))


def test_block_has_no_gaps() -> None:
    _, val = split_block(800)
    assert np.array_equal(np.diff(val), np.ones(79))


def test_test_pictures_keep_apart_from_those_of_training(tmp_path: Path) -> None:
    labelled(tmp_path, "IMG_1", [[5, 5]])
    labelled(tmp_path, "IMG_1", [[5, 5], [6, 6]], part="test_data")
    assert [(r.name, len(r.points)) for r in open_dataset("shanghaitech", tmp_path).records] == [
        ("IMG_1", 1),
        ("test/IMG_1", 2),
    ]
    assert [r.name for r in open_dataset("shanghaitech", tmp_path, "test").records] == ["test/IMG_1"]


def test_points_outside_are_clipped_and_repeated_ones_dropped(tmp_path: Path) -> None:
    heads = [[0.2, 5.0], [65.2, 20.0], [10.0, 10.0], [10.0, 10.0], [10.0, 11.0]]
    labelled(tmp_path, "IMG_1", heads)
    reading = read_dataset("shanghaitech", tmp_path)
    assert (reading.clipped, reading.duplicates) == (2, 1)
    np.testing.assert_allclose(reading.dataset.records[0].points, [[0, 4], [63, 19], [9, 9], [9, 10]])


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([[x, y] for y in range(50, 64) for x in (5, 20)], "fit only|would not with x and y exchanged"),
        ([[500, 500]] * 5, "100 % of the points lie outside the picture of 64×48"),
        ([[np.nan, 5]], "a point is not a number"),
    ],
)
def test_points_of_another_picture_are_not_used(tmp_path: Path, points: ArrayLike, words: str) -> None:
    path = labelled(tmp_path, "IMG_1", points)
    labelled(tmp_path, "IMG_2", [[5, 5]])
    dataset = open_dataset("shanghaitech", tmp_path)
    assert [record.name for record in dataset.records] == ["IMG_2"]
    (skipped,) = dataset.skipped
    assert skipped.path == path
    assert skipped.reason.startswith(str(path))
    assert any(word in skipped.reason for word in words.split("|"))


def test_dataset_with_x_and_y_swapped_throughout_is_refused(tmp_path: Path) -> None:
    for i in range(6):
        labelled(tmp_path, f"IMG_{i}", [[10, y] for y in range(1, 64)])
    for i in range(6, 12):
        labelled(tmp_path, f"IMG_{i}", [[10, y] for y in range(1, 40)])
    with pytest.raises(DatasetError, match="in 6 of 12 pictures the points fit only with x and y exchanged"):
        open_dataset("shanghaitech", tmp_path)


def test_files_without_counterpart_are_named(tmp_path: Path) -> None:
    many(tmp_path, 2)
    (tmp_path / "train_data/images/IMG_1.jpg").unlink()
    lonely = picture(tmp_path / "train_data/images/IMG_9.jpg")
    dataset = open_dataset("shanghaitech", tmp_path)
    assert [record.name for record in dataset.records] == ["IMG_2"]
    assert {skip.path: skip.reason.rpartition(": ")[2] for skip in dataset.skipped} == {
        lonely: "the picture has no labels",
        tmp_path / "train_data/ground-truth/GT_IMG_1.mat": "the labels have no picture IMG_1",
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected a MATLAB file, but it is broken"),
        (
            b"not a matlab file at all, but long enough to hold a header of one hundred and twenty-eight bytes" * 3,
            "broken",
        ),
    ],
)
def test_broken_labels_are_named(tmp_path: Path, content: bytes, words: str) -> None:
    many(tmp_path, 2)
    label = tmp_path / "train_data/ground-truth/GT_IMG_1.mat"
    label.write_bytes(content)
    (skipped,) = open_dataset("shanghaitech", tmp_path).skipped
    assert skipped.reason.startswith(str(label))
    assert words in skipped.reason


def test_cut_off_labels_are_named(tmp_path: Path) -> None:
    many(tmp_path, 2)
    label = tmp_path / "train_data/ground-truth/GT_IMG_2.mat"
    label.write_bytes(label.read_bytes()[:-40])
    dataset = open_dataset("shanghaitech", tmp_path)
    assert (len(dataset), len(dataset.skipped)) == (1, 1)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"other": 1}, "expected the variable 'image_info', found other"),
        ({"image_info": np.zeros((3, 3))}, "expected the points in image_info.location"),
    ],
)
def test_labels_of_another_kind_are_named(tmp_path: Path, variables: dict[str, object], words: str) -> None:
    many(tmp_path, 1)
    savemat(tmp_path / "train_data/ground-truth/GT_IMG_1.mat", variables)
    (skipped,) = open_dataset("shanghaitech", tmp_path).skipped
    assert words in skipped.reason


def test_wrong_layout_says_what_was_expected_and_found(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "readme.txt").touch()
    with pytest.raises(DatasetError) as told:
        open_dataset("shanghaitech", tmp_path)
    assert str(told.value) == (
        f"{tmp_path}: not laid out as shanghaitech: expected train_data or test_data, each with images/IMG_n.jpg and "
        "ground-truth/GT_IMG_n.mat (of one part, A or B); found pictures/, readme.txt"
    )


def test_folder_above_or_below_is_pointed_out(tmp_path: Path) -> None:
    labelled(tmp_path / "part_A", "IMG_1", [[5, 5]])
    labelled(tmp_path / "part_B", "IMG_1", [[5, 5]])
    for open_it in (recognise, lambda root: open_dataset("shanghaitech", root)):
        with pytest.raises(DatasetError, match=r"choose one of its parts: .*part_A, .*part_B$"):
            open_it(tmp_path)
        with pytest.raises(DatasetError, match=f"choose the folder above: {tmp_path}/part_A$"):
            open_it(tmp_path / "part_A" / "train_data")


@pytest.mark.parametrize(
    ("name", "split", "words"),
    [
        ("shanghaitec", "all", "unknown dataset 'shanghaitec'; did you mean 'shanghaitech'"),
        ("shanghaitech", "training", "unknown split 'training'; expected one of: train, val, test, all"),
        ("shanghaitech", "test", "shanghaitech has no test pictures here"),
    ],
)
def test_wrong_name_or_split(tmp_path: Path, name: str, split: str, words: str) -> None:
    many(tmp_path, 1)
    with pytest.raises(DatasetError, match=words):
        open_dataset(name, tmp_path, split)


@pytest.mark.parametrize("name", DATASETS)
def test_folder_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="found no such folder"):
        open_dataset(name, tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="found an empty folder"):
        open_dataset(name, tmp_path)


def test_progress_is_told(tmp_path: Path) -> None:
    many(tmp_path, 3)
    told: list[tuple[int, int]] = []
    open_dataset("shanghaitech", tmp_path, told=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]
