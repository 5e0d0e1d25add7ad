"""CVAT for video 1.1: tracks of boxes or points."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from throng.evaluation.elements import Element
from throng.evaluation.errors import TruthError
from throng.evaluation.truth import LabelRow, Truth, truth_from_rows

FORMAT = "CVAT for video XML"

PEOPLE_LABELS = frozenset({"person", "persons", "people", "pedestrian", "pedestrians", "head", "heads", "human"})
"""Labels that stand for people when a task has several labels; with one label it is taken as it is."""


def truth_from_cvat_video(root: Element, *, path: Path) -> Truth:
    """Read `<annotations><meta/><track id label><box frame outside xtl ytl xbr ybr>` (or `<points points="x,y">`).

    Frames count from 0 in the video, also for a task that starts later or takes every n-th frame. CVAT lists every
    frame of a track; where a file lists key frames only, positions between them are interpolated linearly, as CVAT
    itself does, up to where the person goes outside.

    Raises:
        TruthError: the file is a "CVAT for images" export, lacks the task's size, or its labels name no people.
    """
    if next(root.all("image"), None) is not None:
        raise TruthError(
            f"{path}: this is a 'CVAT for images' export, which has no identities over time; "
            "export the task as 'CVAT for video 1.1'"
        )
    meta = _task(root, path)
    labelled = _labelled_frames(meta, path)
    tracks = _people_tracks(root, path)
    rows = [row for track in tracks for row in _track_rows(track, labelled)]
    size = (_meta_number(meta, path, "original_size", "width"), _meta_number(meta, path, "original_size", "height"))
    return truth_from_rows(rows, path=path, format_name=FORMAT, labelled=labelled, image_size=size)


def _task(root: Element, path: Path) -> Element:
    for kind in ("task", "job"):
        found = next(root.all("meta", kind), None)
        if found is not None:
            return found
    raise TruthError(f"{path}: <meta> holds no <task>; export the task (not the project) as 'CVAT for video 1.1'")


def _meta_number(meta: Element, path: Path, *tags: str) -> int:
    text = meta.first_text(*tags)
    if text is None or not text.isdigit():
        raise TruthError(f"{path}: <meta> must say <{'><'.join(tags)}> as a whole number, got {text!r}")
    return int(text)


def _labelled_frames(meta: Element, path: Path) -> range:
    size = _meta_number(meta, path, "size")
    start = _meta_number(meta, path, "start_frame") if meta.first_text("start_frame") else 0
    step = (meta.first_text("frame_filter") or "step=1").removeprefix("step=")
    if not step.isdigit() or int(step) == 0:
        raise TruthError(f"{path}: <frame_filter> must be step=N, got {meta.first_text('frame_filter')!r}")
    return range(start, start + size * int(step), int(step))


def _people_tracks(root: Element, path: Path) -> list[Element]:
    tracks = list(root.all("track"))
    labels = {track.attribute("label") for track in tracks}
    people = {label for label in labels if label.lower() in PEOPLE_LABELS} if len(labels) > 1 else labels
    if labels and not people:
        raise TruthError(
            f"{path}: none of the labels {', '.join(sorted(labels))} is known to mean people; "
            f"rename the label of the people to one of {', '.join(sorted(PEOPLE_LABELS))}"
        )
    return [track for track in tracks if track.attribute("label") in people]


def _track_rows(track: Element, labelled: range) -> Iterator[LabelRow]:
    """Yield one row per frame in which the person is in the picture."""
    person = track.integer("id")
    shapes = sorted((s for s in track.children if s.tag in {"box", "points"}), key=lambda shape: shape.integer("frame"))
    for shape, following in zip(shapes, [*shapes[1:], None], strict=True):
        if shape.attributes.get("outside") == "1":
            continue
        frame, values = shape.integer("frame"), _values(shape)
        yield LabelRow(frame, person, values, shape.where)
        if following is None:
            continue
        until = following.integer("frame")
        target = values if following.attributes.get("outside") == "1" else _values(following)
        for between in range(frame + labelled.step, until, labelled.step):
            yield LabelRow(between, person, _mix(values, target, (between - frame) / (until - frame)), shape.where)


def _mix(start: Sequence[float], end: Sequence[float], share: float) -> tuple[float, ...]:
    return tuple(float(v) for v in np.add(np.multiply(start, 1 - share), np.multiply(end, share)))


def _values(shape: Element) -> tuple[float, ...]:
    if shape.tag == "box":
        return tuple(shape.number(name) for name in ("xtl", "ytl", "xbr", "ybr"))
    pairs = shape.attribute("points").split(";")
    try:
        (x, y), *more = [tuple(float(v) for v in pair.split(",")) for pair in pairs]
    except ValueError:
        raise TruthError(f'{shape.where}: expected points="x,y", got {shape.attribute("points")!r}') from None
    if more:
        raise TruthError(f"{shape.where}: expected one point per person and frame, got {len(pairs)}")
    return x, y
