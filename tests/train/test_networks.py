"""The networks are the published ones, and ThrongNet keeps its promises about shapes and size."""

import pytest

from throng.train.errors import TrainError

pytestmark = pytest.mark.usefixtures("pytorch")


@pytest.mark.parametrize(
    ("name", "options", "parameters"),
    [
        ("mcnn", {}, 127_953),  # 128 k, grey
        ("mcnn", {"colour": True}, 133_705),  # 134 k
        ("csrnet", {}, 16_263_489),
        ("csrnet", {"width_divisor": 2}, 4_067_489),
        ("csrnet", {"width_divisor": 4}, 1_017_681),
        ("sanet", {}, 912_593 + 2 * 1_104),  # 0.913 M weights of convolutions, scale and shift of 1 104 normed channels
        ("lcdnet", {}, 51_969),
    ],
)
def test_published_parameter_counts(name: str, options: dict[str, object], parameters: int) -> None:
    from throng.train.networks import build_network
    from throng.train.networks.macs import parameter_count

    assert parameter_count(build_network(name, **options)) == parameters


@pytest.mark.parametrize(
    ("name", "options", "channels", "giga"),
    [
        ("csrnet", {}, 3, 205.53),
        ("csrnet", {"width_divisor": 4}, 3, 13.007),
        ("csrnet", {"width_divisor": 2}, 3, 51.60),
        ("mcnn", {}, 1, 10.488),
        ("mcnn", {"colour": True}, 3, 13.35),
    ],
)
def test_published_multiply_adds(name: str, options: dict[str, object], channels: int, giga: float) -> None:
    from throng.train.networks import build_network
    from throng.train.networks.macs import multiply_adds

    network = build_network(name, **options)
    work = multiply_adds(network, width=864, height=576, channels=channels)
    assert work / 1e9 == pytest.approx(giga, rel=1e-3)
    assert next(network.parameters()).device.type == "cpu"


def test_multiply_adds_of_groups_and_transposed_convolutions() -> None:
    from torch import nn

    from throng.train.networks.macs import multiply_adds

    grouped = nn.Conv2d(3, 6, 3, padding=1, groups=3)  # each output sees one input channel
    assert multiply_adds(grouped, width=8, height=4) == 8 * 4 * 6 * 9
    transposed = nn.ConvTranspose2d(3, 5, 2, stride=2)  # each input pixel is spread over 2 × 2 of 5 channels
    assert multiply_adds(transposed, width=8, height=4) == 8 * 4 * 3 * 4 * 5


@pytest.mark.parametrize("features", ["mobilenet_v2", "squeezenet"])
def test_throngnet_needs_little_of_what_csrnet_needs(features: str) -> None:
    from throng.train.networks import build_network
    from throng.train.networks.macs import multiply_adds

    csrnet = multiply_adds(build_network("csrnet"), width=1024, height=768)
    throngnet = multiply_adds(build_network("throngnet", features=features), width=1024, height=768)
    assert throngnet < (0.02 if features == "mobilenet_v2" else 0.025) * csrnet


@pytest.mark.parametrize("name", ["throngnet", "mcnn", "csrnet", "sanet", "lcdnet"])
def test_fresh_network_gives_people_per_cell_and_can_learn(name: str) -> None:
    import torch

    from throng.train.networks import NETWORKS, build_network

    torch.manual_seed(0)
    network = build_network(name, **({"width_divisor": 8} if name == "csrnet" else {}))
    outputs = network(torch.rand(2, 3, 64, 96) * 255)
    kind = NETWORKS[name]
    density, *points = outputs if isinstance(outputs, tuple) else (outputs,)
    assert density.shape == (2, 1, 64 // kind.stride, 96 // kind.stride)
    assert float(density.detach().min()) >= 0
    assert [tuple(p.shape) for p in points] == ([] if kind.head_stride is None else [(2, 1, 16, 24)])
    sum(output.sum() for output in (density, *points)).backward()
    still = [key for key, value in network.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0]
    # The shift of a norm may be dead in a ReLU; whole layers may not.
    assert not [key for key in still if key.endswith("weight")]


def test_grey_of_colour_is_the_usual_luma() -> None:
    import torch

    from throng.train.networks import build_network

    network = build_network("mcnn")
    colour = torch.zeros(1, 3, 16, 16)
    colour[:, 2] = 100.0  # red alone, BGR
    with torch.no_grad():
        torch.testing.assert_close(network(colour), network(torch.full((1, 1, 16, 16), 29.9)))


def test_quarter_width_and_batch_norm_of_csrnet() -> None:
    from torch import nn

    from throng.train.networks import build_network

    normed = build_network("csrnet", width_divisor=4, batch_norm=True)
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in normed.modules()) == 16


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("vgg", {}, "'vgg' is unknown; there are: throngnet, mcnn"),
        ("mcnn", {"depth": 3}, "network mcnn: its options do not fit"),
        ("csrnet", {"width_divisor": 7}, "width_divisor must divide 64, got 7"),
        ("throngnet", {"features": "resnet"}, "features must be one of mobilenet_v2, squeezenet, got 'resnet'"),
        ("throngnet", {"width": 33}, "width must be an even number above 0, got 33"),
    ],
)
def test_wrong_requests_say_what_is_there(name: str, options: dict[str, object], message: str) -> None:
    from throng.train.networks import build_network

    with pytest.raises(TrainError, match=message):
        build_network(name, **options)
