"""LCDNet: a counter of 52 thousand parameters for small devices (Khan et al., doi 10.1007/s11554-023-01286-8)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from throng.train.networks.layers import Normalise, start_density_layer


class LcdNet(nn.Module):
    """One shared convolution, two short columns of flat kernels, output stride 2; 51 969 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.prepare = Normalise((0.0,) * 3, (255.0,) * 3, to_rgb=True)
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        self.tall_first = _column(((3, 1), (1, 3)))
        self.wide_first = _column(((1, 3), (3, 1)))
        self.density = nn.Conv2d(128, 1, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        start_density_layer(self.density)

    def forward(self, x: Tensor) -> Tensor:
        """Count a (B, 3, H, W) BGR batch of 0–255.

        Returns:
            (B, 1, H/2, W/2) people per cell, >= 0.
        """
        x = self.stem(self.prepare(x))
        return functional.relu(self.density(torch.cat((self.tall_first(x), self.wide_first(x)), dim=1)))


def _column(kernels: tuple[tuple[int, int], tuple[int, int]]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for outputs, (height, width) in zip((32, 32, 64), (*kernels, (3, 3)), strict=True):
        padding = (height // 2, width // 2)
        layers += [nn.Conv2d(32, outputs, (height, width), padding=padding), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
