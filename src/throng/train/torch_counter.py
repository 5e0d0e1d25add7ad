"""Any network of the toolkit as a `DensityCounter`, so that evaluation treats all alike."""

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from throng.core.density_map import DensityMap
from throng.core.estimate import Estimate
from throng.core.observation import Heads
from throng.core.points import Image
from throng.train.checkpoint import load_checkpoint
from throng.train.errors import TrainError
from throng.train.networks import network_kind
from throng.train.networks.mcnn import Mcnn
from throng.train.networks.pretrained import load_mcnn
from throng.vision.counter_card import HEAD_PX, HeadPoints
from throng.vision.crowd import Crowd
from throng.vision.head_points import find_heads

HEAD_THRESHOLD = 0.3
"""Least probability of a cell to hold a head."""

MAX_PIXELS = 32_000_000
"""A larger input would take more memory than most machines have."""

NO_INTERVAL = "the interval of this network has not been measured"

_BATCH = 8
_LEAST_SIDE_PX = 32

Interval = Callable[[float], Estimate]
"""Gives a count its 90 % interval."""


class TorchCounter:
    """Counts with a PyTorch network.

    Args:
        network: with trained weights; it is moved to the device and set to evaluation.
        kind: its name in `throng.train.networks.NETWORKS`.
        name: what reports call it.
        device: where it runs, `auto` for a GPU if there is one.
        threshold: least probability of a head point.
        interval: gives a count its interval; without one every interval runs from 0 to infinity, with a warning.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        kind: str,
        name: str,
        device: str = "auto",
        threshold: float = HEAD_THRESHOLD,
        interval: Interval | None = None,
    ) -> None:
        self._kind, self._name = network_kind(kind), name
        wanted = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        self._device = torch.device(wanted)
        self._network = network.to(self._device, memory_format=torch.channels_last).eval()
        self._threshold, self._interval = threshold, interval

    @property
    def name(self) -> str:
        """What reports call it."""
        return self._name

    @property
    def head_px(self) -> float:
        """Size of heads, after scaling, that it counts best: taken to be that of its training pictures."""
        return HEAD_PX

    @property
    def recall(self) -> float:
        """Share of the heads present that its head points name; a cautious guess, since nobody has measured it."""
        return HeadPoints().recall

    @property
    def precision(self) -> float:
        """Share of its head points that are heads; a cautious guess, since nobody has measured it."""
        return HeadPoints().precision

    def warm_up(self) -> None:
        """Run once on an empty picture."""
        self.count([np.zeros((256, 256, 3), dtype=np.uint8)])

    def count(self, images: Sequence[Image], *, scale: float = 1.0) -> list[Crowd]:
        """Count the crowd in each picture.

        Args:
            images: (H, W, 3) uint8 BGR each, one size or several.
            scale: by how much they are enlarged before the network sees them.

        Raises:
            TrainError: a picture is too large, or the scale is not above 0.
        """
        inputs = [self._input(image, scale) for image in images]
        crowds: list[Crowd] = []
        for _, same in groupby(zip(images, inputs, strict=True), key=lambda pair: pair[1].shape):
            pairs = list(same)
            for start in range(0, len(pairs), _BATCH):
                crowds += self._count_batch(pairs[start : start + _BATCH])
        return crowds

    def _input(self, image: Image, scale: float) -> Image:
        """Return a picture at its scale, without padding."""
        height, width = image.shape[:2]
        if not scale > 0 or height * width * scale**2 > MAX_PIXELS:
            raise TrainError(
                f"{self._name}: a picture of {width} × {height} at scale {scale:g} has more than "
                f"{MAX_PIXELS / 1e6:.0f} megapixels or none; give another scale"
            )
        if scale == 1:
            return image
        size = max(1, round(width * scale)), max(1, round(height * scale))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(image, size, interpolation=method), dtype=np.uint8)

    @torch.inference_mode()
    def _count_batch(self, pairs: Sequence[tuple[Image, Image]]) -> list[Crowd]:
        blob = torch.from_numpy(np.stack([self._padded(small) for _, small in pairs])).to(self._device)
        outputs = self._network(blob.permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last))
        density, logits = (outputs, None) if self._kind.head_stride is None else outputs
        people = density[:, 0].cpu().numpy()
        scores = [None] * len(pairs) if logits is None else list(torch.sigmoid(logits)[:, 0].cpu().numpy())
        return [
            self._crowd(image, small.shape[:2], own, own_scores)
            for (image, small), own, own_scores in zip(pairs, people, scores, strict=True)
        ]

    def _padded(self, image: Image) -> Image:
        """Repeat the border to the right and below, up to sides that the network divides."""
        height, width = image.shape[:2]
        step = self._kind.multiple
        below, right = (max(_LEAST_SIDE_PX, math.ceil(side / step) * step) - side for side in (height, width))
        return np.asarray(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE), dtype=np.uint8)

    def _crowd(
        self,
        image: Image,
        input_size: tuple[int, int],
        people: NDArray[np.float32],
        scores: NDArray[np.float32] | None,
    ) -> Crowd:
        height, width = image.shape[:2]
        per_input = (width / input_size[1], height / input_size[0])
        inside = _inside(people, input_size, self._kind.stride).clip(min=0)
        if not np.isfinite(inside).all():
            raise TrainError(f"{self._name}: the network gave numbers that are not finite; its weights are broken")
        density = DensityMap(inside, _cell_px(self._kind.stride, per_input), (width, height))
        heads = Heads.empty()
        if scores is not None and self._kind.head_stride is not None:
            own = _inside(scores, input_size, self._kind.head_stride)
            heads = find_heads(own, _cell_px(self._kind.head_stride, per_input), threshold=self._threshold)
        if self._interval is None:
            return Crowd(density, heads, Estimate(density.total, 0.0, math.inf), (NO_INTERVAL,))
        return Crowd(density, heads, self._interval(density.total))


def load_counter(path: Path | str, *, device: str = "auto", interval: Interval | None = None) -> TorchCounter:
    """Load a counter that PyTorch runs.

    Args:
        path: a checkpoint (.pt), or an MCNN of other people (.h5, see `throng.train.networks.pretrained.load_mcnn`).
        device: where it runs, `auto` for a GPU if there is one.
        interval: gives a count its interval.

    Raises:
        TrainError: the file is missing or something else.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() == ".h5":
        mcnn = Mcnn()
        load_mcnn(mcnn, path)
        return TorchCounter(mcnn, kind="mcnn", name=path.stem, device=device, interval=interval)
    if path.suffix.lower() != ".pt":
        raise TrainError(f"{path}: expected a checkpoint (.pt) or third-party MCNN weights (.h5)")
    checkpoint = load_checkpoint(path)
    name = f"{checkpoint.network} {path.parent.name}/{path.name}"
    return TorchCounter(checkpoint.build(), kind=checkpoint.network, name=name, device=device, interval=interval)


def _inside(cells: NDArray[np.float32], input_size: tuple[int, int], stride: int) -> NDArray[np.float32]:
    """Cut off the cells that lie in the padding wholly."""
    rows, columns = (math.ceil(side / stride) for side in input_size)
    return cells[:rows, :columns]


def _cell_px(stride: int, per_input: tuple[float, float]) -> tuple[float, float]:
    return stride * per_input[0], stride * per_input[1]
