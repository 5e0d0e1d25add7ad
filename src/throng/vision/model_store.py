"""The folder of third-party models: found by name, trusted only by hash.

The folder is `THRONG_MODELS`, or `throng/models` in the user's cache. `pull` puts each model into a folder of its
name; files that somebody put anywhere below by hand are found by file name and hash as well.
"""

import difflib
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from throng.vision.catalogue import CATALOGUE, Edition, ModelEntry
from throng.vision.errors import VisionError

if TYPE_CHECKING:
    from throng.vision.fetch import Progress


class ModelState(StrEnum):
    """Whether a named model is there and is what it should be."""

    INSTALLED = "installed"
    MISSING = "missing"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found.

    Attributes:
        name: the model.
        state: installed, missing or differs.
        path: the file to load; None unless installed.
        detail: which edition, or which file differs with the expected and the real hash.
    """

    name: str
    state: ModelState
    path: Path | None
    detail: str


def models_dir() -> Path:
    """Return the folder of models: `THRONG_MODELS`, else `throng/models` in the XDG cache."""
    named = os.environ.get("THRONG_MODELS")
    if named:
        return Path(named).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "throng" / "models"


class ModelStore:
    """Named models in one folder.

    Args:
        folder: where the models lie; it need not exist yet.
        catalogue: the models that have a name.
    """

    def __init__(self, folder: Path, catalogue: Mapping[str, ModelEntry] = CATALOGUE) -> None:
        self.folder = folder
        self.catalogue = catalogue

    def entry(self, name: str) -> ModelEntry:
        """Look a model up.

        Raises:
            VisionError: there is no such name; the message says which are near.
        """
        if name in self.catalogue:
            return self.catalogue[name]
        raise VisionError(unknown_model(name, self.catalogue))

    def find(self, name: str) -> Path:
        """Return the file to load, its hash checked (once per file and process).

        Raises:
            VisionError: the name is unknown, the model is not there, or a file is not what it should be.
        """
        verdict = self._examine(self.entry(name), self.folder)
        if verdict.path is not None:
            return verdict.path
        if verdict.state is ModelState.DIFFERS:
            raise VisionError(
                f"model {name} is not used: {verdict.detail}; fetch it again with: throng models pull {name}"
            )
        raise VisionError(
            f"model {name} is not in {self.folder}; fetch it with: throng models pull {name} "
            "(without internet: throng models pull NAME --from DIR)"
        )

    def state_of(self, name: str) -> ModelState:
        """Return whether a model is installed, missing or differs.

        Raises:
            VisionError: the name is unknown.
        """
        return self._examine(self.entry(name), self.folder).state

    def verify(self, name: str) -> Verdict:
        """Hash the files of one model anew.

        Raises:
            VisionError: the name is unknown.
        """
        _known_hashes.clear()
        return self._examine(self.entry(name), self.folder)

    def pull(self, name: str, *, from_dir: Path | None = None, progress: "Progress | None" = None) -> Path:
        """Bring a model into the folder and return the file to load. A model that is there already stays.

        Args:
            name: the model.
            from_dir: folder that holds the files somewhere below it, instead of the publisher.
            progress: called while bytes come in.

        Raises:
            VisionError: unknown name, no connection, files missing or different, disk full.
        """
        from throng.vision.fetch import copy_file, download  # noqa: PLC0415  (loads an HTTP client)

        entry = self.entry(name)
        there = self._examine(entry, self.folder)
        if there.path is not None:
            return there.path
        target = self.folder / name
        if from_dir is None:
            for file in self._fetchable(entry).files:
                download(target / file.name, expected=file, progress=progress)
        else:
            place, edition = self._brought(entry, from_dir)
            for file in edition.files:
                copy_file(place / file.name, target / file.name, expected=file, progress=progress)
        return self.find(name)

    def _brought(self, entry: ModelEntry, from_dir: Path) -> tuple[Path, Edition]:
        """Find a whole edition in a folder or below it."""
        if not from_dir.is_dir():
            raise VisionError(f"{from_dir}: there is no such folder")
        places = list(_places(from_dir, entry.editions[0].files[0].name))
        for place in places:
            edition = _edition_at(entry, place)
            if edition is not None:
                return place, edition
        names = " and ".join(file.name for file in entry.editions[0].files)
        found = _difference(entry, places[0]) if places else "it holds no file of that name"
        raise VisionError(f"{from_dir}: expected {names} in it or below; {found}")

    def _fetchable(self, entry: ModelEntry) -> Edition:
        for edition in entry.editions:
            if edition.fetchable:
                return edition
        raise VisionError(f"model {entry.name} can no longer be fetched; bring its files with --from DIR")

    def _examine(self, entry: ModelEntry, folder: Path) -> Verdict:
        """Look for a whole edition; the model's own folder decides alone when it holds the file."""
        own = folder / entry.name
        main = entry.editions[0].files[0].name
        places = [own] if (own / main).is_file() else list(_places(folder, main))
        for place in places:
            edition = _edition_at(entry, place)
            if edition is not None:
                return Verdict(entry.name, ModelState.INSTALLED, place / main, edition.label)
        if places:
            return Verdict(entry.name, ModelState.DIFFERS, None, _difference(entry, places[0]))
        return Verdict(entry.name, ModelState.MISSING, None, f"not in {folder}")


def default_store() -> ModelStore:
    """Return the store of this machine's model folder."""
    return ModelStore(models_dir())


def find(name: str) -> Path:
    """Return the checked file of a model in this machine's folder; see `ModelStore.find`."""
    return default_store().find(name)


def is_installed(name: str) -> bool:
    """Tell whether files of a model lie in this machine's folder; `find` still refuses them when a hash differs."""
    return default_store().state_of(name) is not ModelState.MISSING


def unknown_model(name: str, known: Mapping[str, object]) -> str:
    """Say that a model name is unknown, which are known, and which one may have been meant."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" did you mean {near[0]!r}?" if near else ""
    return f"unknown model {name!r};{hint} known models: {', '.join(sorted(known))}"


_known_hashes: dict[tuple[str, int, int], str] = {}


def _hash(path: Path) -> str:
    """Hash a file once per process; a file that was written since is hashed again."""
    stat = path.stat()
    key = (str(path.resolve()), stat.st_mtime_ns, stat.st_size)
    if key not in _known_hashes:
        with path.open("rb") as file:
            _known_hashes[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _known_hashes[key]


def _places(folder: Path, file_name: str) -> Iterator[Path]:
    for path in sorted(folder.rglob(file_name), key=lambda p: (len(p.parts), str(p))):
        if path.is_file():
            yield path.parent


def _edition_at(entry: ModelEntry, place: Path) -> Edition | None:
    for edition in entry.editions:
        paths = [place / file.name for file in edition.files]
        if all(p.is_file() and _hash(p) == f.sha256 for p, f in zip(paths, edition.files, strict=True)):
            return edition
    return None


def _difference(entry: ModelEntry, place: Path) -> str:
    for file in entry.editions[0].files:
        path = place / file.name
        if not path.is_file():
            return f"{path} is missing"
        expected = [f.sha256 for e in entry.editions for f in e.files if f.name == file.name]
        got = _hash(path)
        if got not in expected:
            return f"{path} has SHA-256 {got}, expected {' or '.join(expected)}"
    return f"the files in {place} belong to different editions"
