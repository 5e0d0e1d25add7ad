"""ThrongNet: density and head points from one set of small features."""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from throng.train.errors import TrainError
from throng.train.networks.features import MobileNetV2Features, SqueezeNetFeatures

FeatureName = Literal["mobilenet_v2", "squeezenet"]

_FEATURES: dict[str, type[MobileNetV2Features] | type[SqueezeNetFeatures]] = {
    "mobilenet_v2": MobileNetV2Features,
    "squeezenet": SqueezeNetFeatures,
}
_POINT_WIDTH = 32


class ThrongNet(nn.Module):
    r"""Pre-trained features at strides 4, 8 and 16, a dilated context, a density and a head-point branch.

    ::

        stride 16 ── narrow ── + dilated 1 ── + dilated 2 ── + dilated 3 ─┐ ×2
        stride  8 ── narrow ──────────────────────────────────────────── + ── mix ─┬─ density
        stride  4 ── narrow ──────────────────────────────────────── + ── points   │
                                                                      └─── ×2 ── narrow

    Args:
        features: which features to start from.
        width: channels of context and mixing, even.
    """

    def __init__(self, *, features: FeatureName = "mobilenet_v2", width: int = 96) -> None:
        super().__init__()
        if features not in _FEATURES:
            raise TrainError(f"network throngnet: features must be one of {', '.join(_FEATURES)}, got {features!r}")
        if width < 2 or width % 2:
            raise TrainError(f"network throngnet: width must be an even number above 0, got {width}")
        self.features = _FEATURES[features]()
        at_4, at_8, at_16 = self.features.channels
        self.context_in = _layer(at_16, width, kernel=1)
        self.context_1 = _layer(width, width, kernel=3, dilation=1)
        self.context_2 = _layer(width, width, kernel=3, dilation=2)
        self.context_3 = _layer(width, width, kernel=3, dilation=3)
        self.lateral_8 = _layer(at_8, width, kernel=1)
        self.mix = _layer(width, width, kernel=3)
        self.density_features = _layer(width, width // 2, kernel=3)
        self.density = _output(width // 2, bias=-3.0)
        self.points_in = _layer(width, _POINT_WIDTH, kernel=1)
        self.lateral_4 = _layer(at_4, _POINT_WIDTH, kernel=1)
        self.point_features = _layer(_POINT_WIDTH, _POINT_WIDTH, kernel=3)
        self.points = _output(_POINT_WIDTH, bias=-4.0)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Count a (B, 3, H, W) BGR batch of 0–255; H and W are multiples of 16.

        Returns:
            People per cell (B, 1, H/8, W/8), > 0, and logits (B, 1, H/4, W/4) of "a head's centre lies in this cell".
        """
        density, points, _ = self.describe(x)
        return density, points

    def describe(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Count, and give the signature of each picture: (B, width), the context averaged over the picture.

        Pictures with signatures unlike those of the training pictures are strange to the network
        (`throng.vision.domain`).
        """
        at_4, at_8, at_16 = self.features(x)
        context = self.context_in(at_16)
        for dilated in (self.context_1, self.context_2, self.context_3):
            context = context + dilated(context)
        mixed = self.mix(self.lateral_8(at_8) + _resized_to(at_8, context))
        density = functional.softplus(self.density(self.density_features(mixed)))
        near = _resized_to(at_4, self.points_in(mixed)) + self.lateral_4(at_4)
        return density, self.points(self.point_features(near)), context.mean(dim=(2, 3))


def _layer(inputs: int, outputs: int, *, kernel: int, dilation: int = 1) -> nn.Sequential:
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=padding, dilation=dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _output(inputs: int, *, bias: float) -> nn.Conv2d:
    """Return a layer that starts almost at its bias: few people, fewer heads."""
    layer = nn.Conv2d(inputs, 1, 1)
    nn.init.normal_(layer.weight, 0.0, 0.01)
    nn.init.constant_(layer.bias, bias)
    return layer


def _resized_to(reference: Tensor, x: Tensor) -> Tensor:
    return functional.interpolate(x, size=reference.shape[-2:], mode="bilinear", align_corners=False)
