"""MOTChallenge text: one person in one frame per line."""

from configparser import ConfigParser, Error, SectionProxy
from dataclasses import dataclass
from pathlib import Path

from throng.evaluation.errors import TruthError
from throng.evaluation.truth import LabelRow, Truth, truth_from_rows

FORMAT = "MOT text"
_PEDESTRIAN = 1
_PEOPLE = frozenset({"person", "people", "pedestrian", "head", "human"})
_LABELLED_COLUMNS = 9
"""MOT16 and later, and CVAT, write nine columns with a class; MOT15 wrote ten with a place in the world."""


@dataclass(frozen=True, slots=True)
class _Sequence:
    """What `seqinfo.ini` says."""

    frames: int
    image_size: tuple[int, int]
    rate_hz: float


def truth_from_mot(path: Path) -> Truth:
    """Read lines `frame, id, left, top, width, height[, considered[, class, visibility]]`, frames and pixels from 1.

    Lines with considered = 0 are left out, and with the nine columns of MOT16 and later, so is every class but 1,
    the pedestrian (or the class that `labels.txt` beside the file calls so, as CVAT writes it). `seqinfo.ini` beside
    the file or one folder up gives the size of the pictures, the rate and the number of frames; without it every
    frame up to the last line counts as labelled.

    Raises:
        TruthError: a line cannot be understood; the message names it.
    """
    person_class = _person_class(path)
    info = _sequence_info(path)
    rows: list[LabelRow] = []
    last = 0
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        values = _values(line, where)
        last = max(last, int(values[0]))
        if _is_person(values, person_class):
            left, top, width, height = values[2] - 1, values[3] - 1, values[4], values[5]
            box = (left, top, left + width, top + height)
            rows.append(LabelRow(int(values[0]) - 1, int(values[1]), box, where))
    return truth_from_rows(
        rows,
        path=path,
        format_name=FORMAT,
        labelled=range(last if info is None else info.frames),
        image_size=None if info is None else info.image_size,
        rate_hz=None if info is None else info.rate_hz,
    )


def _values(line: str, where: str) -> list[float]:
    try:
        values = [float(text) for text in line.split(",")]
    except ValueError:
        raise TruthError(
            f"{where}: expected MOT text, numbers separated by commas, got {line.strip()[:60]!r}"
        ) from None
    if len(values) < 6:
        raise TruthError(f"{where}: expected at least frame, id, left, top, width, height; got {len(values)} numbers")
    if values[0] < 1 or not values[0].is_integer() or not values[1].is_integer():
        raise TruthError(f"{where}: frame (from 1) and id must be whole numbers, got {values[0]:g} and {values[1]:g}")
    return values


def _is_person(values: list[float], person_class: int) -> bool:
    considered = len(values) < 7 or values[6] != 0
    return considered and (len(values) != _LABELLED_COLUMNS or values[7] == person_class)


def _person_class(path: Path) -> int:
    """The class number of people: CVAT numbers the lines of `labels.txt` from 1."""
    labels = path.with_name("labels.txt")
    if not labels.is_file():
        return _PEDESTRIAN
    names = [name.strip() for name in labels.read_text(encoding="utf-8").splitlines() if name.strip()]
    people = [i for i, name in enumerate(names, start=1) if name.lower() in _PEOPLE]
    if len(names) == 1:
        return 1
    if len(people) != 1:
        raise TruthError(f"{labels}: exactly one label must mean people ({', '.join(sorted(_PEOPLE))}), got {names}")
    return people[0]


def _sequence_info(path: Path) -> _Sequence | None:
    for folder in (path.parent, path.parent.parent):
        file = folder / "seqinfo.ini"
        if file.is_file():
            return _read_sequence_info(file)
    return None


def _read_sequence_info(file: Path) -> _Sequence:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(file.read_text(encoding="utf-8-sig"), source=str(file))
        section: SectionProxy = parser["Sequence"]
        return _Sequence(
            frames=int(section["seqLength"]),
            image_size=(int(section["imWidth"]), int(section["imHeight"])),
            rate_hz=float(section["frameRate"]),
        )
    except (Error, KeyError, ValueError) as error:
        raise TruthError(
            f"{file}: expected [Sequence] with seqLength, imWidth, imHeight and frameRate as numbers ({error})"
        ) from None
