"""Labels that name their pictures by path: shared by the layouts for one's own pictures."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from throng.core.points import FloatArray, Mask
from throng.train.datasets.layout import Part, Sample, Size, pictures_in
from throng.train.datasets.region import polygons_mask
from throng.train.errors import DatasetError
from throng.train.record import Skipped

SPLIT_NAMES = {"": "train", "train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
"""What a label file may call a part, in lower case; pictures without one are for training."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """The labels of one picture.

    Attributes:
        file: the picture's path below the dataset's folder or its folder `images`.
        points: (N, 2) pixels, 0-based, the centre of the top left pixel at (0, 0).
        split: the part it belongs to, one of `SPLIT_NAMES`.
        where: file and place of the labels.
        regions: polygons, each (N, 2), in which people are labelled; none for the whole picture.
        size: width and height of the picture that was labelled, where the labels say it.
    """

    file: str
    points: FloatArray
    split: str
    where: str
    regions: tuple[FloatArray, ...] = ()
    size: Size | None = None

    def checked_points(self, size: Size) -> FloatArray:
        """Return the points.

        Raises:
            DatasetError: the labels were made on a picture of another size.
        """
        if self.size is not None and self.size != size:
            labelled_on, found = (f"{width}×{height}" for width, height in (self.size, size))
            raise DatasetError(f"{self.where}: labelled on {labelled_on} pixels, but the picture has {found}")
        return self.points

    def region(self, size: Size) -> Mask | None:
        """Return the (H, W) region in which people are labelled, None for the whole picture."""
        return polygons_mask(self.regions, size) if self.regions else None


def parts_of(root: Path, labels: Iterable[Labelled], skipped: Iterable[Skipped]) -> dict[str, Part]:
    """Bring labels and their pictures together, by the part that the labels name.

    Raises:
        DatasetError: a part is called something unknown.
    """
    samples: dict[str, list[Sample]] = {"train": []}
    left_out, known = list(skipped), set()
    for labelled in labels:
        part = SPLIT_NAMES.get(labelled.split.strip().lower())
        if part is None:
            expected = ", ".join(name for name in SPLIT_NAMES if name)
            raise DatasetError(f"{labelled.where}: unknown split {labelled.split!r}; expected one of: {expected}")
        path = _find(root, labelled.file)
        if path is None:
            left_out.append(Skipped(root / labelled.file, f"{labelled.where}: there is no picture {labelled.file}"))
            continue
        known.add(path)
        name = PurePosixPath(labelled.file).with_suffix("").as_posix()
        samples.setdefault(part, []).append(Sample(name, path, labelled.checked_points, roi=labelled.region))
    strangers = [path for folder in (root, root / "images") for path in pictures_in(folder) if path not in known]
    left_out += [Skipped(path, f"{path}: the picture has no labels") for path in strangers]
    return {part: Part(tuple(of_part), tuple(left_out) if part == "train" else ()) for part, of_part in samples.items()}


def _find(root: Path, file: str) -> Path | None:
    return next((path for path in (root / file, root / "images" / file) if file and path.is_file()), None)
