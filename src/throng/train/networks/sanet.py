"""SANet: scale aggregation and a decoder back to full size (Cao et al., ECCV 2018)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from throng.train.networks.layers import imagenet_rgb, start_density_layer

_KERNELS = (1, 3, 5, 7)
_ENCODER = (64, 128, 128, 64)
# Kernel and channels of a convolution; a transposed one doubles the size after each but the last.
_DECODER = ((9, 64), (7, 32), (5, 16), (3, 16))


class SaNet(nn.Module):
    """Encoder of scale-aggregation modules and decoder with output stride 1.

    The channels are those that give the published size: 0.913 M weights of convolutions, and 2 208 more parameters in
    the instance norms. A convolution in front of a norm has no bias, because the norm takes it away again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.prepare = imagenet_rgb()
        encoder: list[nn.Module] = []
        inputs = 3
        for i, outputs in enumerate(_ENCODER):
            encoder += [nn.MaxPool2d(2)] if i else []
            encoder.append(ScaleAggregation(inputs, outputs, reduce=i > 0))
            inputs = outputs
        decoder: list[nn.Module] = []
        for i, (kernel, outputs) in enumerate(_DECODER):
            decoder.append(_normalised(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)))
            if i < len(_DECODER) - 1:
                decoder.append(_normalised(nn.ConvTranspose2d(outputs, outputs, 2, stride=2, bias=False)))
            inputs = outputs
        self.encoder = nn.Sequential(*encoder)
        self.decoder = nn.Sequential(*decoder)
        self.density = nn.Conv2d(inputs, 1, 1)
        start_density_layer(self.density)

    def forward(self, x: Tensor) -> Tensor:
        """Count a (B, 3, H, W) BGR batch of 0–255; H and W are multiples of 8, at least 16.

        Returns:
            (B, 1, H, W) people per pixel, >= 0.
        """
        return functional.relu(self.density(self.decoder(self.encoder(self.prepare(x)))))


class ScaleAggregation(nn.Module):
    """Convolutions of four kernel sizes side by side, a quarter of the output channels each.

    Args:
        inputs, outputs: channels.
        reduce: halve the channels to outputs / 2 by a 1 × 1 convolution before each larger kernel.
    """

    def __init__(self, inputs: int, outputs: int, *, reduce: bool) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            _branch(inputs, outputs // len(_KERNELS), kernel, outputs // 2 if reduce and kernel > 1 else None)
            for kernel in _KERNELS
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs, H, W) features."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def _branch(inputs: int, outputs: int, kernel: int, reduced: int | None) -> nn.Sequential:
    reduction = [] if reduced is None else [_normalised(nn.Conv2d(inputs, reduced, 1, bias=False))]
    convolution = nn.Conv2d(reduced or inputs, outputs, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(*reduction, _normalised(convolution))


def _normalised(convolution: nn.Conv2d | nn.ConvTranspose2d) -> nn.Sequential:
    return nn.Sequential(convolution, nn.InstanceNorm2d(convolution.out_channels, affine=True), nn.ReLU(inplace=True))
