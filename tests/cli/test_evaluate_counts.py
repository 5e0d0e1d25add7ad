"""`throng eval counts` end to end: a real dataset folder, a real ONNX counter of bright dots, and bad input."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from scipy.io import savemat

from outcome import Outcome
from throng.cli.evaluate_counts import scale_rule
from throng.core.count_error import CountErrorModel
from throng.core.density_map import DensityMap
from throng.core.estimate import Estimate
from throng.core.observation import Heads
from throng.core.points import Image, image_points
from throng.train.record import Dataset, Record
from throng.vision.crowd import Crowd

Throng = Callable[..., Outcome]


class SizedCounter:
    """Knows heads of one size: sees all 40 people in pictures enlarged by two, fewer the further the scale is off."""

    name = "sized"
    head_px = 14.0
    recall = 1.0
    precision = 1.0

    def warm_up(self) -> None:
        pass

    def count(self, images: Sequence[Image], *, scale: float = 1.0) -> list[Crowd]:
        seen = 40 * float(np.exp(-2 * np.log(scale / 2) ** 2))
        people = np.full((1, 1), seen, dtype=np.float32)
        maps = [DensityMap(people, (float(i.shape[1]), float(i.shape[0])), (i.shape[1], i.shape[0])) for i in images]
        return [Crowd(density, Heads.empty(), Estimate(seen, 0, 2 * seen)) for density in maps]


SIZE = (192, 128)
PEOPLE = (6, 12, 0, 30, 20, 9, 3, 17, 25, 11)


@pytest.fixture
def dots(tmp_path: Path) -> Path:
    """Ten pictures laid out as ShanghaiTech; a person is one white pixel in the middle of a 4 × 4 cell."""
    images, labels = tmp_path / "data/train_data/images", tmp_path / "data/train_data/ground-truth"
    images.mkdir(parents=True)
    labels.mkdir()
    for number, people in enumerate(PEOPLE, start=1):
        chosen = np.random.default_rng(number).permutation(10 * 6)[:people]
        points = np.column_stack((chosen % 10, chosen // 10)) * 16 + 17
        image: Image = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)
        image[points[:, 1], points[:, 0]] = 255
        cv2.imwrite(str(images / f"IMG_{number}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 100])
        cell = np.empty((1, 1), dtype=object)
        info = np.zeros((1, 1), dtype=[("location", object), ("number", object)])
        info[0, 0] = (points.astype(np.float64) + 1, np.array([[people]], dtype=np.uint8))
        cell[0, 0] = info
        savemat(labels / f"GT_IMG_{number}.mat", {"image_info": cell})
    return tmp_path / "data"


def dot_counter(path: Path, *, share: float = 1.0) -> Path:
    """A counter of `share` people per white pixel, its points the cells with one, its intervals a tenth wide."""
    layers = []
    weights = []
    for name, side, per_pixel in (("density", 8, share), ("points", 4, 1.0)):
        kernel = np.full((1, 3, side, side), per_pixel / (3 * 255), dtype=np.float32)
        weights.append(numpy_helper.from_array(kernel, f"{name}_kernel"))
        layers.append(
            helper.make_node("Conv", ["bright", f"{name}_kernel"], [name], strides=[side, side], name=f"{name}_sum")
        )
    # JPEG leaves faint rings around a white pixel: only what is really bright is a person.
    weights.append(numpy_helper.from_array(np.array(150, dtype=np.float32), "threshold"))
    weights.append(numpy_helper.from_array(np.array(255, dtype=np.float32), "white"))
    layers = [
        helper.make_node("Greater", ["image", "threshold"], ["is_bright"]),
        helper.make_node("Cast", ["is_bright"], ["ones"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["ones", "white"], ["bright"]),
        *layers,
    ]
    graph = helper.make_graph(
        layers,
        "dots",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [
            helper.make_tensor_value_info("density", TensorProto.FLOAT, ["n", 1, "h8", "w8"]),
            helper.make_tensor_value_info("points", TensorProto.FLOAT, ["n", 1, "h4", "w4"]),
        ],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    kind = {"throng.kind": "density-counter", "throng.name": "dots", "throng.stride": "8"}
    interval = CountErrorModel(per_person=0.0, relative=0.1, q_low=1.0, q_high=1.0)
    helper.set_model_props(model, kind | {"throng.interval": interval.to_json()})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def report_of(throng: Throng, dots: Path, model: Path, *more: object) -> tuple[dict[str, object], Outcome]:
    file = dots.parent / "report.json"
    arguments = ["eval", "counts", "--dataset", "shanghaitech", "--root", dots, "--split", "all", "--scale", "1"]
    outcome = throng(*arguments, "--model", model, "--json", file, *more)
    assert outcome.code == 0, outcome.err
    values: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
    return values, outcome


def test_a_perfect_counter(throng: Throng, dots: Path, tmp_path: Path) -> None:
    values, outcome = report_of(throng, dots, dot_counter(tmp_path / "dots.onnx"), "--picture", tmp_path / "worst.png")
    assert [values[key] for key in ("mae", "rmse", "nae", "bias")] == pytest.approx([0, 0, 0, 0], abs=1e-4)
    assert values["game"] == pytest.approx([0, 0, 0, 0], abs=1e-4)
    assert [values[key] for key in ("f1_4", "f1_8", "precision_4", "recall_4", "coverage90")] == [1] * 5
    assert (values["pictures"], values["people"], values["skipped"]) == (10, sum(PEOPLE), 0)
    assert (values["dataset"], values["split"]) == ("shanghaitech", "all")
    assert isinstance(values["fps"], float)
    for words in ("shanghaitech", "MAE", "GAME(3)", "heads within 4 px, F1", "map SSIM", "truth in 90 % interval"):
        assert words in outcome.out
    assert cv2.imread(str(tmp_path / "worst.png")) is not None


def test_a_counter_that_sees_a_quarter_too_many(throng: Throng, dots: Path, tmp_path: Path) -> None:
    values, _ = report_of(throng, dots, dot_counter(tmp_path / "dots.onnx", share=1.25))
    errors = 0.25 * np.array(PEOPLE)
    assert values["mae"] == pytest.approx(errors.mean(), rel=1e-4)
    assert values["bias"] == pytest.approx(errors.mean(), rel=1e-4)
    assert values["rmse"] == pytest.approx(np.sqrt((errors**2).mean()), rel=1e-4)
    assert values["nae"] == pytest.approx(0.25, rel=1e-4)
    assert values["game"] == pytest.approx([errors.mean()] * 4, rel=1e-3)
    assert values["f1_4"] == 1
    assert values["coverage90"] == np.mean(np.array(PEOPLE) == 0)


def test_splits_limit_and_corruption(throng: Throng, dots: Path, tmp_path: Path) -> None:
    model = dot_counter(tmp_path / "dots.onnx")
    val, _ = report_of(throng, dots, model, "--split", "val")
    train, _ = report_of(throng, dots, model, "--split", "train")
    some, _ = report_of(throng, dots, model, "--limit", "4")
    assert (val["pictures"], train["pictures"], some["pictures"]) == (1, 9, 4)
    spoiled, outcome = report_of(throng, dots, model, "--corruption", "blur", "--severity", "3")
    assert spoiled["corruption"] == "blur, severity 3"
    assert spoiled["bias"] == pytest.approx(-np.mean(PEOPLE))
    assert "blur of severity 3" in outcome.out


def test_a_picture_without_labels_is_named(throng: Throng, dots: Path, tmp_path: Path) -> None:
    (dots / "train_data/ground-truth/GT_IMG_3.mat").unlink()
    values, outcome = report_of(throng, dots, dot_counter(tmp_path / "dots.onnx"))
    assert (values["pictures"], values["skipped"]) == (9, 1)
    assert "IMG_3" in outcome.out


def test_auto_scale_is_found_by_trials_where_one_camera_took_the_pictures(tmp_path: Path) -> None:
    image: Image = np.zeros((240, 320, 3), dtype=np.uint8)
    large: Image = np.zeros((3000, 4000, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "1.png"), image)
    good, broken = (Record(name, tmp_path / f"{name}.png", image_points([]), "mall") for name in ("1", "missing"))
    camera = scale_rule("auto", SizedCounter(), Dataset("mall", "all", (good, broken, good)))
    photographs = scale_rule("auto", SizedCounter(), Dataset("shanghaitech", "all", (good,)))
    assert camera(image) == 2
    assert photographs(image) == 1
    assert 0.2 < photographs(large) < 0.5  # a photograph of 12 megapixels would take seconds
    assert scale_rule("1.5", SizedCounter(), Dataset("mall", "all", (good,)))(image) == 1.5


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--model", "yolox-nano"], "model yolox-nano finds persons and is no counter"),
        (["--model", "no-such-counter"], "no-such-counter"),
        (["--model", "missing.onnx"], "missing.onnx"),
        (["--dataset", "no-such-set"], "no-such-set"),
        (["--root", "missing-folder"], "missing-folder"),
        (["--split", "test"], "test"),
        (["--scale", "big"], "--scale: expected auto or a number above 0 such as 1.5, got 'big'"),
        (["--scale", "0"], "--scale: expected auto or a number above 0"),
        (
            ["--json", "missing/report.json"],
            "missing/report.json: cannot be written: the folder missing",
        ),
        (["--picture", "worst.bmp"], "worst.bmp: the picture of the worst must end in .png or .jpg"),
    ],
)
def test_bad_input_is_one_sentence(
    throng: Throng, dots: Path, tmp_path: Path, options: list[str], sentence: str
) -> None:
    arguments = ["--dataset", "shanghaitech", "--root", dots, "--split", "all"]
    outcome = throng("eval", "counts", *arguments, "--model", dot_counter(tmp_path / "dots.onnx"), *options)
    assert outcome.code == 2
    assert outcome.err.startswith("throng: ")
    assert sentence in outcome.err


def test_a_checkpoint_that_is_none_is_one_sentence(pytorch: None, throng: Throng, dots: Path, tmp_path: Path) -> None:
    (tmp_path / "last.pt").write_bytes(b"no checkpoint")
    outcome = throng(
        "eval", "counts", "--dataset", "shanghaitech", "--root", dots, "--split", "all", "--model", tmp_path / "last.pt"
    )
    assert outcome.code == 2
    assert "last.pt" in outcome.err
