"""MCNN: three columns of convolutions, each for heads of another size (Zhang et al., CVPR 2016)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from throng.train.networks.layers import Grey, Normalise, start_density_layer

# Kernel sizes and channels of the four convolutions of each column; 2 × 2 pooling after the first and the second.
_COLUMNS = (
    ((9, 7, 7, 7), (16, 32, 16, 8)),
    ((7, 5, 5, 5), (20, 40, 20, 10)),
    ((5, 3, 3, 3), (24, 48, 24, 12)),
)


class Mcnn(nn.Module):
    """Multi-column counter with output stride 4; 128 k parameters on grey pictures, 134 k on colour.

    The input is used as it is, 0–255, so weights trained elsewhere on grey pictures fit.

    Args:
        colour: look at the three colours instead of at their luma.
    """

    def __init__(self, *, colour: bool = False) -> None:
        super().__init__()
        self.prepare = Normalise((0.0,) * 3, (1.0,) * 3, to_rgb=True) if colour else Grey()
        self.columns = nn.ModuleList(_column(3 if colour else 1, *shape) for shape in _COLUMNS)
        self.fuse = nn.Conv2d(sum(channels[-1] for _, channels in _COLUMNS), 1, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, 0.0, 0.01)
                nn.init.zeros_(layer.bias)
        start_density_layer(self.fuse)

    def forward(self, x: Tensor) -> Tensor:
        """Count a (B, 3, H, W) BGR batch of 0–255, or a grey one (B, 1, H, W).

        Returns:
            (B, 1, H/4, W/4) people per cell, >= 0.
        """
        x = self.prepare(x)
        return functional.relu(self.fuse(torch.cat([column(x) for column in self.columns], dim=1)))


def _column(inputs: int, kernels: Sequence[int], channels: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i, (kernel, outputs) in enumerate(zip(kernels, channels, strict=True)):
        layers += [nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), nn.ReLU(inplace=True)]
        if i < 2:
            layers.append(nn.MaxPool2d(2))
        inputs = outputs
    return nn.Sequential(*layers)
