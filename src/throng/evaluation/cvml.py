"""CVML: the XML of CAVIAR and PETS."""

from pathlib import Path

from throng.evaluation.elements import Element
from throng.evaluation.truth import LabelRow, Truth, truth_from_rows

FORMAT = "CVML XML"


def truth_from_cvml(root: Element, *, path: Path) -> Truth:
    """Read `<dataset><frame number><objectlist><object id><box h w xc yc>`, boxes by their centre.

    Frames count from 0, as the video does. Every listed frame is labelled, also with an empty list. The format does
    not say the size of the pictures.

    Raises:
        TruthError: something is missing or no number; the message names the line.
    """
    rows = [
        LabelRow(frame.integer("number"), thing.integer("id"), _corners(box), box.where)
        for frame in root.all("frame")
        for thing in frame.all("objectlist", "object")
        for box in thing.all("box")
    ]
    labelled = [frame.integer("number") for frame in root.all("frame")]
    return truth_from_rows(rows, path=path, format_name=FORMAT, labelled=labelled)


def _corners(box: Element) -> tuple[float, float, float, float]:
    x, y, half_w, half_h = box.number("xc"), box.number("yc"), box.number("w") / 2, box.number("h") / 2
    return x - half_w, y - half_h, x + half_w, y + half_h
