"""Each publisher's layout on a small copy of it."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy.io import savemat

from throng.train.datasets import DATASETS, open_dataset, recognise
from throng.train.errors import DatasetError
from throng.train.record import Dataset

SIZE = (64, 48)


def picture(path: Path, size: tuple[int, int] = SIZE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((size[1], size[0], 3), 90, dtype=np.uint8))
    return path


def mat(path: Path, **variables: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, variables)
    return path


def text(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def cells(*values: object) -> NDArray[np.object_]:
    row = np.empty((1, len(values)), dtype=object)
    row[0, :] = values
    return row


def points_of(dataset: Dataset) -> dict[str, list[list[float]]]:
    return {record.name: record.points.tolist() for record in dataset.records}


def reasons(dataset: Dataset) -> str:
    return "\n".join(skip.reason for skip in dataset.skipped)


def ucf_cc_50(root: Path) -> None:
    for n in range(1, 11):
        picture(root / f"{n}.jpg")
        mat(root / f"{n}_ann.mat", annPoints=[[n, 2.0]])


def ucf_qnrf(root: Path) -> None:
    for part, n in (("Train", 1), ("Train", 2), ("Test", 1)):
        picture(root / part / f"img_{n:04d}.jpg")
        mat(root / part / f"img_{n:04d}_ann.mat", annPoints=[[3.5, 4.0], [10, 20]])


def mall(root: Path, frames: int = 3) -> None:
    for n in range(1, frames + 1):
        picture(root / "frames" / f"seq_{n:06d}.jpg")
    mask = np.zeros((SIZE[1], SIZE[0]), dtype=np.uint8)
    mask[10:] = 1
    mat(root / "mall_gt.mat", frame=cells(*({"loc": np.array([[n, 2.0]])} for n in range(1, frames + 1))))
    mat(root / "perspective_roi.mat", roi={"mask": mask}, pMapN=np.ones((SIZE[1], SIZE[0])))


def ucsd_labels(folder: Path, clip: str, frames: int) -> None:
    loc = [{"loc": np.array([[f, 2.0, f]]), "id": np.array([[1]])} for f in range(1, frames + 1)]
    mat(folder / f"vidf1_33_{clip}_frame_full.mat", frame=cells(*loc))
    mask = np.zeros((158, 238), dtype=np.uint8)
    mask[:79] = 1
    mat(folder / "vidf1_33_roi_mainwalkway.mat", roi={"mask": mask})


def ucsd(root: Path) -> None:
    for part, clips in (("train_data", ("003", "004")), ("test_data", ("000",))):
        for clip in clips:
            ucsd_labels(root / part / "ground_truth", clip, 12)
        for n in range(1, 12 * len(clips) + 1):
            picture(root / part / "images" / f"IMG_{n}.jpg", (240, 160))


def worldexpo(root: Path) -> None:
    for part, frame in (("train", "100_1"), ("train", "100_2"), ("test", "104207/104207_1")):
        scene = Path(frame).name.partition("_")[0]
        picture(root / f"{part}_frame" / f"{frame}.jpg")
        labels = root / f"{part}_label" / scene
        mat(labels / f"{Path(frame).name}.mat", point_position=[[5.0, 6.0], [60, 40]])
        corners = {
            "maskVerticesXCoordinates": [[1], [32], [32], [1]],
            "maskVerticesYCoordinates": [[1], [1], [48], [48]],
        }
        mat(labels / "roi.mat", **corners)
        mat(root / f"{part}_perspective" / f"{scene}.mat", pMap=np.full((SIZE[1], SIZE[0]), 25.0))


def jhu(root: Path) -> None:
    for part, name in (("train", "0001"), ("train", "0002"), ("val", "0003"), ("test", "0004")):
        picture(root / part / "images" / f"{name}.jpg")
        text(root / part / "gt" / f"{name}.txt", "10 20 6 8 1 0\n30 40 6 8 2 1\n" if name != "0002" else "")


def nwpu(root: Path) -> None:
    for name in ("0001", "0002", "3110"):
        picture(root / "images" / f"{name}.jpg")
        text(root / "jsons" / f"{name}.json", json.dumps({"img_id": name, "human_num": 1, "points": [[7.5, 8]]}))
    picture(root / "images" / "3610.jpg")
    text(root / "train.txt", "0001 1 0\n0002 0 1\n")
    text(root / "val.txt", "3110 2 0\n")
    text(root / "test.txt", "3610 2 0\n")


def person(head: list[int], **more: object) -> dict[str, object]:
    return {"tag": "person", "hbox": head, "fbox": head, "vbox": head, **more}


def crowdhuman(root: Path) -> None:
    boxes = [
        person([10, 10, 5, 7]),
        person([20, 10, 5, 7], head_attr={"ignore": 1}),
        {
            "tag": "mask",
            "hbox": [40, 20, 5, 5],
            "fbox": [40, 20, 20, 40],
            "vbox": [40, 20, 5, 5],
            "extra": {"ignore": 1},
        },
    ]
    for part, name in (("train", "a,1"), ("val", "b,2")):
        picture(root / "Images" / f"{name}.jpg")
        text(root / f"annotation_{part}.odgt", json.dumps({"ID": name, "gtboxes": boxes}) + "\n")


def cvat(root: Path) -> None:
    picture(root / "images" / "hall" / "a.jpg")
    picture(root / "images" / "b.png")
    text(
        root / "annotations.xml",
        """<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><meta/>
        <image id="0" name="hall/a.jpg" subset="Train" width="64" height="48">
          <points label="head" points="5.5,6.5;10.5,20.5"/><points label="head" points="30.50,40.50"/>
          <polygon label="roi" points="0,0;32,0;32,48;0,48"/>
        </image><image id="1" name="b.png" subset="Test" width="64" height="48"/></annotations>""",
    )


def points_csv(root: Path) -> None:
    picture(root / "gate.jpg")
    picture(root / "images" / "empty.jpg")
    text(root / "points.csv", "image, x, y, split\ngate.jpg,5,6,train\ngate.jpg,7.5,8,train\nempty.jpg,,,test\n")


WRITERS: dict[str, Callable[[Path], None]] = {
    "ucf_cc_50": ucf_cc_50,
    "ucf-qnrf": ucf_qnrf,
    "mall": mall,
    "ucsd": ucsd,
    "worldexpo10": worldexpo,
    "jhu-crowd++": jhu,
    "nwpu-crowd": nwpu,
    "crowdhuman": crowdhuman,
    "cvat": cvat,
    "points": points_csv,
}


@pytest.mark.parametrize("name", WRITERS)
def test_layout_is_recognised_and_complete(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path)
    assert recognise(tmp_path) == name
    dataset = open_dataset(name, tmp_path)
    assert dataset.skipped == ()
    assert {record.source for record in dataset.records} == {name}
    assert all(record.image().shape[2] == 3 for record in dataset.records)
    for other in set(DATASETS) - {name}:
        with pytest.raises(DatasetError, match="not laid out as"):
            open_dataset(other, tmp_path)


def test_ucf_cc_50_folds_share_all_pictures(tmp_path: Path) -> None:
    ucf_cc_50(tmp_path)
    everything = points_of(open_dataset("ucf_cc_50", tmp_path))
    assert everything.pop("3") == [[2, 1]]
    tests: list[str] = []
    for fold in range(1, 6):
        name = f"ucf_cc_50-fold{fold}"
        parts = {
            split: [r.name for r in open_dataset(name, tmp_path, split).records] for split in ("train", "val", "test")
        }
        assert {split: len(names) for split, names in parts.items()} == {"train": 7, "val": 1, "test": 2}
        assert len({name for names in parts.values() for name in names}) == 10
        tests += parts["test"]
    assert len(set(tests)) == 10


def test_ucf_qnrf(tmp_path: Path) -> None:
    ucf_qnrf(tmp_path)
    assert points_of(open_dataset("ucf-qnrf", tmp_path, "test")) == {"test/img_0001": [[2.5, 3], [9, 19]]}
    assert list(points_of(open_dataset("ucf-qnrf", tmp_path, "train"))) == ["img_0001", "img_0002"]


def test_mall(tmp_path: Path) -> None:
    mall(tmp_path)
    dataset = open_dataset("mall", tmp_path)
    assert points_of(dataset)["seq_000002"] == [[1, 1]]
    region = dataset.records[0].roi()
    assert region is not None
    assert region.shape == (48, 64)
    assert not region[9].any()
    assert region[10].all()


def test_mall_parts_and_counterparts(tmp_path: Path) -> None:
    mall(tmp_path, frames=1)
    mat(tmp_path / "mall_gt.mat", frame=cells(*({"loc": np.array([[1.0, 2.0]])} for _ in range(802))))
    for n in (799, 800, 801, 802, 900):
        picture(tmp_path / "frames" / f"seq_{n:06d}.jpg")
    picture(tmp_path / "frames" / "cover.jpg")
    assert list(points_of(open_dataset("mall", tmp_path, "test"))) == ["seq_000801", "seq_000802"]
    dataset = open_dataset("mall", tmp_path)
    assert len(dataset.skipped) == 2 + 797
    assert "seq_000900.jpg: the picture has no labels: mall_gt.mat holds frames 1 to 802" in reasons(dataset)
    assert "cover.jpg: the picture has no labels" in reasons(dataset)
    assert "the labels of frame 2 have no picture frames/seq_000002.jpg" in reasons(dataset)


def test_ucsd_repacked(tmp_path: Path) -> None:
    ucsd(tmp_path)
    dataset = open_dataset("ucsd", tmp_path)
    assert len(dataset) == 36
    by_name = {record.name: record for record in dataset.records}
    last = by_name["vidf1_33_004_f012"]
    assert last.path.name == "IMG_24.jpg"
    np.testing.assert_allclose(last.points, [[11.5 * 240 / 238 - 0.5, 1.5 * 160 / 158 - 0.5]])
    region = last.roi()
    assert region is not None
    assert region.shape == (160, 240)
    assert region[79].all()
    assert not region[81].any()
    assert last.perspective() is None


def test_ucsd_keeps_a_block_back(tmp_path: Path) -> None:
    ucsd(tmp_path)
    val = [record.path.name for record in open_dataset("ucsd", tmp_path, "val").records]
    numbers = [int(name.removeprefix("IMG_").removesuffix(".jpg")) for name in val]
    assert len(numbers) == 2
    assert numbers[1] == numbers[0] + 1
    assert len(open_dataset("ucsd", tmp_path, "train")) == 22


def test_ucsd_with_a_picture_missing_is_refused(tmp_path: Path) -> None:
    ucsd(tmp_path)
    (tmp_path / "train_data/images/IMG_5.jpg").unlink()
    with pytest.raises(DatasetError, match="expected 24 pictures, one for each frame of the 2 label files, found 23"):
        open_dataset("ucsd", tmp_path)


def test_ucsd_as_published(tmp_path: Path) -> None:
    for clip in ("000", "003"):
        ucsd_labels(tmp_path / "vidf-cvpr", clip, 3)
        for f in (1, 3, 4):
            picture(tmp_path / "vidf" / f"vidf1_33_{clip}.y" / f"vidf1_33_{clip}_f{f:03d}.png", (238, 158))
    dataset = open_dataset("ucsd", tmp_path)
    assert points_of(dataset) == {f"vidf1_33_{clip}_f{f:03d}": [[f - 1, 1]] for clip in ("000", "003") for f in (1, 3)}
    assert len(dataset.skipped) == 4
    assert "vidf1_33_003_f004.png: the picture has no labels in vidf1_33_003_frame_full.mat" in reasons(dataset)
    assert "the labels of frame 2 have no picture" in reasons(dataset)


def test_worldexpo(tmp_path: Path) -> None:
    worldexpo(tmp_path)
    dataset = open_dataset("worldexpo10", tmp_path)
    assert points_of(dataset)["104207_1"] == [[4, 5], [59, 39]]
    region, px_per_m = dataset.records[0].roi(), dataset.records[0].perspective()
    assert region is not None
    assert region[:, :32].all()
    assert not region[:, 32:].any()
    assert px_per_m is not None
    assert (px_per_m.shape, float(px_per_m[0, 0])) == ((48, 64), 25)


@pytest.mark.parametrize(
    ("corners", "words"),
    [([[1], [2]], "expected a region of at least three corners, found 2"), (None, "the labels cannot be read")],
)
def test_worldexpo_without_its_region(tmp_path: Path, corners: ArrayLike | None, words: str) -> None:
    worldexpo(tmp_path)
    roi = tmp_path / "train_label/100/roi.mat"
    roi.unlink()
    if corners is not None:
        mat(roi, maskVerticesXCoordinates=corners, maskVerticesYCoordinates=corners)
    dataset = open_dataset("worldexpo10", tmp_path)
    assert [record.name for record in dataset.records] == ["104207_1"]
    assert words in reasons(dataset)


def test_jhu_has_its_own_validation_pictures(tmp_path: Path) -> None:
    jhu(tmp_path)
    assert points_of(open_dataset("jhu-crowd++", tmp_path, "val")) == {"0003": [[10, 20], [30, 40]]}
    assert points_of(open_dataset("jhu-crowd++", tmp_path, "train")) == {"0001": [[10, 20], [30, 40]], "0002": []}


def test_jhu_line_that_is_no_head(tmp_path: Path) -> None:
    jhu(tmp_path)
    text(tmp_path / "train/gt/0001.txt", "10 20 6 8 1 0\nten 20\n")
    assert "0001.txt, line 2: expected a head as numbers x y w h o b, found 'ten 20'" in reasons(
        open_dataset("jhu-crowd++", tmp_path)
    )


def test_nwpu(tmp_path: Path) -> None:
    nwpu(tmp_path)
    assert points_of(open_dataset("nwpu-crowd", tmp_path)) == {name: [[7.5, 8]] for name in ("0001", "0002", "3110")}
    with pytest.raises(DatasetError, match="no test pictures with labels: its publisher keeps them; use val"):
        open_dataset("nwpu-crowd", tmp_path, "test")


def test_nwpu_from_matlab_files(tmp_path: Path) -> None:
    nwpu(tmp_path)
    for path in (tmp_path / "jsons").iterdir():
        mat(tmp_path / "mats" / f"{path.stem}.mat", annPoints=[[8.5, 9]])
        path.unlink()
    (tmp_path / "jsons").rmdir()
    (tmp_path / "images").rename(tmp_path / "images_part1")
    assert points_of(open_dataset("nwpu-crowd", tmp_path, "val")) == {"3110": [[7.5, 8]]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "expected JSON, but it is broken"),
        ("[]", "expected an object with the list 'points'"),
        ('{"points": [[1]]}', "expected 'points' as pairs"),
        ('{"points": [["a", "b"]]}', "expected 'points' as pairs"),
    ],
)
def test_nwpu_labels_that_are_broken(tmp_path: Path, content: str, words: str) -> None:
    nwpu(tmp_path)
    text(tmp_path / "jsons/0001.json", content)
    (tmp_path / "jsons/0002.json").unlink()
    (tmp_path / "images/3110.jpg").unlink()
    dataset = open_dataset("nwpu-crowd", tmp_path)
    assert len(dataset.skipped) == 3
    assert words in reasons(dataset)
    assert "0002.jpg: the picture has no labels jsons/0002.json" in reasons(dataset)
    assert "3110.json: the labels have no picture images/3110.jpg" in reasons(dataset)


def test_crowdhuman_heads_and_ignored_crowds(tmp_path: Path) -> None:
    crowdhuman(tmp_path)
    dataset = open_dataset("crowdhuman", tmp_path, "train")
    assert points_of(dataset) == {"a,1": [[12, 13]]}
    region = dataset.records[0].roi()
    assert region is not None
    assert not region[20:, 40:60].any()
    assert region[:20].all()
    assert region[:, 60:].all()
    assert list(points_of(open_dataset("crowdhuman", tmp_path, "val"))) == ["b,2"]


def test_crowdhuman_lines_that_are_broken(tmp_path: Path) -> None:
    crowdhuman(tmp_path)
    broken = ["{", '{"ID": "x", "gtboxes": []}', '{"ID": "a,1", "gtboxes": [{"tag": "person", "hbox": [1]}]}', "[]"]
    text(tmp_path / "annotation_train.odgt", "\n".join(broken))
    picture(tmp_path / "Images/stranger.jpg")
    dataset = open_dataset("crowdhuman", tmp_path, "train")
    assert len(dataset) == 0
    told = reasons(dataset)
    for words in (
        "line 1: expected JSON",
        "line 2: the labels have no picture Images/x.jpg",
        "line 3: expected hbox as [x, y, width, height]",
        "line 4: expected a picture with ID and gtboxes",
        "stranger.jpg: the picture has no labels",
    ):
        assert words in told


def test_cvat(tmp_path: Path) -> None:
    cvat(tmp_path)
    dataset = open_dataset("cvat", tmp_path)
    assert points_of(dataset) == {"hall/a": [[5, 6], [10, 20], [30, 40]], "b": []}
    region = dataset.records[1].roi()
    assert region is not None
    assert region[:, :31].all()
    assert not region[:, 33:].any()
    assert dataset.records[0].roi() is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<annotations>", "expected XML, but it is broken"),
        ("<other/>", "expected the format 'CVAT for images 1.1', found 'other'"),
        ("<annotations><track id='0'/></annotations>", "found tracks of a video; export the task in that format"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>', "expected XML, but it is broken"),
    ],
)
def test_cvat_file_of_another_kind(tmp_path: Path, content: str, words: str) -> None:
    text(tmp_path / "annotations.xml", content)
    with pytest.raises(DatasetError, match=words):
        open_dataset("cvat", tmp_path)


def test_cvat_images_that_cannot_be_used(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        picture(tmp_path / f"{name}.jpg")
    text(
        tmp_path / "annotations.xml",
        """<annotations><image name="a.jpg" width="128" height="96"><points points="1,2"/></image>
        <image name="b.jpg"><points points="1,2;3"/></image><image name="gone.jpg"/></annotations>""",
    )
    told = reasons(open_dataset("cvat", tmp_path))
    assert "image 'a.jpg': labelled on 128×96 pixels, but the picture has 64×48" in told
    assert "image 'b.jpg': expected points as 'x,y;x,y'" in told
    assert "image 'gone.jpg': there is no picture gone.jpg" in told
    assert "c.jpg: the picture has no labels" in told


def test_points_in_csv(tmp_path: Path) -> None:
    points_csv(tmp_path)
    assert points_of(open_dataset("points", tmp_path)) == {"gate": [[5, 6], [7.5, 8]], "empty": []}


def test_points_in_json(tmp_path: Path) -> None:
    picture(tmp_path / "a/gate.jpg")
    images = [{"image": "a/gate.jpg", "points": [[5, 6]], "split": "valid"}, {"image": "gone.jpg", "points": []}, 7]
    text(tmp_path / "points.json", json.dumps({"images": images}))
    dataset = open_dataset("points", tmp_path)
    assert points_of(dataset) == {"a/gate": [[5, 6]]}
    assert "image 2, gone.jpg: there is no picture gone.jpg" in reasons(dataset)
    assert "image 3: expected an object with 'image' and 'points'" in reasons(dataset)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "picture,x,y\n",
            "expected the columns image, x, y and, .*, split in the first line, found picture, x, y",
        ),
        ("", "found nothing"),
        ("image,x,y,split\na.jpg,1,2,holdout\n", "unknown split 'holdout'"),
    ],
)
def test_csv_of_another_kind(tmp_path: Path, content: str, words: str) -> None:
    text(tmp_path / "points.csv", content)
    with pytest.raises(DatasetError, match=words):
        open_dataset("points", tmp_path)


def test_csv_lines_that_are_broken(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        picture(tmp_path / f"{name}.jpg")
    text(tmp_path / "points.csv", "image,x,y,split\na.jpg,1,two,\nb.jpg,1,1,train\nb.jpg,1,2,test\nc.jpg,3,4,\n")
    dataset = open_dataset("points", tmp_path)
    assert points_of(dataset) == {"c": [[3, 4]]}
    assert "points.csv, line 2: expected x and y as numbers, found '1' and 'two'" in reasons(dataset)
    assert "points.csv, line 4: b.jpg is in the split 'train' and in 'test'" in reasons(dataset)


@pytest.mark.parametrize("points", [np.zeros((2, 5)), np.zeros((4, 1)), np.zeros((2, 2, 2))])
def test_points_of_another_shape(tmp_path: Path, points: NDArray[np.float64]) -> None:
    picture(tmp_path / "1.jpg")
    mat(tmp_path / "1_ann.mat", annPoints=points + 1)
    assert f"expected points of shape (N, 2), found an array of shape {points.shape}" in reasons(
        open_dataset("ucf_cc_50", tmp_path)
    )


def test_nobody_in_matlab_is_an_empty_array(tmp_path: Path) -> None:
    picture(tmp_path / "1.jpg")
    mat(tmp_path / "1_ann.mat", annPoints=np.zeros((0, 0)))
    assert points_of(open_dataset("ucf_cc_50", tmp_path)) == {"1": []}


@pytest.mark.usefixtures("pytorch")
def test_matlab_version_7_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import h5py

    picture(tmp_path / "1.jpg")
    with h5py.File(tmp_path / "1_ann.mat", "w", userblock_size=512) as file:
        file["annPoints"] = np.array([[3.0, 5, 9], [4, 6, 10]])
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    content = (tmp_path / "1_ann.mat").read_bytes()
    (tmp_path / "1_ann.mat").write_bytes(header + content[len(header) :])
    assert points_of(open_dataset("ucf_cc_50", tmp_path)) == {"1": [[2, 3], [4, 5], [8, 9]]}
    monkeypatch.setattr("throng.train.datasets.matlab.find_spec", lambda _name: None)
    assert "saved as MATLAB version 7.3; install h5py" in reasons(open_dataset("ucf_cc_50", tmp_path))
