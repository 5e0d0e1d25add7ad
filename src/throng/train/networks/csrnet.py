"""CSRNet: VGG features and dilated convolutions (Li, Zhang and Chen, CVPR 2018, variant B)."""

from torch import Tensor, nn
from torch.nn import functional

from throng.train.networks.layers import check_divisor, imagenet_rgb, start_density_layer

_POOL = 0
_FRONT = (64, 64, _POOL, 128, 128, _POOL, 256, 256, 256, _POOL, 512, 512, 512)
_BACK = (512, 512, 512, 256, 128, 64)


class CsrNet(nn.Module):
    """Single-column counter with output stride 8; 16.263 M parameters, 1.018 M at a quarter of the width.

    Two differences from the paper, both for training without VGG's weights: He's start instead of N(0, 0.01), which
    fades out over sixteen fresh layers, and a ReLU at the end, as people per cell cannot be negative.

    Args:
        width_divisor: every layer has its width divided by this; 4 gives "1/4-CSRNet".
        batch_norm: normalise after each convolution, which lets it learn from scratch at a higher rate.
    """

    def __init__(self, *, width_divisor: int = 1, batch_norm: bool = False) -> None:
        super().__init__()
        check_divisor("csrnet", width_divisor, min(_BACK))
        self.prepare = imagenet_rgb()
        layers: list[nn.Module] = []
        inputs = 3
        for dilation, widths in ((1, _FRONT), (2, _BACK)):
            for width in widths:
                if width == _POOL:
                    layers.append(nn.MaxPool2d(2))
                    continue
                outputs = width // width_divisor
                layers += _convolution(inputs, outputs, dilation=dilation, batch_norm=batch_norm)
                inputs = outputs
        self.body = nn.Sequential(*layers)
        self.density = nn.Conv2d(inputs, 1, 1)
        start_density_layer(self.density)

    def forward(self, x: Tensor) -> Tensor:
        """Count a (B, 3, H, W) BGR batch of 0–255.

        Returns:
            (B, 1, H/8, W/8) people per cell, >= 0.
        """
        return functional.relu(self.density(self.body(self.prepare(x))))


def _convolution(inputs: int, outputs: int, *, dilation: int, batch_norm: bool) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation, bias=not batch_norm)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    return [convolution, *([nn.BatchNorm2d(outputs)] if batch_norm else []), nn.ReLU(inplace=True)]
