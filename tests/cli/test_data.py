"""`throng data` as a user calls it."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from outcome import Outcome
from throng.train.datasets import open_dataset
from throng.train.datasets.picture_size import picture_size

Call = Callable[..., Outcome]


def own_pictures(folder: Path, people: int = 3) -> Path:
    """Write ten labelled pictures of the plainest layout."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = ["image,x,y"]
    for n in range(10):
        assert cv2.imwrite(str(folder / f"p{n}.jpg"), rng.integers(0, 255, (60, 80, 3), dtype=np.uint8))
        rows += [f"p{n}.jpg,{10 + 5 * head},{20 + n}" for head in range(people)]
    (folder / "points.csv").write_text("\n".join(rows))
    return folder


def test_check_sums_up_and_draws(tmp_path: Path, throng: Call) -> None:
    folder = own_pictures(tmp_path / "square")
    sheet = tmp_path / "sheet.png"
    told = throng("data", "check", folder, "--picture", sheet)
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith(f"points, all: {folder}\n")
    for words in ("10 (0 skipped)", "3.0 on average, median 3, 3 to 3", "80×60", "median 5.0 px"):
        assert words in told.out
    assert picture_size(sheet)[0] > 1000


def test_check_draws_into_the_current_folder(tmp_path: Path, throng: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = throng("data", "check", own_pictures(tmp_path / "square"), "--dataset", "points", "--split", "val")
    assert told.code == 0
    assert told.out.endswith("contact sheet: points-val.png\n")
    assert (tmp_path / "points-val.png").is_file()


def test_check_names_what_is_left_out(tmp_path: Path, throng: Call) -> None:
    folder = own_pictures(tmp_path / "square")
    (folder / "p0.jpg").write_bytes(b"")
    (folder / "p1.jpg").write_bytes((folder / "p1.jpg").read_bytes()[:-900])
    (folder / "p2.jpg").unlink()
    for n in range(10):
        (folder / f"stranger{n}.png").write_bytes(b"x")
    told = throng("data", "check", folder, "--picture", tmp_path / "s.png")
    assert told.code == 0
    assert "7 (13 skipped)" in told.out
    assert "points.csv, p2.jpg: there is no picture p2.jpg" in told.out
    assert told.out.count("skipped: ") == 10
    assert "and 3 more; --all-skipped names them all" in told.out
    everything = throng("data", "check", folder, "--picture", tmp_path / "s.png", "--all-skipped")
    assert f"skipped: {folder}/p0.jpg: expected a picture" in everything.out
    assert f"skipped: {folder}/p1.jpg: the picture is cut off" in everything.out
    assert everything.out.count("skipped: ") == 13


def test_check_without_a_usable_picture_fails(tmp_path: Path, throng: Call) -> None:
    folder = own_pictures(tmp_path / "square")
    for path in folder.glob("*.jpg"):
        path.write_bytes(b"")
    told = throng("data", "check", folder, "--picture", tmp_path / "s.png")
    assert told.code == 2
    assert "0 (10 skipped)" in told.out
    assert told.err.endswith("none of the pictures of the split 'all' can be used")


def test_pack_takes_several_folders(tmp_path: Path, throng: Call) -> None:
    folders = [own_pictures(tmp_path / "square", 3), own_pictures(tmp_path / "gate", 1)]
    qnrf = tmp_path / "qnrf" / "Train"
    qnrf.mkdir(parents=True)
    assert cv2.imwrite(str(qnrf / "img_0001.jpg"), np.zeros((300, 400, 3), dtype=np.uint8))
    savemat(qnrf / "img_0001_ann.mat", {"annPoints": [[400.0, 300]]})
    output = tmp_path / "crowds.pack"
    told = throng("data", "pack", *folders, qnrf.parent, "--output", output, "--longest", 200)
    assert (told.code, told.err) == (0, "")
    assert f"{output}: 21 pictures, 41 people" in told.out
    pictures = open_dataset("pack", output).records
    assert [record.source for record in pictures[::10]] == ["points gate", "points square", "ucf-qnrf qnrf"]
    assert pictures[-1].image().shape == (150, 200, 3)
    np.testing.assert_allclose(pictures[-1].points, [[199, 149]], atol=0.5)
    assert [record.split for record in pictures].count("val") == 2


def test_check_takes_a_pack(tmp_path: Path, throng: Call) -> None:
    folder, output, sheet = own_pictures(tmp_path / "square"), tmp_path / "square.pack", tmp_path / "sheet.png"
    assert throng("data", "pack", folder, "--split", "train", "--output", output).code == 0
    told = throng("data", "check", output, "--picture", sheet)
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith(f"pack, all: {output}\n")
    for words in ("9 (0 skipped)", "3.0 on average", "80×60"):
        assert words in told.out
    assert picture_size(sheet)[0] > 1000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "{here}/nowhere"], "/nowhere: expected the folder of a dataset, found no such folder"),
        (["check", "{here}"], ": no dataset that is known: found square/; expected one of: shanghaitech: train_data"),
        (["check", "{here}/square", "--dataset", "mall"], "not laid out as mall: expected the folder frames"),
        (["check", "{here}/square", "--dataset", "mal"], "unknown dataset 'mal'; did you mean 'mall'?"),
        (["check", "{here}/square", "--split", "some"], "unknown split 'some'"),
        (["check", "{here}/square", "--split", "test"], "points has no test pictures here"),
        (["check", "{here}/square", "--picture", "a.gif"], "a.gif: the picture of a dataset must end in .png or .jpg"),
        (["pack", "{here}/square", "--output", "{here}/no/a.pack"], "the folder {here}/no does not exist"),
        (["pack", "{here}/square", "{here}/square", "-o", "{here}/a.pack"], "another folder is called 'points square'"),
    ],
)
def test_mistake_is_one_sentence(
    tmp_path: Path, throng: Call, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    own_pictures(tmp_path / "square")
    told = throng("data", *(argument.format(here=tmp_path) for argument in arguments))
    assert told.code == 2
    assert told.err.startswith("throng: ")
    assert words.format(here=tmp_path) in told.err
    assert not list(tmp_path.glob("*.p*"))


@pytest.mark.shared
def test_real_dataset_is_recognised(tmp_path: Path, throng: Call, shared_dir: Path) -> None:
    sheet = tmp_path / "b.png"
    told = throng("data", "check", shared_dir / "data/ucf_cc_50", "--split", "val", "--picture", sheet)
    assert told.code == 0
    assert told.out.startswith("ucf_cc_50, val: ")
    assert "2,287" in told.out
    assert sheet.is_file()
