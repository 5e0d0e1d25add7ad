"""How a publisher lays a dataset out: what is in its folder, and which picture belongs to which labels."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from throng.core.points import FloatArray, Mask
from throng.train.datasets.split import Indices, split_indices
from throng.train.errors import DatasetError
from throng.train.record import Skipped

Size = tuple[int, int]
"""Width and height of a picture in pixels."""

PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp"})

_SHOWN_ENTRIES = 8


def _nothing(_size: Size) -> None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A picture that is no file of its own, and whose labels were checked when it was stored.

    Attributes:
        read: gives the coded picture.
        size: of the picture.
        source: the dataset that it was taken from.
    """

    read: Callable[[], bytes]
    size: Size
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture and how to read its labels; nothing is read before it is asked for.

    Attributes:
        name: unique in its dataset, whatever the split.
        image: the picture's file, or where it is stored.
        points: reads the (N, 2) heads as published, but 0-based and in pixels of the picture of that size.
        roi: reads the (H, W) region in which people are labelled, None where it is the whole picture.
        perspective: reads the (H, W) pixels per metre, None where there are none.
        stored: how to read a picture that is no file of its own.
    """

    name: str
    image: Path
    points: Callable[[Size], FloatArray]
    roi: Callable[[Size], Mask | None] = _nothing
    perspective: Callable[[Size], FloatArray | None] = _nothing
    stored: Stored | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The pictures that a publisher put together.

    Attributes:
        samples: pictures with labels.
        skipped: what has no counterpart.
    """

    samples: tuple[Sample, ...]
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of one publisher.

    Attributes:
        name: name of the dataset.
        expected: what its folder holds, to follow the word "expected".
        fits: whether a folder, or a file, is laid out like that, judged by a few names in it.
        parts: lists the publisher's parts of a folder that fits: `train`, `test`, and `val` where the publisher chose
            one; a part that is not there is left out.
        held_out: what is kept back from `train` where the publisher chose no `val`.
        hint: for a folder that does not fit: what to do, where that can be guessed.
        no_test: why there is no test part, where there never is.
        of_file: whether it is one file and no folder.
    """

    name: str
    expected: str
    fits: Callable[[Path], bool]
    parts: Callable[[Path], Mapping[str, Part]]
    held_out: Callable[[int], tuple[Indices, Indices]] = split_indices
    hint: Callable[[Path], str] = lambda _root: ""
    no_test: str = ""
    of_file: bool = False

    def suits(self, root: Path) -> bool:
        """Tell whether there is a folder, or a file, that is laid out like that."""
        return (root.is_file() if self.of_file else root.is_dir()) and self.fits(root)


def pictures_in(folder: Path) -> list[Path]:
    """List the pictures in a folder by name; none when there is no such folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_ENDINGS)


def paired(
    images: Iterable[Path], labels: Iterable[Path], *, key: Callable[[Path], str]
) -> tuple[list[tuple[Path, Path]], tuple[Skipped, ...]]:
    """Bring pictures and label files together.

    Args:
        images: files of pictures.
        labels: files of labels.
        key: what a label file's picture is called, without its ending.

    Returns:
        Pairs in the order of the pictures' names, and what has no counterpart.
    """
    by_picture = {key(path): path for path in labels}
    pairs, alone = [], []
    for image in sorted(images, key=lambda path: path.name):
        label = by_picture.pop(image.stem, None)
        if label is None:
            alone.append(Skipped(image, f"{image}: the picture has no labels"))
        else:
            pairs.append((image, label))
    alone += [Skipped(path, f"{path}: the labels have no picture {name}") for name, path in sorted(by_picture.items())]
    return pairs, tuple(alone)


def entries(root: Path) -> str:
    """Say what is in a folder, to follow the word "found"."""
    if root.is_file():
        return "a file"
    if not root.is_dir():
        return "no such folder"
    try:
        names = sorted(path.name + "/" * path.is_dir() for path in root.iterdir())
    except OSError as error:
        return f"a folder that cannot be read ({error.strerror})"
    if not names:
        return "an empty folder"
    # Folders say more about a layout than the first eight of a thousand pictures.
    names.sort(key=lambda name: not name.endswith("/"))
    more = f" and {len(names) - _SHOWN_ENTRIES} more" if len(names) > _SHOWN_ENTRIES else ""
    return ", ".join(names[:_SHOWN_ENTRIES]) + more


def check_layout(layout: Layout, root: Path) -> None:
    """Refuse a folder of another layout.

    Raises:
        DatasetError: the folder is laid out otherwise; the message says what was expected and what was found.
    """
    if layout.suits(root):
        return
    hint = layout.hint(root) if root.is_dir() else ""
    raise DatasetError(
        f"{root}: not laid out as {layout.name}: expected {layout.expected}; found {entries(root)}"
        + (f"; {hint}" if hint else "")
    )
