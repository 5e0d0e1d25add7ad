"""`throng train` as somebody calls it who labelled pictures: from points to curves and an ONNX file."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from throng.cli import train
from throng.cli.train import app
from throng.core.errors import ThrongError
from throng.train.recipe import own_recipe, read_recipe

# Small enough for a test, and without the simulator.
SMALL = ("--set", "empty_scenes=0", "--set", "simulated=0", "--set", "crop_px=64", "--set", "batch=4")
NARROW = ("--set", "network_options={width: 16, features: squeezenet}")


@pytest.fixture(scope="module")
def plaza(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures of up to 25 people that are dots, the last three for validation."""
    folder, rows = tmp_path_factory.mktemp("plaza"), ["image,x,y,split"]
    for number in range(12):
        rng = np.random.default_rng(number)
        image = rng.integers(60, 90, (120, 160, 3), dtype=np.uint8)
        split = "train" if number < 9 else "val"
        heads = rng.integers(4, (156, 116), (2 * number + 1, 2))
        for u, v in heads.tolist():
            cv2.circle(image, (u, v), 3, (220, 225, 230), cv2.FILLED, cv2.LINE_AA)
            rows.append(f"p{number}.png,{u},{v},{split}")
        cv2.imwrite(str(folder / f"p{number}.png"), image)
    (folder / "points.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def run(*arguments: str | Path | int) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def fails(*arguments: str | Path | int) -> str:
    with pytest.raises(ThrongError) as error:
        run(*arguments)
    return str(error.value)


@pytest.mark.usefixtures("pytorch")
def test_from_points_to_curves_and_onnx(plaza: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "one"
    printed = run(
        *("count", "--data", f"points:{plaza}:2", "--network", "throngnet", "--output", folder, "--iterations", 60),
        *("--loss", "block-count", "--loss", "head-focal=0.1", "--seed", 3, "--device", "cpu", *SMALL, *NARROW),
        *("--set", "evaluations=2", "--set", "warm_up=5", "--set", "corruption=0"),
    )
    label = f"points {plaza.name}"
    assert f"{label}: MAE " in printed
    assert "of 21.0 people, 3 pictures" in printed
    assert "60 steps; best network" in printed
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    judged = [row for row in rows if "validation" in row]
    assert [row["step"] for row in judged] == [30, 60]
    losses = [row["losses"] for row in rows if "losses" in row]
    assert set(losses[0]) == {"block-count", "head-focal"}
    assert losses[-1]["block-count"] < losses[0]["block-count"]
    recipe = read_recipe(folder / "recipe.yaml")
    assert recipe.losses == {"block-count": 1.0, "head-focal": 0.1}
    assert (recipe.iterations, recipe.minutes, recipe.data[0].weight) == (60, None, 2.0)
    curves = cv2.imread(str(folder / "curves.png"))
    assert curves is not None
    assert len(np.unique(curves.reshape(-1, 3), axis=0)) > 50
    assert {path.name for path in folder.iterdir()} == {
        *("best.pt", "last.pt", "state.pt", "curves.png", "metrics.jsonl", "recipe.yaml", "environment.json")
    }

    run("export", folder, "--output", tmp_path / "plaza.onnx")
    import onnxruntime as ort

    session = ort.InferenceSession(str(tmp_path / "plaza.onnx"), providers=["CPUExecutionProvider"])
    picture = np.asarray(cv2.imread(str(plaza / "p11.png")), dtype=np.float32)[:112].transpose(2, 0, 1)[None]
    density, points, _ = session.run(None, {"image": np.ascontiguousarray(picture)})
    assert density.shape == (1, 1, 14, 20)
    assert points.shape == (1, 1, 28, 40)
    assert session.get_modelmeta().custom_metadata_map["throng.kind"] == "density-counter"

    assert "there is a training already" in fails("count", "--data", f"points:{plaza}", "--output", folder, *SMALL)
    sentence = fails("count", "--output", folder, "--resume", "--minutes", 3)
    assert "cannot be changed (given: minutes)" in sentence
    assert "60 steps; best network" in run("count", "--output", folder, "--resume")
    wrong = ("count", "--data", f"points:{plaza}", "--output", tmp_path / "x", *SMALL, "--iterations", 2)
    sentence = fails(*wrong, "--network", "mcnn", "--loss", "mse", "--init", folder / "best.pt")
    assert "this is a checkpoint of throngnet, not of mcnn" in sentence
    sentence = fails(*wrong, "--network", "mcnn", "--loss", "head-focal")
    assert "loss head-focal: it needs head points, but network mcnn gives only a density" in sentence


@pytest.mark.usefixtures("pytorch")
def test_ctrl_c_keeps_the_state_and_says_how_to_go_on(plaza: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    begin = [sys.executable, "-c", "from throng.cli.main import main; main()", "train", "count"]
    data = ["--data", f"points:{plaza}", "--network", "mcnn", "--output", str(folder), "--iterations", "100000"]
    command = [*begin, *data, *SMALL, "--set", "negatives=0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    metrics, deadline = folder / "metrics.jsonl", time.monotonic() + 60
    while not metrics.is_file() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0, printed
    assert "go on with: throng train count --output" in " ".join(printed.split())
    assert (folder / "state.pt").is_file()


@pytest.mark.usefixtures("pytorch")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--data", "points"), "--data: expected NAME:ROOT or NAME:ROOT:WEIGHT"),
        (("--data", "points:missing"), "missing: not laid out as points"),
        (("--data", "pionts:."), "did you mean 'points'"),
        ((), "there is nothing to train on"),
        (("--data", "points:.", "--iterations", 5, "--minutes", 5), "either in iterations or in minutes"),
        (("--data", "points:.", "--loss", "mse=much"), "--loss: expected NAME or NAME=WEIGHT"),
        (("--data", "points:.", "--set", "batch"), "--set: expected KEY=VALUE"),
        (("--data", "points:.", "--set", "bacth=3"), "bacth: Extra inputs are not permitted"),
        (("--data", "points:.", "--set", "crop_px=100"), "crop_px: Input should be a multiple of 32"),
        (("--data", "points:.", "--network", "resnet"), "network 'resnet' is unknown"),
        (("--data", "points:.", "--set", "precision=bfloat16", "--device", "cpu"), "use float32 there"),
        (("--recipe", "missing.yaml"), "cannot read missing.yaml"),
        (("--resume",), "expected the folder of a training"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_sentence(
    tmp_path: Path, arguments: tuple[str | int, ...], sentence: str
) -> None:
    assert sentence in fails("count", "--output", tmp_path / "run", *arguments)
    assert not (tmp_path / "run").exists()


def test_without_pytorch_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "find_spec", lambda _name: None)
    sentence = fails("count", "--data", "points:.", "--output", tmp_path / "run")
    assert 'pip install "throng[train]"' in sentence
    assert "make train-setup" in sentence


def test_recipes_are_shipped_and_survive_a_round_trip(tmp_path: Path) -> None:
    for network in ("throngnet", "mcnn", "csrnet", "sanet", "lcdnet"):
        recipe = own_recipe(network).changed(iterations=7, data=[{"name": "points", "root": "a b/ö", "scale": [1, 2]}])
        assert (recipe.network, recipe.minutes) == (network, None)
        recipe.write(tmp_path / "recipe.yaml")
        assert read_recipe(tmp_path / "recipe.yaml") == recipe


@pytest.mark.usefixtures("pytorch")
def test_the_weights_of_the_package_are_a_beginning(plaza: Path, tmp_path: Path) -> None:
    """With a rate of almost nothing the run ends where the shipped counter stands."""
    import torch

    from throng.train.checkpoint import load_checkpoint
    from throng.train.exported_weights import load_exported
    from throng.train.networks import build_network
    from throng.vision.counter_registry import THRONGNET, counter_file

    folder = tmp_path / "run"
    common = ("--output", folder, "--iterations", 1, "--init", "throngnet", "--set", "learning_rate=1e-12")
    run(
        "count", "--data", f"points:{plaza}", *common, *SMALL, "--set", "evaluations=1", "--set", "statistics_batches=2"
    )
    shipped = build_network("throngnet")
    with counter_file(THRONGNET) as path:
        load_exported(shipped, path, [torch.rand(2, 3, 64, 64) * 255])
    trained = load_checkpoint(folder / "last.pt").build()
    ours, theirs = dict(trained.named_parameters()), dict(shipped.named_parameters())
    torch.testing.assert_close(ours["features.stem.0.weight"], theirs["features.stem.0.weight"])
    torch.testing.assert_close(ours["density.weight"], theirs["density.weight"])
