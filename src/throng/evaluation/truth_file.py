"""Reads a truth file of any known format: the content decides, not the name."""

from pathlib import Path

from throng.evaluation.cvat_video import truth_from_cvat_video
from throng.evaluation.cvml import truth_from_cvml
from throng.evaluation.elements import read_elements
from throng.evaluation.errors import TruthError
from throng.evaluation.mot import truth_from_mot
from throng.evaluation.truth import Truth
from throng.evaluation.ucsd import truth_from_ucsd

_KNOWN = "CVML XML, CVAT for video 1.1 XML, MOT text or UCSD points (.mat)"
_XML_ROOTS = {"dataset": truth_from_cvml, "annotations": truth_from_cvat_video}
_MATLAB_MAGIC = (b"MATLAB", b"\x89HDF")


def read_truth(path: Path) -> Truth:
    """Read the labels of a clip.

    Raises:
        TruthError: the file is missing, is in no known format, or is broken; the message names the line.
    """
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise TruthError(f"{path}: the truth file cannot be read: {error.strerror}") from None
    if not head.strip():
        raise TruthError(f"{path}: the truth file is empty; expected {_KNOWN}")
    if head.startswith(_MATLAB_MAGIC):
        return truth_from_ucsd(path)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _from_xml(path)
    if b"\0" in head:
        raise TruthError(f"{path}: this is no truth file that Throng knows; expected {_KNOWN}")
    try:
        return truth_from_mot(path)
    except UnicodeDecodeError:
        raise TruthError(f"{path}: this is no text in UTF-8; expected {_KNOWN}") from None


def _from_xml(path: Path) -> Truth:
    root = read_elements(path)
    reader = _XML_ROOTS.get(root.tag)
    if reader is None:
        raise TruthError(
            f"{path}: XML with <{root.tag}> outside is no truth that Throng knows; "
            "expected <dataset> (CVML) or <annotations> (CVAT for video 1.1)"
        )
    return reader(root, path=path)
