"""What JPEG does to a picture, on whole batches on any device: blocks of 8 × 8, rounded in the cosine domain."""

import math

import numpy as np
import torch
from torch.nn import functional

_LUMA_STEPS = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA_STEPS = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
"""Tables K.1 and K.2 of ITU-T T.81, for quality 50."""

_FROM_BGR = ((0.114, 0.587, 0.299), (0.5, -0.331264, -0.168736), (-0.081312, -0.418688, 0.5))
"""Blue, green, red to luma, blue difference, red difference (JFIF 1.02)."""


def coded(images: torch.Tensor, quality: torch.Tensor) -> torch.Tensor:
    """Return pictures as they come out of a JPEG coder with colour at half size.

    Args:
        images: (B, 3, H, W) float32 BGR in [0, 255], H and W multiples of 16.
        quality: (B,) from 1 to 100, as the IJG's coder counts it.

    Returns:
        (B, 3, H, W) float32.
    """
    matrix = images.new_tensor(_FROM_BGR)
    planes = torch.einsum("kc,bchw->bkhw", matrix, images)
    luma = _rounded(planes[:, :1] - 128, _steps(_LUMA_STEPS, quality)) + 128
    chroma = _rounded(functional.avg_pool2d(planes[:, 1:], 2), _steps(_CHROMA_STEPS, quality))
    whole = torch.cat([luma, functional.interpolate(chroma, scale_factor=2, mode="bilinear")], dim=1)
    return torch.einsum("ck,bkhw->bchw", images.new_tensor(np.linalg.inv(_FROM_BGR)), whole)


def _steps(table: tuple[tuple[int, ...], ...], quality: torch.Tensor) -> torch.Tensor:
    """Return how coarsely each coefficient is rounded, (B, 1, 1, 1, 8, 8), by the rule of the IJG's coder."""
    percent = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality).view(-1, 1, 1)
    steps = ((quality.new_tensor(table) * percent + 50) / 100).floor().clamp(1, 255)
    return steps.view(-1, 1, 1, 1, 8, 8)


def _rounded(planes: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Round planes (B, C, H, W) in the cosine domain of their blocks."""
    n, channels, height, width = planes.shape
    blocks = planes.reshape(n, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    cosine = _cosine_matrix(planes)
    waves = cosine @ blocks @ cosine.T
    blocks = cosine.T @ ((waves / steps).round() * steps) @ cosine
    return blocks.transpose(3, 4).reshape(n, channels, height, width)


def _cosine_matrix(like: torch.Tensor) -> torch.Tensor:
    """Return the orthonormal cosine transform of length 8, (8, 8)."""
    rows = [[math.cos((2 * x + 1) * u * math.pi / 16) / 2 for x in range(8)] for u in range(8)]
    rows[0] = [value / math.sqrt(2) for value in rows[0]]
    return like.new_tensor(rows)
