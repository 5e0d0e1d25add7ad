"""From a layout's samples to the records of one split: what cannot be used is named and left out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from throng.core.points import ImagePoints
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
    parts = _chosen(layout, root, split)
    samples = _ordered((sample, belongs) for belongs, part in parts.items() for sample in part.samples)
    records: dict[str, Record] = {}
    skipped = [skip for part in parts.values() for skip in part.skipped]
    clipped, duplicates, swapped = 0, 0, 0
    for done, (sample, belongs) in enumerate(samples, start=1):
        try:
            record, clean = _read(sample, layout.name, belongs)
            if record.name in records:
                raise DatasetError(f"another picture is called {record.name!r}, too")
        except DatasetError as error:
            swapped += isinstance(error, SwappedPointsError)
            skipped.append(Skipped(sample.image, _named(error, sample.image, root)))
        else:
            records[record.name] = record
            clipped, duplicates = clipped + clean.clipped, duplicates + clean.duplicates
        told(done, len(samples))
    _check_order(swapped, len(samples), root)
    return Reading(Dataset(layout.name, split, tuple(records.values()), tuple(skipped)), clipped, duplicates)


def _chosen(layout: Layout, root: Path, split: str) -> Mapping[str, Part]:
    """Return the parts of a split by what they are: all three for `all`."""
    parts = layout.parts(root)
    if "val" not in parts and "train" in parts:
        parts = {**parts, **_held_out(parts["train"], layout)}
    if split == "all":
        return parts
    if split not in parts:
        raise _no_part(split, layout, root, parts)
    return {split: parts[split]}


def _held_out(train: Part, layout: Layout) -> Mapping[str, Part]:
    samples = sorted(train.samples, key=lambda sample: sample.name)
    to_train, to_validate = layout.held_out(len(samples))
    return {
        "train": Part(tuple(samples[i] for i in to_train), train.skipped),
        "val": Part(tuple(samples[i] for i in to_validate)),
    }


def _ordered(samples: Iterable[tuple[Sample, str]]) -> list[tuple[Sample, str]]:
    return sorted(samples, key=lambda pair: pair[0].name)


def _no_part(split: str, layout: Layout, root: Path, parts: Mapping[str, Part]) -> DatasetError:
    if split == "test" and layout.no_test:
        return DatasetError(f"{root}: {layout.name} has no test pictures with labels: {layout.no_test}")
    if layout.of_file:
        return DatasetError(f"{root}: this {layout.name} has no {split} pictures, only those of: {', '.join(parts)}")
    return DatasetError(
        f"{root}: {layout.name} has no {split} pictures here: expected {layout.expected}; found {entries(root)}"
    )


def _read(sample: Sample, source: str, split: str) -> tuple[Record, CleanPoints]:
    stored = sample.stored
    size = picture_size(sample.image) if stored is None else stored.size
    points = sample.points(size)
    # Stored points were cleaned when they were stored; to drop one now would change the count.
    clean = clean_points(points, size) if stored is None else CleanPoints(ImagePoints(points), 0, 0)
    record = Record(
        sample.name,
        sample.image,
        clean.points,
        source if stored is None else stored.source,
        roi=partial(sample.roi, size),
        perspective=partial(sample.perspective, size),
        read=None if stored is None else stored.read,
        split=split,
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
