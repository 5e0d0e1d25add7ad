"""A density counter in an ONNX file: people per cell, head points, a count with its interval."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.count_error import UNMEASURED
from throng.core.density_map import DensityMap
from throng.core.points import Image
from throng.vision.counter_canvas import POINT_STRIDE, STRIDE, Canvas, cut
from throng.vision.counter_card import DENSITY, POINTS, SIGNATURE, read_card
from throng.vision.counter_tiles import CoredTile, cored_tiles, padded_size
from throng.vision.crowd import Crowd
from throng.vision.errors import VisionError
from throng.vision.head_points import find_heads
from throng.vision.picture_quality import PictureQuality, picture_quality
from throng.vision.runtime import OnnxModel, Provider

log = logging.getLogger(__name__)

INPUT_LIMIT_PX = 2_500_000
"""Larger inputs are cut into tiles, so that memory stays the same for every picture."""

LARGEST_PX = 160_000_000
"""A larger input would take minutes and gigabytes."""

NO_INTERVAL = "nobody has measured the errors of this counter: its interval is a guess"

_PROBE = (64, 96)

Maps = NDArray[np.float32]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CrowdView:
    """What a counter sees in one picture, before anything is said about the scene.

    Attributes:
        crowd: density, heads and count.
        distance: how unlike the training the picture is, see `throng.vision.domain`; None where that is not known.
        quality: how good the picture is; None where nobody recorded what is usual, or it is too small to tell.
    """

    crowd: Crowd
    distance: float | None
    quality: PictureQuality | None = None


class OnnxDensityCounter:
    """Counts with a network that gives a density map at stride 8 and head points at stride 4.

    The network has one input (N, 3, H, W) of BGR 0–255 whose sides are multiples of 16, and the outputs `density`,
    `points` (probabilities) and, where it can tell strange scenes, `signature` (N, C). Large pictures are counted in
    tiles that overlap; pictures of one size go through the network together.

    Args:
        path: the .onnx file.
        threads: threads of the network, None for one per physical core.
        provider: which processor runs it.
        head_threshold: least probability of a head point; None for what the file says.
        input_limit_px: largest input of one call in pixels, over all pictures of a batch.

    Raises:
        VisionError: the file is no such network.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int | None = None,
        provider: Provider = "auto",
        input_limit_px: int = INPUT_LIMIT_PX,
        head_threshold: float | None = None,
    ) -> None:
        self._model = OnnxModel(path, provider=provider, threads=threads)
        self._limit_px = input_limit_px
        card = read_card(self._model)
        self.card = (
            card if head_threshold is None else replace(card, heads=replace(card.heads, threshold=head_threshold))
        )
        self._probe()

    @property
    def name(self) -> str:
        """Name in the model registry."""
        return self.card.name

    @property
    def head_px(self) -> float:
        """Size of heads, after scaling, that it counts best."""
        return self.card.head_px

    @property
    def recall(self) -> float:
        """Share of the heads that its head points name where people stand apart."""
        return self.card.heads.recall

    @property
    def precision(self) -> float:
        """Share of its head points that are heads."""
        return self.card.heads.precision

    def warm_up(self) -> None:
        """Run once on an empty picture."""
        self.look([np.zeros((256, 256, 3), dtype=np.uint8)])

    def count(self, images: Sequence[Image], *, scale: float = 1.0) -> list[Crowd]:
        """Count the crowd in each picture; one unlike those of the training, or worse than they are, carries warnings.

        Args:
            images: (H, W, 3) uint8 BGR each, one size or several.
            scale: by how much they are enlarged before the network sees them.

        Raises:
            VisionError: there is nothing in a picture, it is too large at this scale, or the network is broken.
        """
        return [self._warned(view) for view in self.look(images, scale=scale)]

    def look(self, images: Sequence[Image], *, scale: float = 1.0) -> list[CrowdView]:
        """Count the crowd in each picture and tell how unlike the training it is, for who smooths that over time.

        Args:
            images: as in `count`.
            scale: as in `count`.

        Raises:
            VisionError: as in `count`.
        """
        views: list[CrowdView | None] = [None] * len(images)
        by_size: dict[tuple[int, int], list[int]] = {}
        for i, image in enumerate(images):
            by_size.setdefault(self._scaled_size(image, scale), []).append(i)
        for size, same in by_size.items():
            tiles = cored_tiles(size, self._limit_px)
            # A few pictures at a time, so that a long batch of large ones does not pile up.
            for few in _batched(same, self._at_once(tiles)):
                scaled = [_resized(images[i], size) for i in few]
                for i, seen, canvas in zip(few, scaled, self._maps(scaled, tiles), strict=True):
                    views[i] = self._view(canvas, images[i], seen)
        return [view for view in views if view is not None]

    def signature(self, image: Image) -> NDArray[np.float64] | None:
        """Return the features by which strange pictures are told, (C,); None when the network gives none.

        Args:
            image: (H, W, 3) uint8 BGR.

        Raises:
            VisionError: as in `count`.
        """
        size = self._scaled_size(image, 1.0)
        (canvas,) = self._maps([image], cored_tiles(size, self._limit_px))
        return canvas.signature

    def _scaled_size(self, image: Image, scale: float) -> tuple[int, int]:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
            raise VisionError(f"{self.name}: expected a picture (H, W, 3) of uint8, got {image.shape} of {image.dtype}")
        height, width = image.shape[:2]
        if not 0 < scale < np.inf:
            raise VisionError(f"{self.name}: expected a scale above 0, got {scale}")
        size = max(1, round(width * scale)), max(1, round(height * scale))
        pixels = float(np.prod(padded_size(size), dtype=np.float64))
        if pixels > LARGEST_PX:
            raise VisionError(
                f"{self.name}: a picture of {width}×{height} at scale {scale:g} needs a network input of "
                f"{pixels / 1e6:,.0f} megapixels, at most {LARGEST_PX / 1e6:.0f} can be counted; use a smaller scale"
            )
        return size

    def _at_once(self, tiles: Sequence[CoredTile]) -> int:
        width, height = tiles[0].size
        return max(1, self._limit_px // (width * height))

    def _maps(self, images: Sequence[Image], tiles: Sequence[CoredTile]) -> list[Canvas]:
        """Run the network on every tile of pictures of one size and join what it gives."""
        height, width = images[0].shape[:2]
        canvases = [Canvas.blank((width, height)) for _ in images]
        pairs = [(image, canvas, tile) for image, canvas in zip(images, canvases, strict=True) for tile in tiles]
        for group in _batched(pairs, self._at_once(tiles)):
            blob = cv2.dnn.blobFromImages([cut(image, tile) for image, _, tile in group])
            outputs = self._run(np.asarray(blob, dtype=np.float32))
            for i, (_, canvas, tile) in enumerate(group):
                canvas.place(tile, density=outputs[DENSITY][i, 0], points=outputs[POINTS][i, 0])
                if SIGNATURE in outputs:
                    canvas.add_signature(tile, outputs[SIGNATURE][i])
        return canvases

    def _run(self, blob: NDArray[np.float32]) -> dict[str, Maps]:
        outputs = self._model.run_named(blob)
        if not all(np.isfinite(output).all() for output in outputs.values()):
            raise VisionError(
                f"{self._model.path}: the network gave numbers that are not finite; its weights are broken"
            )
        return outputs

    def _view(self, canvas: Canvas, image: Image, seen: Image) -> CrowdView:
        image_size = image.shape[1], image.shape[0]
        across, down = (whole / part for whole, part in zip(image_size, canvas.size, strict=True))
        people = np.maximum(canvas.density_inside(), 0)
        people[people < self.card.empty_below * min(1.0, across * down)] = 0
        interval, domain, signature = self.card.interval, self.card.domain, canvas.signature
        head_px = self.card.head_px * (across * down) ** 0.5
        density = DensityMap(people, (STRIDE * across, STRIDE * down), image_size, interval, head_px)
        heads = find_heads(
            canvas.points_inside(),
            (POINT_STRIDE * across, POINT_STRIDE * down),
            threshold=self.card.heads.threshold,
            image_size=image_size,
        )
        count = (interval or UNMEASURED).interval(density.total)
        warnings = (NO_INTERVAL,) if interval is None else ()
        distance = None if domain is None or signature is None else domain.distance(signature)
        return CrowdView(Crowd(density, heads, count, warnings), distance, self._quality(image, seen))

    def _quality(self, image: Image, seen: Image) -> PictureQuality | None:
        """Measure what the network sees, but not enlarged, which would blur every picture."""
        if self.card.quality is None:
            return None
        return picture_quality(min(image, seen, key=np.size))

    def _warned(self, view: CrowdView) -> Crowd:
        told = list(view.crowd.warnings)
        if view.distance is not None and self.card.domain is not None:
            strange = self.card.domain.warning(view.distance, counter=self.name)
            told += [] if strange is None else [strange]
        if view.quality is not None and self.card.quality is not None:
            told += self.card.quality.warnings(view.quality)
        return replace(view.crowd, warnings=tuple(told))

    def _probe(self) -> None:
        """Run once, so that a network of another layout is found at the start and not in the first frame."""
        height, width = _PROBE
        outputs = self._run(np.zeros((2, 3, height, width), dtype=np.float32))
        expected = {DENSITY: STRIDE, POINTS: POINT_STRIDE}
        for output, stride in expected.items():
            shape = (2, 1, height // stride, width // stride)
            if outputs[output].shape != shape:
                raise VisionError(
                    f"{self._model.path}: expected output {output} of shape {shape} for an input of shape "
                    f"(2, 3, {height}, {width}), got {outputs[output].shape}; export the network with stride {stride}"
                )
        if self.card.domain is not None and outputs[SIGNATURE].shape[1:] != self.card.domain.mean.shape:
            raise VisionError(
                f"{self._model.path}: expected a signature of {len(self.card.domain.mean)} numbers as in its domain "
                f"metadata, got {outputs[SIGNATURE].shape[1:]}; export it anew"
            )


def _batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _resized(image: Image, size: tuple[int, int]) -> Image:
    width, height = size
    if (width, height) == (image.shape[1], image.shape[0]):
        return image
    smaller = width * height < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=method), dtype=np.uint8)
