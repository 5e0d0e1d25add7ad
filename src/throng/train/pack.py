"""A pack: labelled pictures of one or more datasets in one compact file, for training that starts at once.

The file is a ZIP archive without further compression:

| entry | what |
|---|---|
| `index.json` | `{"format": "throng-pack", "version": 1, "longest_px", "quality", "pictures": [...]}` |
| `points.npy` | (M, 2) float32, pixels from 0: the heads of all pictures one after the other |
| `pictures/000000.jpg` | the pictures in the order of the index |
| `regions/….png` | regions in which people are labelled, 0 or 255; pictures of one camera share one |

Each of `pictures` is `{"name", "source", "split", "width", "height", "people", "file", "region"}`, `region` being the
name of an entry or null. Pixels per metre are not kept.

`throng.train.datasets.open_dataset("pack", FILE, split)` opens it like any other dataset.
"""

import io
import json
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from throng.core.points import ImagePoints, image_points
from throng.train.errors import DatasetError

INDEX, POINTS = "index.json", "points.npy"

_ZIP_ERRORS = (zipfile.BadZipFile, KeyError, EOFError, OSError, ValueError)


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PackEntry(_Form):
    """A picture as the index names it.

    Attributes:
        name: unique in its source.
        source: label of its dataset, such as `shanghaitech part_A`.
        split: `train`, `val` or `test`; `all` where nobody said.
        width, height: pixels, as packed.
        people: heads in it.
        file: the archive's entry with the picture.
        region: the archive's entry with the labelled region, None for the whole picture.
    """

    name: str
    source: str
    split: str
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    people: int = Field(ge=0)
    file: str
    region: str | None


class PackIndex(_Form):
    """What is in a pack.

    Attributes:
        format, version: what tells a pack from another archive.
        longest_px: larger pictures were shrunk to this, None for none.
        quality: of the JPEG coder, 1 to 100.
        pictures: in the order of the points.
    """

    format: Literal["throng-pack"] = "throng-pack"
    version: Literal[1] = 1
    longest_px: int | None
    quality: int
    pictures: tuple[PackEntry, ...]


VERSION: int = PackIndex.model_fields["version"].default


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A pack whose index was read; pictures are read when they are asked for, from any thread.

    Attributes:
        path: the file.
        index: what is in it.
        points: (M, 2) heads of all pictures, one picture after the other.
        archive: the file, open for as long as something refers to it: to look through the names in it again for every
            picture would take longer than to read the picture.
    """

    path: Path
    index: PackIndex
    points: NDArray[np.float32]
    archive: zipfile.ZipFile

    def __len__(self) -> int:
        return len(self.index.pictures)

    def heads(self) -> list[ImagePoints]:
        """Return the (N, 2) heads of each picture, pixels as packed, 0-based."""
        ends = np.cumsum([entry.people for entry in self.index.pictures])
        return [image_points(points) for points in np.split(self.points, ends[:-1])] if len(self) else []

    def content(self, name: str) -> bytes:
        """Read one entry of the archive.

        Raises:
            DatasetError: it is missing or broken.
        """
        try:
            return self.archive.read(name)
        except _ZIP_ERRORS as error:
            raise DatasetError(f"{self.path}: {name} is broken ({error}); pack the datasets again") from None


def open_pack(path: Path) -> Pack:
    """Read the index and the points of a pack.

    Raises:
        DatasetError: the file is missing, no pack, of another version, or broken.
    """
    with ExitStack() as on_error:
        try:
            archive = on_error.enter_context(zipfile.ZipFile(path))
            index = _index(archive.read(INDEX), path)
            points = np.load(io.BytesIO(archive.read(POINTS)), allow_pickle=False)
        except FileNotFoundError:
            raise DatasetError(f"{path}: there is no such pack; make one with: throng data pack") from None
        except _ZIP_ERRORS as error:
            raise DatasetError(
                f"{path}: expected a pack of `throng data pack`, but it is broken or something else ({error})"
            ) from None
        people = sum(entry.people for entry in index.pictures)
        if points.shape != (people, 2):
            raise DatasetError(f"{path}: the index names {people} heads, but there are points of shape {points.shape}")
        on_error.pop_all()
    return Pack(path, index, points.astype(np.float32), archive)


def _index(content: bytes, path: Path) -> PackIndex:
    found = json.loads(content)
    version = found.get("version") if isinstance(found, dict) else None
    if isinstance(version, int) and version != VERSION:
        raise DatasetError(f"{path}: expected a pack of version {VERSION}, found version {version}; pack it again")
    try:
        return PackIndex.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DatasetError(
            f"{path}: the index of the pack does not fit at {where or 'the top'}: {first['msg']}"
        ) from None
