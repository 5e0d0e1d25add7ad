"""How well a network counts pictures that it was not trained on: whole, at full resolution."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from throng.core.points import Image
from throng.core.scoring import ErrorStats, error_stats
from throng.train.negatives import blank_pictures
from throng.train.record import Dataset, Record
from throng.train.regions import crowd_inside, inside
from throng.vision.crowd import Crowd

LARGEST_PIXELS = 30e6
"""Larger pictures are shrunk to this, so that they fit into memory."""

BLANK_SIZE = (512, 384)

Told = Callable[[int, int], None]


class Counter(Protocol):
    """What a validation needs of a `DensityCounter`."""

    def count(self, images: Sequence[Image], *, scale: float = 1.0) -> list[Crowd]:
        """Count the crowd in each picture, enlarged by a factor."""
        ...


@dataclass(frozen=True, slots=True)
class Score:
    """Errors on the validation pictures of one dataset.

    Attributes:
        name: the dataset.
        stats: errors of the count in people per picture.
    """

    name: str
    stats: ErrorStats

    @property
    def relative(self) -> float:
        """Mean absolute error as a share of the mean count, which sets of few and of many people have in common."""
        return self.stats.mae / max(self.stats.mean_truth, 1.0)


@dataclass(frozen=True, slots=True)
class Validation:
    """What a validation found.

    Attributes:
        scores: one per dataset; empty where there is nothing to validate on.
        ghosts: the most people that were counted in black, white, grey or noise, where nobody is.
    """

    scores: tuple[Score, ...]
    ghosts: float

    @property
    def figure(self) -> float:
        """What decides which weights are best: mean relative error over the datasets; NaN without any."""
        return float(np.mean([score.relative for score in self.scores])) if self.scores else float("nan")


def validate(counter: Counter, datasets: Mapping[str, Dataset], *, told: Told = lambda _done, _all: None) -> Validation:
    """Count every picture and hold the counts against the labels; only people in the region of interest count.

    Args:
        counter: what to judge.
        datasets: what to count, by the name that reports call it; one without pictures is left out.
        told: hears how many pictures are done.

    Raises:
        DatasetError: a picture is broken.
    """
    filled = {name: dataset for name, dataset in datasets.items() if len(dataset)}
    pictures, done, scores = sum(len(dataset) for dataset in filled.values()), 0, []
    for name, dataset in filled.items():
        pairs = []
        for record in dataset.records:
            pairs.append(_count_and_truth(counter, record))
            done += 1
            told(done, pictures)
        counts, truth = np.array(pairs).T
        scores.append(Score(name, error_stats(counts, truth)))
    blanks = blank_pictures(BLANK_SIZE).values()
    ghosts = max(counter.count([image])[0].density.total for image in blanks)
    return Validation(tuple(scores), ghosts)


def _count_and_truth(counter: Counter, record: Record) -> tuple[float, float]:
    image, region = record.image(), record.roi()
    crowd = counter.count([image], scale=_scale(image))[0]
    if region is None:
        return crowd.density.total, len(record.points)
    return crowd_inside(crowd, region).density.total, int(inside(record.points, region).sum())


def _scale(image: Image) -> float:
    return min(1.0, float(np.sqrt(LARGEST_PIXELS / (image.shape[0] * image.shape[1]))))
