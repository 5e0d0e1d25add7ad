"""Writes packs (`throng.train.pack`)."""

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.points import FloatArray, Image
from throng.train.datasets.picture_size import check_whole
from throng.train.datasets.region import mask_at
from throng.train.errors import DatasetError
from throng.train.pack import INDEX, POINTS, PackEntry, PackIndex
from throng.train.record import Dataset, Record, Skipped

DEFAULT_LONGEST_PX = 2048
DEFAULT_QUALITY = 92

Told = Callable[[int, int], None]
"""Is told how many of how many are done."""


@dataclass(frozen=True, slots=True)
class PackReport:
    """What was packed.

    Attributes:
        pictures, people: how many.
        size_bytes: of the file.
        skipped: what was left out, now or when the datasets were read.
    """

    pictures: int
    people: int
    size_bytes: int
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Coded:
    """A picture ready to be written; the entry names its file only then."""

    entry: PackEntry
    jpeg: bytes
    points: NDArray[np.float32]
    region: bytes | None


def write_pack(
    datasets: Mapping[str, Dataset],
    path: Path,
    *,
    longest_px: int | None = DEFAULT_LONGEST_PX,
    quality: int = DEFAULT_QUALITY,
    told: Told = lambda _done, _all: None,
) -> PackReport:
    """Write one file with all pictures of some datasets; nothing is left behind when it fails.

    A picture keeps the split that it belongs to; one that does not say takes that of its dataset.

    Args:
        datasets: by the label that tells them apart, such as `shanghaitech part_A`.
        path: the file to write; one that exists is replaced when the new one is complete.
        longest_px: larger pictures are shrunk to this longer side, with their points; None to keep them.
        quality: of the JPEG coder, 1 to 100. A JPEG that needs no shrinking and is smaller already is kept as it is.
        told: hears how many pictures are packed.

    Raises:
        DatasetError: no picture can be packed, or the file cannot be written.
    """
    unfinished = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
            index, skipped = _write(archive, datasets, longest_px=longest_px, quality=quality, told=told)
        if not index.pictures:
            raise DatasetError(f"{path}: there is no picture to pack; {len(skipped)} were skipped")
        unfinished.replace(path)
        size_bytes = path.stat().st_size
    except OSError as error:
        raise DatasetError(f"{path}: the pack cannot be written: {error.strerror or error}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    people = sum(entry.people for entry in index.pictures)
    earlier = [skip for dataset in datasets.values() for skip in dataset.skipped]
    return PackReport(len(index.pictures), people, size_bytes, (*earlier, *skipped))


def _write(
    archive: zipfile.ZipFile, datasets: Mapping[str, Dataset], *, longest_px: int | None, quality: int, told: Told
) -> tuple[PackIndex, list[Skipped]]:
    entries: list[PackEntry] = []
    points: list[NDArray[np.float32]] = [np.empty((0, 2), dtype=np.float32)]
    skipped: list[Skipped] = []
    regions: set[str] = set()
    total = sum(len(dataset) for dataset in datasets.values())
    for done, coded in enumerate(_all_coded(datasets, longest_px, quality), start=1):
        if isinstance(coded, Skipped):
            skipped.append(coded)
        else:
            file = f"pictures/{len(entries):06d}.jpg"
            archive.writestr(file, coded.jpeg)
            region = _region_entry(archive, coded.region, regions)
            entries.append(coded.entry.model_copy(update={"file": file, "region": region}))
            points.append(coded.points)
        told(done, total)
    index = PackIndex(longest_px=longest_px, quality=quality, pictures=tuple(entries))
    content = io.BytesIO()
    np.save(content, np.concatenate(points), allow_pickle=False)
    archive.writestr(POINTS, content.getvalue())
    archive.writestr(INDEX, index.model_dump_json())
    return index, skipped


def _all_coded(datasets: Mapping[str, Dataset], longest_px: int | None, quality: int) -> Iterator[_Coded | Skipped]:
    jobs = [(label, dataset.split, record) for label, dataset in datasets.items() for record in dataset.records]

    def code(job: tuple[str, str, Record]) -> _Coded | Skipped:
        label, split, record = job
        try:
            return _coded(record, label, split, longest_px=longest_px, quality=quality)
        except DatasetError as error:
            return Skipped(record.path, str(error))

    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        yield from pool.map(code, jobs)


def _region_entry(archive: zipfile.ZipFile, png: bytes | None, known: set[str]) -> str | None:
    if png is None:
        return None
    name = f"regions/{hashlib.sha256(png).hexdigest()[:16]}.png"
    if name not in known:
        archive.writestr(name, png)
        known.add(name)
    return name


def _coded(record: Record, label: str, split: str, *, longest_px: int | None, quality: int) -> _Coded:
    image, content = record.image(), record.content()
    check_whole(content, record.path)
    height, width = image.shape[:2]
    factor = 1.0 if longest_px is None else min(1.0, longest_px / max(width, height))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    points: FloatArray = (record.points + 0.5) * (size[0] / width, size[1] / height) - 0.5
    region = record.roi()
    entry = PackEntry(
        name=record.name,
        source=label,
        split=record.split or split,
        width=size[0],
        height=size[1],
        people=len(points),
        file="",
        region=None,
    )
    return _Coded(
        entry,
        _jpeg(content, image, size, quality),
        np.clip(points, 0, np.array(size) - 1).astype(np.float32),
        None if region is None else _png(np.where(mask_at(region, size), 255, 0).astype(np.uint8)),
    )


def _jpeg(content: bytes, image: Image, size: tuple[int, int], quality: int) -> bytes:
    kept = size == (image.shape[1], image.shape[0])
    fitted = image if kept else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", fitted, [cv2.IMWRITE_JPEG_QUALITY, quality])
    coded = bytes(encoded.tobytes())
    # Coding a JPEG again loses a little each time.
    if kept and content.startswith(b"\xff\xd8") and len(content) <= len(coded):
        return content
    return coded


def _png(mask: NDArray[np.uint8]) -> bytes:
    _, encoded = cv2.imencode(".png", mask)
    return bytes(encoded.tobytes())
