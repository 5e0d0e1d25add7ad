"""Features trained on ImageNet, at strides 4, 8 and 16, without batch norm: it is folded into the convolutions."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from throng.train.networks.layers import Normalise

# Channels in and out, expansion and stride of MobileNetV2's first thirteen blocks (Sandler et al., CVPR 2018).
_BOTTLENECKS = (
    (32, 16, 1, 1),
    (16, 24, 6, 2),
    (24, 24, 6, 1),
    (24, 32, 6, 2),
    (32, 32, 6, 1),
    (32, 32, 6, 1),
    (32, 64, 6, 2),
    (64, 64, 6, 1),
    (64, 64, 6, 1),
    (64, 64, 6, 1),
    (64, 96, 6, 1),
    (96, 96, 6, 1),
    (96, 96, 6, 1),
)
# Channels in, squeezed, and out of each half of SqueezeNet 1.1's fire modules 2 to 9 (Iandola et al., 2016).
_FIRES = (
    (64, 16, 64),
    (128, 16, 64),
    (128, 32, 128),
    (256, 32, 128),
    (256, 48, 192),
    (384, 48, 192),
    (384, 64, 256),
    (512, 64, 256),
)


class MobileNetV2Features(nn.Module):
    """The first thirteen blocks of MobileNetV2.

    Attributes:
        channels: of the features at strides 4, 8 and 16.
    """

    channels = (24, 32, 96)
    _last_of_stride = (2, 5, 12)

    def __init__(self) -> None:
        super().__init__()
        self.prepare = Normalise((127.5,) * 3, (127.5,) * 3, to_rgb=True)
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 3, stride=2, padding=1), nn.ReLU6(inplace=True))
        self.blocks = nn.ModuleList(
            Bottleneck(inputs, outputs, expansion=expansion, stride=stride)
            for inputs, outputs, expansion, stride in _BOTTLENECKS
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the features of a (B, 3, H, W) BGR batch of 0–255 at strides 4, 8 and 16."""
        x = self.stem(self.prepare(x))
        kept = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self._last_of_stride:
                kept.append(x)
        at_4, at_8, at_16 = kept
        return at_4, at_8, at_16

    def earliest(self, depth: int) -> list[nn.Module]:
        """Return the first layers, `depth` blocks of them behind the stem: what fine-tuning may leave as it is."""
        return [self.stem, *list(self.blocks)[:depth]]


class Bottleneck(nn.Module):
    """Inverted residual: widen by 1 × 1, filter each channel by 3 × 3, narrow by 1 × 1 without activation.

    Args:
        inputs, outputs: channels.
        expansion: how many times wider the middle is.
        stride: of the middle; 1 with as many outputs as inputs adds the input to the output.
    """

    def __init__(self, inputs: int, outputs: int, *, expansion: int, stride: int) -> None:
        super().__init__()
        middle = inputs * expansion
        widen = [nn.Conv2d(inputs, middle, 1), nn.ReLU6(inplace=True)] if expansion > 1 else []
        self.layers = nn.Sequential(
            *widen,
            nn.Conv2d(middle, middle, 3, stride=stride, padding=1, groups=middle),
            nn.ReLU6(inplace=True),
            nn.Conv2d(middle, outputs, 1),
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs, H / stride, W / stride) features."""
        return x + self.layers(x) if self.residual else self.layers(x)


class SqueezeNetFeatures(nn.Module):
    """SqueezeNet 1.1 without its classifier.

    Attributes:
        channels: of the features at strides 4, 8 and 16.
    """

    channels = (128, 256, 512)

    def __init__(self) -> None:
        super().__init__()
        self.prepare = Normalise((104.0, 117.0, 123.0), (1.0,) * 3, to_rgb=False)
        self.stem = nn.Conv2d(3, 64, 3, stride=2, padding=1)
        self.fires = nn.ModuleList(Fire(*shape) for shape in _FIRES)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the features of a (B, 3, H, W) BGR batch of 0–255 at strides 4, 8 and 16."""
        fires = list(self.fires)
        at_4 = _pooled_through(fires[:2], functional.relu(self.stem(self.prepare(x))))
        at_8 = _pooled_through(fires[2:4], at_4)
        return at_4, at_8, _pooled_through(fires[4:], at_8)

    def earliest(self, depth: int) -> list[nn.Module]:
        """Return the first layers, `depth` fires of them behind the stem: what fine-tuning may leave as it is."""
        return [self.stem, *list(self.fires)[:depth]]


class Fire(nn.Module):
    """Squeeze by 1 × 1, then expand by 1 × 1 and 3 × 3 side by side.

    Args:
        inputs: channels in.
        squeezed: channels between.
        expanded: channels of each half of the output.
    """

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand_1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand_3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 2 · expanded, H, W) features."""
        x = functional.relu(self.squeeze(x))
        return functional.relu(torch.cat((self.expand_1(x), self.expand_3(x)), dim=1))


def _pooled_through(fires: list[nn.Module], x: Tensor) -> Tensor:
    x = functional.max_pool2d(x, 3, stride=2, padding=1)
    for fire in fires:
        x = fire(x)
    return x
