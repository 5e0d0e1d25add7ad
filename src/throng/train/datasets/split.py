"""The fixed split of training pictures into those that teach and the tenth that is kept back."""

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

SEED = 0


def split_indices(n: int) -> tuple[Indices, Indices]:
    """Keep a random tenth back, the same one every time.

    The pictures are in the order of their file names as strings: IMG_1, IMG_10, IMG_100, IMG_2.

    Args:
        n: how many pictures there are.

    Returns:
        Indices to train on and the `round(n / 10)` to validate on, both rising.
    """
    order = np.random.default_rng(SEED).permutation(n)
    held_out = _tenth(n)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def split_block(n: int) -> tuple[Indices, Indices]:
    """Keep one tenth without gaps back, the same one every time.

    For the frames of one camera: a frame's neighbours in time show the same people, so that frames kept back at random
    would be known from training. Only the two ends of the block have such neighbours.

    Args:
        n: how many frames there are, in the order of time.

    Returns:
        Indices to train on and the `round(n / 10)` to validate on, both rising.
    """
    length = _tenth(n)
    first = int(np.random.default_rng(SEED).integers(n - length + 1))
    block = np.arange(first, first + length)
    return np.setdiff1d(np.arange(n), block), block


def _tenth(n: int) -> int:
    return round(n / 10)
