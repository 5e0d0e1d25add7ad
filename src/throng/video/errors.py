"""What can go wrong between a camera and a frame, or between a frame and a file."""

from throng.core.errors import ThrongError
from throng.video.classify import Fault


class VideoError(ThrongError):
    """A problem with video that the user can act on."""


class SourceError(VideoError):
    """A source cannot be opened or cannot be read any further.

    Attributes:
        fault: what kind of problem it is, for code that decides whether to try again.
    """

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class OutputError(ThrongError):
    """A file of results cannot be written: the message names the file and what was kept."""
