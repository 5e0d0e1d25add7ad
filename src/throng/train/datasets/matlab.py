"""MATLAB files: what they hold, with errors that say which file and what was expected."""

import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from throng.core.points import FloatArray
from throng.train.errors import DatasetError

MatlabValue = Any
"""A MATLAB value as scipy hands it over: its fields and shape are unknown to the type checker."""


def load_matlab(path: Path, *names: str) -> dict[str, MatlabValue]:
    """Read variables of a .mat file.

    Files of version 7.3 are HDF5; plain arrays are read from them where `h5py` is installed.

    Args:
        path: the file.
        names: variables that must be there.

    Raises:
        DatasetError: the file is missing or broken, or lacks a variable.
    """
    try:
        content: dict[str, MatlabValue] = loadmat(path)
    except NotImplementedError:
        content = _load_version_7_3(path)
    except OSError as error:
        raise DatasetError(f"{path}: the labels cannot be read: {error.strerror or error}") from None
    except (MatReadError, ValueError, TypeError, KeyError, IndexError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path}: expected a MATLAB file, but it is broken or something else ({error})") from None
    missing = [name for name in names if name not in content]
    if missing:
        found = ", ".join(sorted(name for name in content if not name.startswith(("__", "#")))) or "nothing"
        raise DatasetError(f"{path}: expected the variable {missing[0]!r}, found {found}")
    return content


def points_from_one(values: ArrayLike, path: Path) -> FloatArray:
    """Turn MATLAB's points, which count from 1, into (N, 2) points that count from 0.

    Further columns are left out. An empty array of any shape is nobody.

    Raises:
        DatasetError: the values are no rows of x and y.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DatasetError(f"{path}: expected an array of points, found something else") from None
    if array.size == 0:
        return np.empty((0, 2))
    if array.ndim != 2 or array.shape[1] < 2 or (array.shape[0] <= 2 < array.shape[1] and array.shape[1] != 3):
        raise DatasetError(f"{path}: expected points of shape (N, 2), found an array of shape {array.shape}")
    return array[:, :2] - 1


def _load_version_7_3(path: Path) -> dict[str, MatlabValue]:
    if find_spec("h5py") is None:
        raise DatasetError(
            f"{path}: saved as MATLAB version 7.3; install h5py (pip install 'throng[train]'), or save it again in "
            "MATLAB with save(..., '-v7')"
        )
    import h5py  # noqa: PLC0415  an extra brings it

    try:
        with h5py.File(path, "r") as file:
            # HDF5 keeps MATLAB's columns as rows.
            return {name: np.asarray(value).T for name, value in file.items() if isinstance(value, h5py.Dataset)}
    except OSError as error:
        raise DatasetError(f"{path}: expected a MATLAB file of version 7.3, but it is broken ({error})") from None
