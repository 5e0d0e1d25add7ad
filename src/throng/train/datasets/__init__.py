"""Labelled crowds, each dataset as its publisher lays it out, all read into the same records.

Where the publisher chose no validation pictures, a fixed tenth of the training pictures is kept back
(`throng.train.datasets.split`): a random one of photographs, a block without gaps of frames of one camera.

`pack` is the one layout that is a file, not a folder: what `throng data pack` wrote of any others.
"""

from difflib import get_close_matches
from pathlib import Path

from throng.train.datasets import (
    crowdhuman,
    cvat_points,
    jhu,
    mall,
    nwpu,
    packed,
    points_file,
    shanghaitech,
    ucf_cc_50,
    ucf_qnrf,
    ucsd,
    worldexpo,
)
from throng.train.datasets.layout import Layout, entries
from throng.train.datasets.reading import Reading, Told, read_layout
from throng.train.errors import DatasetError
from throng.train.record import Dataset

DATASETS: dict[str, Layout] = {
    module.LAYOUT.name: module.LAYOUT
    for module in (
        shanghaitech,
        ucf_cc_50,
        ucf_qnrf,
        mall,
        ucsd,
        worldexpo,
        jhu,
        nwpu,
        crowdhuman,
        cvat_points,
        points_file,
        packed,
    )
}
"""Layouts by name."""

_FOLDS = {f"{ucf_cc_50.NAME}-fold{fold}": ucf_cc_50.fold_layout(fold) for fold in range(1, ucf_cc_50.FOLDS + 1)}


def open_dataset(name: str, root: Path, split: str = "all", *, told: Told = lambda _done, _all: None) -> Dataset:
    """Open one split of a dataset; pictures are decoded when they are asked for.

    Args:
        name: one of `DATASETS`, or `ucf_cc_50-fold1` to `ucf_cc_50-fold5`.
        root: the folder that the layout describes; for ShanghaiTech that of one part, for `pack` its file.
        split: `train`, `val`, `test` or `all`.
        told: hears how many pictures' labels are read.

    Raises:
        DatasetError: the name is unknown, the folder is laid out otherwise, or has no such split. Files that are broken
            or lack their counterpart are not an error: they are named in `Dataset.skipped`.
    """
    return read_dataset(name, root, split, told=told).dataset


def read_dataset(name: str, root: Path, split: str = "all", *, told: Told = lambda _done, _all: None) -> Reading:
    """Open one split of a dataset, as `open_dataset` does, and say what was mended in it."""
    return read_layout(_layout(name), root, split, told=told)


def recognise(root: Path) -> str:
    """Return the name of the layout that a folder, or the file of a pack, has.

    Raises:
        DatasetError: none fits, or several do.
    """
    fitting = [name for name, layout in DATASETS.items() if layout.suits(root)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise DatasetError(f"{root}: laid out as {' and as '.join(fitting)}; choose one with --dataset")
    if root.is_file():
        raise DatasetError(f"{root}: expected the folder of a dataset, or a file of `throng data pack`; found a file")
    if not root.is_dir():
        raise DatasetError(f"{root}: expected the folder of a dataset, found {entries(root)}")
    hints = [hint for layout in DATASETS.values() if (hint := layout.hint(root))]
    known = "; ".join(f"{name}: {layout.expected}" for name, layout in DATASETS.items())
    raise DatasetError(
        f"{root}: no dataset that is known: found {entries(root)}; {hints[0] if hints else f'expected one of: {known}'}"
    )


def _layout(name: str) -> Layout:
    layouts = DATASETS | _FOLDS
    if name in layouts:
        return layouts[name]
    close = get_close_matches(name.lower(), layouts, n=1)
    guess = f"did you mean {close[0]!r}? " if close else ""
    raise DatasetError(f"unknown dataset {name!r}; {guess}known: {', '.join(DATASETS)}")
