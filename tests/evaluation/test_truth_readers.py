"""Truth files: the real PETS and UCSD files, small files of every format, and broken ones."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from throng.evaluation.errors import TruthError
from throng.evaluation.truth_file import read_truth

CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><name>gate</name><size>6</size><mode>interpolation</mode>
    <start_frame>10</start_frame><stop_frame>20</stop_frame><frame_filter>step=2</frame_filter>
    <original_size><width>640</width><height>360</height></original_size>
  </task></meta>
  <track id="0" label="person">
    <box frame="10" outside="0" occluded="0" keyframe="1" xtl="10" ytl="20" xbr="30" ybr="80"/>
    <box frame="14" outside="0" occluded="0" keyframe="1" xtl="30" ytl="20" xbr="50" ybr="80"/>
    <box frame="18" outside="1" occluded="0" keyframe="1" xtl="30" ytl="20" xbr="50" ybr="80"/>
  </track>
  <track id="1" label="dog">
    <box frame="10" outside="0" occluded="0" keyframe="1" xtl="0" ytl="0" xbr="5" ybr="5"/>
  </track>
</annotations>
"""


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.shared
def test_pets_as_it_is(shared_dir: Path) -> None:
    truth = read_truth(shared_dir / "data/pets2009/S2L1_groundtruth.xml")
    assert (len(truth), len(truth.labelled), len(np.unique(truth.ids))) == (4650, 795, 19)
    assert truth.image_size is None
    first = truth.at(0)
    assert first is not None
    assert first.ids.tolist() == [9, 15, 19]
    assert first.boxes is not None
    assert first.boxes[0] == pytest.approx([514.7109 - 15.515, 195.2731 - 37.585, 514.7109 + 15.515, 195.2731 + 37.585])
    assert first.feet is not None
    assert first.feet[1] == pytest.approx([274.4912, 262.9999 + 88.7021 / 2])
    assert truth.at(795) is None


@pytest.mark.shared
def test_ucsd_by_frame_and_by_person_agree(shared_dir: Path) -> None:
    folder = shared_dir / "data/ucsd/train_data/ground_truth"
    by_frame = read_truth(folder / "vidf1_33_003_frame_full.mat")
    by_person = read_truth(folder / "vidf1_33_003_people_full.mat")
    assert (len(by_frame), len(by_frame.labelled), len(np.unique(by_frame.ids))) == (3886, 200, 31)
    assert by_frame.image_size == (238, 158)
    assert by_frame.rate_hz == 10
    assert by_frame.boxes is None
    assert np.array_equal(by_frame.frames, by_person.frames)
    assert np.array_equal(by_frame.ids, by_person.ids)
    assert by_frame.heads == pytest.approx(by_person.heads)
    first = by_frame.at(0)
    assert first is not None
    # MATLAB counts pixels from 1.
    assert first.heads[first.ids == 51][0] == pytest.approx([190.7601626 - 1, 79.81831187 - 1])


@pytest.mark.shared
def test_ucsd_counts_of_a_region_are_no_points(shared_dir: Path) -> None:
    with pytest.raises(TruthError, match=r"found count, dirs; take the \*_frame_full"):
        read_truth(shared_dir / "data/ucsd/train_data/ground_truth/vidf1_33_003_count_roi_mainwalkway.mat")


def test_cvat_takes_the_people_interpolates_and_leaves_the_outside_out(tmp_path: Path) -> None:
    truth = read_truth(write(tmp_path, "annotations.xml", CVAT))
    assert truth.labelled.tolist() == [10, 12, 14, 16, 18, 20]
    assert truth.image_size == (640, 360)
    assert truth.frames.tolist() == [10, 12, 14, 16]
    assert truth.boxes is not None
    assert truth.boxes[:, 0].tolist() == [10, 20, 30, 30]
    nobody = truth.at(20)
    assert nobody is not None
    assert len(nobody) == 0
    assert truth.at(11) is None


def test_cvat_points_are_heads(tmp_path: Path) -> None:
    text = CVAT.split("<track", maxsplit=1)[0] + (
        '<track id="4" label="visitor"><points frame="10" outside="0" points="12.5,34"/></track></annotations>'
    )
    truth = read_truth(write(tmp_path, "points.xml", text))
    assert truth.boxes is None
    assert truth.heads.tolist() == [[12.5, 34.0]]


def test_mot_counts_from_one_and_takes_pedestrians_that_are_considered(tmp_path: Path) -> None:
    gt = write(
        tmp_path,
        "clip/gt/gt.txt",
        "1,1,11,21,20,60,1,1,1\n1,2,1,1,5,5,0,1,1\n3,1,13,21,20,60,1,1,0.4\n3,3,1,1,9,9,1,7,1\n",
    )
    truth = read_truth(gt)
    assert truth.labelled.tolist() == [0, 1, 2]
    assert truth.frames.tolist() == [0, 2]
    assert truth.boxes is not None
    assert truth.boxes.tolist() == [[10, 20, 30, 80], [12, 20, 32, 80]]
    assert truth.image_size is None


