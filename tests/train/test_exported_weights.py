"""An exported counter can be trained further: it computes the same when it is read back."""

from pathlib import Path
from typing import Any

import pytest

from throng.train.errors import TrainError
from throng.vision.counter_registry import THRONGNET, counter_file

with counter_file(THRONGNET) as _file:
    SHIPPED = _file

pytestmark = pytest.mark.usefixtures("pytorch")


def batches(count: int = 3) -> list[Any]:
    import torch

    chance = torch.Generator().manual_seed(5)
    return [torch.rand((2, 3, 96, 96), generator=chance) * 255 for _ in range(count)]


def trained_a_little(**options: Any) -> Any:
    """A ThrongNet whose normalisation is far from fresh."""
    import torch

    from throng.train.checkpoint import Checkpoint
    from throng.train.networks import build_network

    torch.manual_seed(3)
    network = build_network("throngnet", **options)
    for key, value in network.state_dict().items():
        if key.endswith(("running_var", "weight")) and value.ndim == 1:
            value.uniform_(0.5, 2.0)
        elif key.endswith("running_mean"):
            value.uniform_(-0.5, 0.5)
    return Checkpoint("throngnet", options, network.state_dict())


def test_comes_back_computing_the_same(tmp_path: Path) -> None:
    import torch

    from throng.train.export import export_onnx
    from throng.train.exported_weights import load_exported
    from throng.train.networks import build_network

    before = trained_a_little(width=32)
    export_onnx(before, tmp_path / "a.onnx")
    network = build_network("throngnet", width=32)
    load_exported(network, tmp_path / "a.onnx", batches())
    fresh = torch.rand(1, 3, 64, 128) * 255
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(fresh), before.build()(fresh), rtol=1e-3, atol=1e-4)


def test_normalisation_has_the_statistics_of_the_batches(tmp_path: Path) -> None:
    """In training mode, on one batch, the network must compute almost what it does in evaluation."""
    import torch

    from throng.train.export import export_onnx
    from throng.train.exported_weights import load_exported
    from throng.train.networks import build_network

    export_onnx(trained_a_little(width=32), tmp_path / "a.onnx")
    network = build_network("throngnet", width=32)
    (batch,) = batches(1)
    load_exported(network, tmp_path / "a.onnx", [batch])
    with torch.no_grad():
        judged, _ = network.eval()(batch)
        learning, _ = network.train()(batch)
    torch.testing.assert_close(judged, learning, rtol=1e-3, atol=1e-4)


def test_shipped_weights_can_be_trained_further() -> None:
    import torch

    from throng.train.exported_weights import load_exported
    from throng.train.networks import build_network

    network = build_network("throngnet")
    load_exported(network, SHIPPED, batches(1))
    assert all(torch.isfinite(value).all() for value in network.state_dict().values())


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        ("mcnn", {}, r"expected 13 convolutions, found \d+; it is another network"),
        ("throngnet", {"width": 32}, r"expected weights \(32, 96, 1, 1\) in convolution \d+, found \(96, 96, 1, 1\)"),
    ],
)
def test_another_network_is_refused(network: str, options: dict[str, Any], message: str) -> None:
    from throng.train.exported_weights import load_exported
    from throng.train.networks import build_network

    with pytest.raises(TrainError, match=message):
        load_exported(build_network(network, **options), SHIPPED, batches(1))


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    from throng.train.exported_weights import load_exported
    from throng.train.networks import build_network

    (tmp_path / "a.onnx").write_bytes(b"no network")
    for name, message in (("a.onnx", "it is something else"), ("b.onnx", "there is no such file")):
        with pytest.raises(TrainError, match=message):
            load_exported(build_network("mcnn"), tmp_path / name, batches(1))
