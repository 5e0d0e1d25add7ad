"""What a trained counter must know of itself: its errors, the skill of its head points, what it was trained on."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from throng.core.count_error import CountErrorModel, held_out_coverage
from throng.core.count_scores import field_counts
from throng.core.points import FloatArray, Mask
from throng.train.errors import TrainError
from throng.train.head_skill import LOWEST_THRESHOLD, HeadSkill
from throng.train.record import Dataset
from throng.vision.counter_card import DOMAIN_KEY, HEADS_KEY, INTERVAL_KEY, QUALITY_KEY, HeadPoints
from throng.vision.density_counter import OnnxDensityCounter
from throng.vision.domain import DomainCheck
from throng.vision.picture_quality import QualityCheck, picture_quality

Told = Callable[[str, int, int], None]
"""Is told what is measured, and how many of how many pictures are done."""

_LEVELS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured.

    Attributes:
        interval: the error of counts.
        coverage: by dataset, share of its kept-back pictures whose true count lies in the 90 % interval that was
            fitted without them.
        heads: the best threshold, with the skill of head points for people who stand apart.
        domain: what scenes are usual; None when the network gives no signature.
        quality: how bad a picture usually is at worst.
    """

    interval: CountErrorModel
    coverage: Mapping[str, float]
    heads: HeadPoints
    domain: DomainCheck | None
    quality: QualityCheck

    def metadata(self) -> dict[str, str]:
        """Return the entries for the ONNX file."""
        entries = {
            INTERVAL_KEY: self.interval.to_json(),
            HEADS_KEY: json.dumps(asdict(self.heads)),
            QUALITY_KEY: self.quality.to_json(),
        }
        return entries if self.domain is None else entries | {DOMAIN_KEY: self.domain.to_json()}


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    """Counts of whole pictures and of their fields; the fields of a picture weigh as much as the whole.

    Attributes:
        counted, true, weights: (N,) people and weight.
        pictures: (N,) number of the picture.
        wholes: (N,) bool, whole pictures.
        labels: (N,) dataset of each.
    """

    counted: FloatArray
    true: FloatArray
    weights: FloatArray
    pictures: FloatArray
    wholes: Mask
    labels: NDArray[np.str_]


def measure_counter(
    path: Path,
    *,
    kept_back: Mapping[str, Dataset],
    trained_on: Mapping[str, Dataset],
    told: Told = lambda _what, _done, _all: None,
) -> Measured:
    """Measure a counter on pictures that it was not trained on, and note what its training pictures look like.

    Args:
        path: its ONNX file.
        kept_back: by label, pictures for errors and skill, counted at their own size.
        trained_on: by label, pictures for what is usual.
        told: hears how far it is.

    Raises:
        TrainError: there are too few pictures.
        VisionError: the file is no counter.
    """
    counter = OnnxDensityCounter(path, head_threshold=LOWEST_THRESHOLD)
    samples, skill = _count(counter, kept_back, told)
    try:
        interval = CountErrorModel.fit(samples.counted, samples.true, weights=samples.weights)
        covered = held_out_coverage(samples.counted, samples.true, pictures=samples.pictures, weights=samples.weights)
        domain, quality = _usual(counter, trained_on, told)
    except ValueError as error:
        raise TrainError(f"{path.name} cannot be measured: {error}") from error
    coverage = {label: float(covered[samples.wholes & (samples.labels == label)].mean()) for label in kept_back}
    return Measured(interval, coverage, skill.best(), domain, quality)


def _count(counter: OnnxDensityCounter, kept_back: Mapping[str, Dataset], told: Told) -> tuple[_Samples, HeadSkill]:
    skill, rows = HeadSkill(), []
    pictures = [(label, record) for label, dataset in kept_back.items() for record in dataset.records]
    for number, (label, record) in enumerate(pictures):
        told("errors", number, len(pictures))
        (crowd,) = counter.count([record.image()])
        skill.add(crowd.heads, record.points)
        for level in _LEVELS:
            fields = 4**level
            counts = (values.ravel() for values in field_counts(crowd.density, record.points, level=level))
            rows += [(c, t, 1 / fields, number, level == 0, label) for c, t in zip(*counts, strict=True)]
    if not rows:
        raise TrainError(f"{counter.name}: there are no pictures to measure it on")
    *numbers, wholes, labels = (np.array(column) for column in zip(*rows, strict=True))
    people, truth, weights, of_picture = (column.astype(np.float64) for column in numbers)
    return _Samples(people, truth, weights, of_picture, wholes, labels), skill


def _usual(
    counter: OnnxDensityCounter, trained_on: Mapping[str, Dataset], told: Told
) -> tuple[DomainCheck | None, QualityCheck]:
    """Return what scenes and what faults of the picture are usual."""
    records = [record for dataset in trained_on.values() for record in dataset.records]
    signatures: list[FloatArray] = []
    qualities = []
    for number, record in enumerate(records):
        told("what is usual", number, len(records))
        image = record.image()
        # A network that gives no signature for one picture gives none for any.
        signature = counter.signature(image) if len(signatures) == number else None
        if signature is not None:
            signatures.append(signature)
        qualities.append(picture_quality(image))
    quality = QualityCheck.fit([q for q in qualities if q is not None])
    return DomainCheck.fit(signatures) if signatures else None, quality