def test_mot_sequence_file_gives_size_rate_and_length(tmp_path: Path) -> None:
    gt = write(tmp_path, "clip/gt/gt.txt", "1,1,11,21,20,60,1,-1,-1,-1\n")
    write(
        tmp_path, "clip/seqinfo.ini", "[Sequence]\nname=clip\nframeRate=25\nseqLength=40\nimWidth=1920\nimHeight=1080\n"
    )
    truth = read_truth(gt)
    assert len(truth.labelled) == 40
    assert (truth.image_size, truth.rate_hz, len(truth)) == ((1920, 1080), 25.0, 1)


def test_mot_of_cvat_names_its_classes_beside_the_file(tmp_path: Path) -> None:
    gt = write(tmp_path, "gt.txt", "1,1,1,1,20,60,1,1,1.0\n1,2,50,1,20,60,1,2,1.0\n")
    write(tmp_path, "labels.txt", "dog\nperson\n")
    assert read_truth(gt).ids.tolist() == [2]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.txt", "1,1,1,1,5,5\n1,2,1,x,5,5\n", r"a\.txt, line 2: expected MOT text, numbers"),
        ("a.txt", "1,1,1\n", r"line 1: expected at least frame, id"),
        ("a.txt", "0,1,1,1,5,5\n", r"line 1: frame \(from 1\)"),
        ("a.txt", "1,1,1,1,5,5\n\n1,1,9,9,5,5\n", r"line 3: person 1 is labelled twice in frame 0, first at .*line 1"),
        ("a.txt", "1,1,1,1,-5,5\n", r"line 1: the box of person 1 has no area"),
        ("a.txt", "1,1,nan,1,5,5\n", r"line 1: a position is not a finite number"),
        ("a.txt", "", r"a\.txt: the truth file is empty"),
        ("a.xml", "<dataset>\n<frame number='0'>\n", r"a\.xml, line 3: the XML is broken or cut off"),
        ("a.xml", "<dataset>\n<frame/></dataset>", r"line 2: <frame> has no attribute 'number'"),
        (
            "a.xml",
            "<dataset><frame number='0'><objectlist><object id='1'>\n<box h='tall' w='1' xc='1' yc='1'/>"
            "</object></objectlist></frame></dataset>",
            r"line 2: <box h> must be a number, got 'tall'",
        ),
        ("a.xml", "<dataset/>", r"no frame is labelled"),
        ("a.xml", "<Camera/>", r"XML with <Camera> outside is no truth"),
        ("a.xml", "<!DOCTYPE x [<!ENTITY e 'boom'>]><dataset>&e;</dataset>", r"defines entities of its own"),
        ("a.xml", "<annotations><image id='0'/></annotations>", r"'CVAT for images' export"),
        ("a.xml", CVAT.replace("<size>6</size>", ""), r"must say <size> as a whole number"),
        ("a.xml", CVAT.replace('"person"', '"cat"'), r"none of the labels cat, dog is known to mean people"),
        ("a.xml", CVAT.replace('frame="10"', 'frame="9"'), r"frame 9 has people but is outside the labelled frames"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    with pytest.raises(TruthError, match=sentence):
        read_truth(write(tmp_path, name, text))


def test_files_that_are_something_else(tmp_path: Path) -> None:
    picture = tmp_path / "truth.jpg"
    picture.write_bytes(b"\xff\xd8\xff\xe0\0\0JFIF")
    with pytest.raises(TruthError, match="no truth file that Throng knows"):
        read_truth(picture)
    latin = tmp_path / "truth.txt"
    latin.write_bytes("1,1,1,1,5,5 # Größe".encode("latin-1"))
    with pytest.raises(TruthError, match="no text in UTF-8"):
        read_truth(latin)
    with pytest.raises(TruthError, match="cannot be read: No such file"):
        read_truth(tmp_path / "missing.xml")


def test_matlab_files_with_something_else_inside(tmp_path: Path) -> None:
    file = tmp_path / "points.mat"
    savemat(file, {"frame": np.zeros((2, 3))})
    with pytest.raises(TruthError, match="not laid out as in the UCSD set"):
        read_truth(file)
    file.write_bytes(file.read_bytes()[:150])
    with pytest.raises(TruthError, match=r"points\.mat"):
        read_truth(file)


def test_labels_follow_the_picture_to_another_size(tmp_path: Path) -> None:
    truth = read_truth(write(tmp_path, "annotations.xml", CVAT))
    half = truth.resized((640, 360), (320, 180))
    assert half.boxes is not None
    # Pixel centres lie at whole numbers: the outer edge -0.5 stays where it is.
    assert half.boxes[0] == pytest.approx([4.75, 9.75, 14.75, 39.75])
    assert half.heads[0] == pytest.approx([9.75, 9.75])
    with pytest.raises(TruthError, match="another shape; give the size that was labelled with --truth-size"):
        truth.resized((640, 360), (640, 480))


def test_labels_move_with_the_first_frame(tmp_path: Path) -> None:
    truth = read_truth(write(tmp_path, "annotations.xml", CVAT)).moved(-10)
    assert truth.labelled[0] == truth.frames[0] == 0
