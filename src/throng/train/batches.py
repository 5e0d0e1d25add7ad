"""Batches of crops; batch n of a recipe is always the same, whoever makes it and when."""

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from throng.core.points import FloatArray
from throng.train.augment import Chance, augment
from throng.train.crops import Window, cut_image, cut_points, draw_window
from throng.train.pictures import Picture, PictureGroup

_CUT, _CHANGE = 0, 1
_PATIENCE_S = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one step learns from.

    Attributes:
        step: its number, from 0.
        images: (B, 3, H, W) float32 BGR in [0, 255].
        points: per crop (N, 2) float32 heads in pixels of the crop.
        places: per crop where it comes from.
    """

    step: int
    images: torch.Tensor
    points: list[torch.Tensor]
    places: tuple[str, ...]

    def __str__(self) -> str:
        return f"batch {self.step}: " + "; ".join(self.places)


class BatchMaker:
    """Makes batches from groups of pictures.

    Args:
        groups: where crops come from; the shares need not add up to 1.
        crop_px: side of the crops.
        batch: crops in a batch.
        corruption: share of crops that are spoiled.
        seed: with the number of the batch it decides every chance.
        coarse: for how many of the first steps pictures are shrunk, and by what factor.
    """

    def __init__(
        self,
        groups: Sequence[PictureGroup],
        *,
        crop_px: int,
        batch: int,
        corruption: float,
        seed: int,
        coarse: tuple[int, float] = (0, 1.0),
    ) -> None:
        shares = np.array([group.share for group in groups], dtype=np.float64)
        self._groups = tuple(groups)
        self._chances = shares / shares.sum()
        self._crop_px, self._batch = crop_px, batch
        self._corruption, self._seed = corruption, seed
        self._coarse_steps, self._coarse_factor = coarse

    @property
    def groups(self) -> tuple[PictureGroup, ...]:
        """Where crops come from."""
        return self._groups

    def make(self, step: int) -> Batch:
        """Make the batch of a step."""
        rng = np.random.default_rng([self._seed, _CUT, step])
        factor = self._coarse_factor if step < self._coarse_steps else 1.0
        chosen = [self._choose(rng, factor) for _ in range(self._batch)]
        device = chosen[0][1].image.device
        images = torch.stack([cut_image(picture.image, window, self._crop_px) for _, picture, window in chosen])
        points = [cut_points(picture.points, window, self._crop_px) for _, picture, window in chosen]
        images = augment(images, corruption=self._corruption, chance=Chance((self._seed, _CHANGE, step), device))
        places = tuple(f"{picture.name} of {group.name}, {window}" for group, picture, window in chosen)
        return Batch(step, images.contiguous(memory_format=torch.channels_last), _together(points, device), places)

    def _choose(self, rng: np.random.Generator, factor: float) -> tuple[PictureGroup, Picture, Window]:
        group = self._groups[rng.choice(len(self._groups), p=self._chances)]
        picture = group.pictures[int(rng.integers(len(group.pictures)))]
        scale = (factor * group.scale[0], factor * group.scale[1])
        window = draw_window(picture.size, crop_px=self._crop_px, scale=scale, rng=rng)
        return group, picture, window


def _together(points: Sequence[FloatArray], device: torch.device) -> list[torch.Tensor]:
    """Bring the points to the device in one transfer."""
    joined = torch.from_numpy(np.concatenate(points).astype(np.float32)).to(device)
    return list(joined.split([len(own) for own in points]))


@contextmanager
def batches_from(maker: BatchMaker, step: int, *, ahead: int) -> Iterator[Iterator[Batch]]:
    """Give the batches from a step on, for ever.

    Args:
        maker: makes them.
        step: number of the first one.
        ahead: how many a thread makes in advance; 0 to make each one when it is asked for.
    """
    if ahead == 0:
        yield (maker.make(number) for number in _from(step))
        return
    ready: queue.Queue[Batch | BaseException] = queue.Queue(maxsize=ahead)
    stop = threading.Event()
    thread = threading.Thread(target=_fill, args=(maker, step, ready, stop), name="batches", daemon=True)
    thread.start()
    try:
        yield _taken(ready)
    finally:
        stop.set()
        thread.join()


def _from(step: int) -> Iterator[int]:
    while True:
        yield step
        step += 1


def _fill(maker: BatchMaker, step: int, ready: "queue.Queue[Batch | BaseException]", stop: threading.Event) -> None:
    for number in _from(step):
        try:
            made: Batch | BaseException = maker.make(number)
        except BaseException as error:  # noqa: BLE001  raised again where the batch is asked for
            made = error
        while not stop.is_set():
            try:
                ready.put(made, timeout=_PATIENCE_S)
                break
            except queue.Full:
                continue
        if stop.is_set() or isinstance(made, BaseException):
            return


def _taken(ready: "queue.Queue[Batch | BaseException]") -> Iterator[Batch]:
    while True:
        made = ready.get()
        if isinstance(made, BaseException):
            raise made
        yield made
