"""UCSD people counting: MATLAB files with head points per frame or per person."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from throng.core.points import FloatArray
from throng.evaluation.errors import TruthError
from throng.evaluation.truth import LabelRow, Truth, truth_from_rows

FORMAT = "UCSD points"
IMAGE_SIZE = (238, 158)
"""Pictures that the points, masks and perspective maps of the set were made on; its videos have 240×160."""

RATE_HZ = 10.0

MatlabStruct = Any
"""A MATLAB struct as scipy hands it over: fields by name, their shape unknown to the type checker."""


def truth_from_ucsd(path: Path) -> Truth:
    """Read `*_frame_full.mat` (points by frame) or `*_people_full.mat` (points by person).

    A point is (x, y, frame), all from 1 as MATLAB counts. In a file by person, every frame up to the last point
    counts as labelled.

    Raises:
        TruthError: the file is broken or holds something else, such as the counts of a region.
    """
    content = _load(path)
    try:
        if "frame" in content:
            rows, frames = list(_rows_by_frame(content["frame"], path)), content["frame"].size
        elif "people" in content:
            rows = list(_rows_by_person(content["people"], path))
            frames = max((row.frame + 1 for row in rows), default=0)
        else:
            names = ", ".join(sorted(name for name in content if not name.startswith("__"))) or "nothing"
            raise TruthError(
                f"{path}: expected the variable 'frame' or 'people' with points, found {names}; "
                "take the *_frame_full.mat or *_people_full.mat file of the clip"
            )
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise TruthError(f"{path}: the points are not laid out as in the UCSD set ({error})") from None
    return truth_from_rows(
        rows, path=path, format_name=FORMAT, labelled=range(frames), image_size=IMAGE_SIZE, rate_hz=RATE_HZ
    )


def _load(path: Path) -> dict[str, MatlabStruct]:
    try:
        content: dict[str, MatlabStruct] = loadmat(path)
    except (MatReadError, ValueError, TypeError, NotImplementedError, OSError) as error:
        raise TruthError(f"{path}: not a MATLAB file that can be read ({error})") from None
    return content


def _rows_by_frame(cells: MatlabStruct, path: Path) -> Iterator[LabelRow]:
    for number, cell in enumerate(cells.flat):
        frame = cell[0, 0]
        ids = np.asarray(frame["id"]).ravel()
        for person, (x, y) in zip(ids, _points(frame["loc"])[:, :2], strict=True):
            yield _row(number, person, x=x, y=y, path=path)


def _rows_by_person(cells: MatlabStruct, path: Path) -> Iterator[LabelRow]:
    for cell in cells.flat:
        person = cell[0, 0]
        for x, y, frame in _points(person["loc"]):
            yield _row(int(frame) - 1, np.asarray(person["id"]).item(), x=x, y=y, path=path)


def _points(loc: MatlabStruct) -> FloatArray:
    points = np.asarray(loc, dtype=np.float64)
    return points.reshape(-1, 3) if points.size == 0 else points


def _row(frame: int, person: int, *, x: float, y: float, path: Path) -> LabelRow:
    return LabelRow(frame, int(person), (float(x) - 1, float(y) - 1), f"{path}, frame {frame}")
