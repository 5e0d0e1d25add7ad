"""A feed is one open connection that decodes pictures; what is done with them is decided by the source around it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from throng.core.points import Image


class Blank(Enum):
    """Something came that is no picture."""

    OTHER = auto()
    """Sound, or data without a finished picture: the connection is alive, the picture is not."""
    DAMAGED = auto()
    """A picture that cannot be decoded."""


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """A picture fresh from the decoder.

    Attributes:
        pts_s: its time stamp in seconds as the stream has it; None when it has none that means anything.
        size: width and height in pixels.
        to_bgr: makes the (H, W, 3) BGR array; done only for pictures that somebody reads.
    """

    pts_s: float | None
    size: tuple[int, int]
    to_bgr: Callable[[], Image]


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What a feed declares about itself.

    Attributes:
        fps: declared frames per second, None when unknown.
        duration_s: declared length; None for live feeds and where nobody says.
        frame_count: declared number of frames, None where nobody says.
        live: frames come in real time.
        bursts: frames of a live feed come many at a time and have to be spread by their time stamps (HLS).
        indexed: length and count come from an index, so a shortfall means that the recording was cut off.
        sizes_hidden: the adapter scales every picture to the size of the first, so a change cannot be seen.
    """

    fps: float | None
    duration_s: float | None
    frame_count: int | None
    live: bool
    bursts: bool = False
    indexed: bool = False
    sizes_hidden: bool = False


class Feed(Protocol):
    """One open connection. Used by one thread at a time."""

    @property
    def facts(self) -> FeedFacts:
        """What the feed declares."""
        ...

    def pictures(self) -> Iterator[DecodedPicture | Blank]:
        """Decode until the end.

        Raises:
            SourceError: it cannot go on.
        """
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


Connect = Callable[[], Feed]
"""Opens a feed or raises `SourceError`."""
