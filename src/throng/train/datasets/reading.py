"""From a layout's samples to the records of one split: what cannot be used is named and left out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from throng.train.datasets.clean_points import CleanPoints, SwappedPointsError, clean_points
from throng.train.datasets.layout import Layout, Part, Sample, check_layout, entries
from throng.train.datasets.picture_size import picture_size
from throng.train.errors import DatasetError
from throng.train.record import Dataset, Record, Skipped

SPLITS = ("train", "val", "test", "all")

Told = Callable[[int, int], None]
"""Is told how many of how many are done."""

_SWAPPED_SETS_PICTURES = 5
_SWAPPED_SETS_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Reading:
    """A dataset and what was mended in it.

    Attributes:
        dataset: the pictures that can be used.
        clipped: points that lay outside their picture and were moved to its border.
        duplicates: points that repeated another one of their picture exactly and were dropped.
    """

    dataset: Dataset
    clipped: int
    duplicates: int


def read_layout(layout: Layout, root: Path, split: str = "all", *, told: Told = lambda _done, _all: None) -> Reading:
    """Read the pictures of one split.

    Args:
        layout: how the folder is laid out.
        root: the folder.
        split: `train`, `val`, `test` or `all`; where the publisher chose no `val`, it is the tenth of the training
            pictures that `layout.held_out` keeps back.
        told: hears how many pictures' labels are read.

    Raises:
        DatasetError: the folder is laid out otherwise, has no such split, or x and y are swapped throughout.
    """
    if split not in SPLITS:
        raise DatasetError(f"unknown split {split!r}; expected one of: {', '.join(SPLITS)}")
    check_layout(layout, root)
    part = _chosen(layout, root, split)
    records: dict[str, Record] = {}
    skipped, clipped, duplicates, swapped = list(part.skipped), 0, 0, 0
    for done, sample in enumerate(part.samples, start=1):
        try:
            record, clean = _read(sample, layout.name)
            if record.name in records:
                raise DatasetError(f"another picture is called {record.name!r}, too")
        except DatasetError as error:
            swapped += isinstance(error, SwappedPointsError)
            skipped.append(Skipped(sample.image, _named(error, sample.image, root)))
        else:
            records[record.name] = record
            clipped, duplicates = clipped + clean.clipped, duplicates + clean.duplicates
        told(done, len(part.samples))
    _check_order(swapped, len(part.samples), root)
    return Reading(Dataset(layout.name, split, tuple(records.values()), tuple(skipped)), clipped, duplicates)


def _chosen(layout: Layout, root: Path, split: str) -> Part:
    parts = layout.parts(root)
    if split == "all":
        every = [sample for part in parts.values() for sample in part.samples]
        return Part(_ordered(every), tuple(skipped for part in parts.values() for skipped in part.skipped))
    if split == "test" or "val" in parts:
        published = _published(parts, layout, root, split)
        return replace(published, samples=_ordered(published.samples))
    train = _published(parts, layout, root, "train")
    samples = _ordered(train.samples)
    to_train, to_validate = layout.held_out(len(samples))
    if split == "train":
        return Part(tuple(samples[i] for i in to_train), train.skipped)
    return Part(tuple(samples[i] for i in to_validate))


def _ordered(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    return tuple(sorted(samples, key=lambda sample: sample.name))


def _published(parts: Mapping[str, Part], layout: Layout, root: Path, split: str) -> Part:
    if split in parts:
        return parts[split]
    if split == "test" and layout.no_test:
        raise DatasetError(f"{root}: {layout.name} has no test pictures with labels: {layout.no_test}")
    raise DatasetError(
        f"{root}: {layout.name} has no {split} pictures here: expected {layout.expected}; found {entries(root)}"
    )


def _read(sample: Sample, source: str) -> tuple[Record, CleanPoints]:
    size = picture_size(sample.image)
    clean = clean_points(sample.points(size), size)
    record = Record(
        sample.name,
        sample.image,
        clean.points,
        source,
        roi=partial(sample.roi, size),
        perspective=partial(sample.perspective, size),
    )
    return record, clean


def _named(error: DatasetError, image: Path, root: Path) -> str:
    """Make sure that the reason names a file."""
    told = str(error)
    return told if told.startswith(str(root)) else f"{image}: {told}"


def _check_order(swapped: int, pictures: int, root: Path) -> None:
    """Refuse the whole: where heads stand in a corner, swapped points fit the picture and would pass."""
    if swapped >= _SWAPPED_SETS_PICTURES and swapped > _SWAPPED_SETS_SHARE * pictures:
        raise DatasetError(
            f"{root}: in {swapped} of {pictures} pictures the points fit only with x and y exchanged; expected x (to "
            "the right) first, then y (down): exchange them in the labels"
        )
