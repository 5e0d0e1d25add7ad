"""Checkpoints and exported networks say what they are, and compute what was trained."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from throng.train.errors import TrainError

pytestmark = pytest.mark.usefixtures("pytorch")


def fresh(name: str, **options: Any) -> Any:
    import torch

    from throng.train.checkpoint import Checkpoint
    from throng.train.networks import build_network

    torch.manual_seed(3)
    network = build_network(name, **options)
    for key, value in network.state_dict().items():
        if key.endswith("running_var"):
            value.uniform_(0.5, 2.0)
    return Checkpoint(name, options, network.state_dict(), {"loss": "mse"}, step=7, commit="abc")


def pictures(*sizes: tuple[int, int]) -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for width, height in sizes]


def test_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    import torch

    from throng.train.checkpoint import load_checkpoint, save_checkpoint

    before = fresh("throngnet", features="squeezenet", width=32)
    save_checkpoint(tmp_path / "last.pt", before)
    after = load_checkpoint(tmp_path / "last.pt", network="throngnet")
    assert (after.network, after.options, after.step, after.commit) == ("throngnet", before.options, 7, "abc")
    assert after.recipe == {"loss": "mse"}
    x = torch.rand(1, 3, 32, 32) * 255
    with torch.no_grad():
        torch.testing.assert_close(after.build()(x), before.build()(x))
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]


def test_checkpoint_of_another_network_says_which(tmp_path: Path) -> None:
    import torch

    from throng.train.checkpoint import load_checkpoint, save_checkpoint
    from throng.train.networks import build_network

    path = tmp_path / "a.pt"
    save_checkpoint(path, fresh("mcnn"))
    with pytest.raises(TrainError, match=r"a\.pt: this is a checkpoint of mcnn, not of throngnet"):
        load_checkpoint(path, network="throngnet")
    with pytest.raises(TrainError, match=r"weights of mcnn with options \{\} do not fit LcdNet"):
        load_checkpoint(path).load_into(build_network("lcdnet"))
    with pytest.raises(TrainError, match="there is no such checkpoint"):
        load_checkpoint(tmp_path / "none.pt")
    torch.save({"state": 1}, path)
    with pytest.raises(TrainError, match=r"expected a checkpoint of a counter \(throng checkpoint 1\)"):
        load_checkpoint(path)
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(TrainError, match="broken or not one"):
        load_checkpoint(path)
    with pytest.raises(TrainError, match="cannot be written"):
        save_checkpoint(tmp_path / "no" / "folder.pt", fresh("mcnn"))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("throngnet", {"width": 32}),
        ("throngnet", {"features": "squeezenet", "width": 32}),
        ("mcnn", {}),
        ("csrnet", {"width_divisor": 8, "batch_norm": True}),
        ("sanet", {}),
        ("lcdnet", {}),
    ],
)
def test_exported_network_computes_the_same_at_any_size(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    import torch

    from throng.train.export import export_onnx
    from throng.train.networks import NETWORKS

    checkpoint, path, kind = fresh(name, **options), tmp_path / "net.onnx", NETWORKS[name]
    export_onnx(checkpoint, path, name="ours", metadata={"throng.interval": "{}"})
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [entry.name for entry in session.get_inputs()] == ["image"]
    assert [entry.name for entry in session.get_outputs()] == (
        ["density", "points", "signature"] if kind.head_stride else ["density"]
    )
    entries = session.get_modelmeta().custom_metadata_map
    assert entries["throng.kind"] == "density-counter"
    assert (entries["throng.name"], entries["throng.stride"]) == ("ours", str(kind.stride))
    assert (entries["throng.step"], entries["throng.commit"], entries["throng.interval"]) == ("7", "abc", "{}")
    image = np.random.default_rng(1).uniform(0, 255, (3, 3, 48, 80)).astype(np.float32)
    with torch.no_grad():
        expected = checkpoint.build()(torch.from_numpy(image))
    got = session.run(None, {"image": image})
    density, *points = expected if isinstance(expected, tuple) else (expected,)
    np.testing.assert_allclose(got[0], density, rtol=1e-3, atol=1e-5)
    for theirs, ours in zip(got[1:2], points, strict=True):
        np.testing.assert_allclose(theirs, torch.sigmoid(ours), rtol=1e-3, atol=1e-5)


def test_metadata_is_added_to_what_is_there(tmp_path: Path) -> None:
    from throng.train.export import add_metadata, export_onnx

    path = tmp_path / "net.onnx"
    export_onnx(fresh("lcdnet"), path)
    add_metadata(path, {"throng.interval": '{"a": 1}', "throng.name": "other"})
    entries = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert (entries["throng.interval"], entries["throng.name"], entries["throng.stride"]) == ('{"a": 1}', "other", "2")
    with pytest.raises(TrainError, match="there is no such ONNX file"):
        add_metadata(tmp_path / "none.onnx", {})


def test_variants_are_smaller_and_nearly_as_good(tmp_path: Path) -> None:
    from throng.train.export import export_onnx
    from throng.train.variants import compare_variants, write_half, write_int8

    full, half, int8 = (tmp_path / f"{name}.onnx" for name in ("full", "half", "int8"))
    export_onnx(fresh("throngnet"), full)
    write_half(full, half)
    write_int8(full, int8, pictures((200, 170), (96, 96)))
    truth = 100.0
    scores = compare_variants([full, half, int8], [(p, truth) for p in pictures((160, 96), (130, 70))], threads=1)
    assert scores[1].megabytes < 0.55 * scores[0].megabytes
    assert scores[2].megabytes < 0.4 * scores[0].megabytes
    counted = [score.errors.bias + truth for score in scores]
    assert counted[1] == pytest.approx(counted[0], rel=0.01)
    assert counted[2] == pytest.approx(counted[0], rel=0.1)
    assert all(score.pictures_per_s > 0 and score.errors.samples == 2 for score in scores)
    for path in (half, int8):
        entries = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
        assert entries["throng.kind"] == "density-counter"
    kinds = [node.op_type for node in onnx.load(int8).graph.node]
    assert "QuantizeLinear" in kinds or "DequantizeLinear" in kinds


def test_comparison_counts_only_inside_the_picture(tmp_path: Path) -> None:
    import torch

    from throng.train.export import export_onnx
    from throng.train.variants import compare_variants

    checkpoint = fresh("lcdnet")
    constant = {key: torch.zeros_like(value) for key, value in checkpoint.weights.items()}
    constant["density.bias"] = torch.tensor([0.5])
    checkpoint.weights.update(constant)
    export_onnx(checkpoint, tmp_path / "half-a-person.onnx")
    (score,) = compare_variants([tmp_path / "half-a-person.onnx"], [(pictures((40, 33))[0], 0.0)])
    assert score.errors.bias == pytest.approx(0.5 * 20 * 17)


def test_quantising_without_pictures_says_so(tmp_path: Path) -> None:
    from throng.train.export import export_onnx
    from throng.train.variants import write_half, write_int8

    export_onnx(fresh("lcdnet"), tmp_path / "a.onnx")
    with pytest.raises(TrainError, match="needs pictures to calibrate on, got none"):
        write_int8(tmp_path / "a.onnx", tmp_path / "b.onnx", [])
    with pytest.raises(TrainError, match="there is no such ONNX file"):
        write_half(tmp_path / "none.onnx", tmp_path / "b.onnx")
