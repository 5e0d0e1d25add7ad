"""What several networks share: how a picture is normalised, and how a density layer starts."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from throng.train.errors import TrainError

# ITU-R BT.601, as OpenCV and PIL turn colour into grey; in the order blue, green, red.
_LUMA_BGR = (0.114, 0.587, 0.299)


class Normalise(nn.Module):
    """(x − mean) / scale per channel, after blue and red have changed places where asked.

    Its constants are not part of the state dict.

    Args:
        mean, scale: one number per channel, in the order of the output's channels.
        to_rgb: whether the network behind it wants RGB.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Sequence[float], scale: Sequence[float], *, to_rgb: bool) -> None:
        super().__init__()
        self.to_rgb = to_rgb
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor(scale).view(1, -1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise a (B, 3, H, W) BGR batch of 0–255."""
        return ((x.flip(1) if self.to_rgb else x) - self.mean) / self.scale


def imagenet_rgb() -> Normalise:
    """RGB with the mean and the deviation of ImageNet, as VGG was trained."""
    return Normalise((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), to_rgb=True)


class Grey(nn.Module):
    """Luma of a BGR batch, 0–255; a batch that is grey already passes as it is."""

    weights: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weights", torch.tensor(_LUMA_BGR).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, 3, H, W) or (B, 1, H, W) into (B, 1, H, W)."""
        return x if x.shape[1] == 1 else (x * self.weights).sum(dim=1, keepdim=True)


def check_divisor(network: str, width_divisor: int, narrowest: int) -> None:
    """Refuse a divisor that leaves a layer without a whole number of channels.

    Raises:
        TrainError: it does not divide the narrowest layer.
    """
    if width_divisor < 1 or narrowest % width_divisor:
        raise TrainError(f"network {network}: width_divisor must divide {narrowest}, got {width_divisor}")


def start_density_layer(layer: nn.Conv2d) -> None:
    """Let a density layer start small and above 0, so that the ReLU behind it is alive everywhere."""
    nn.init.uniform_(layer.weight, 0.0, 0.02 / layer.in_channels)
    assert layer.bias is not None
    nn.init.constant_(layer.bias, 1e-3)
