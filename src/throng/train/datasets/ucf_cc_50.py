"""UCF_CC_50 (Idrees et al., CVPR 2013): 50 pictures `n.jpg` with `n_ann.mat`, judged in five folds.

The publisher names no folds. Here they are five tens of a seeded permutation of the pictures in the order of their
names: in fold k the k-th ten is the test part, and the other forty are for training. `ucf_cc_50-fold1` to
`ucf_cc_50-fold5` name them; plain `ucf_cc_50` is the first.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from throng.core.points import FloatArray
from throng.train.datasets.layout import Layout, Part, Sample, Size, paired, pictures_in
from throng.train.datasets.matlab import load_matlab, points_from_one

NAME = "ucf_cc_50"
FOLDS = 5

_LABEL_SUFFIX = "_ann"
_SEED = 0


def fold_layout(fold: int) -> Layout:
    """Return the layout whose test part is one of the folds, 1 to 5."""
    return Layout(NAME, _EXPECTED, _fits, partial(_parts, fold=fold))


def _fits(root: Path) -> bool:
    return any(path.stem.removesuffix(_LABEL_SUFFIX).isdigit() for path in root.glob(f"*{_LABEL_SUFFIX}.mat"))


def _parts(root: Path, *, fold: int) -> Mapping[str, Part]:
    pairs, skipped = paired(
        pictures_in(root),
        root.glob(f"*{_LABEL_SUFFIX}.mat"),
        key=lambda path: path.stem.removesuffix(_LABEL_SUFFIX),
    )
    samples = [Sample(image.stem, image, partial(_points, label)) for image, label in pairs]
    order = np.random.default_rng(_SEED).permutation(len(samples))
    of_test = set(np.array_split(order, FOLDS)[fold - 1].tolist())
    return {
        "train": Part(tuple(sample for i, sample in enumerate(samples) if i not in of_test), skipped),
        "test": Part(tuple(sample for i, sample in enumerate(samples) if i in of_test)),
    }


def _points(label: Path, _size: Size) -> FloatArray:
    return points_from_one(load_matlab(label, "annPoints")["annPoints"], label)


_EXPECTED = "pictures 1.jpg, 2.jpg, … with labels 1_ann.mat, 2_ann.mat, …"

LAYOUT = fold_layout(1)
