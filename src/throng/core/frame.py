"""One picture of a camera with its times."""

from dataclasses import dataclass
from datetime import datetime

from throng.core.points import Image


@dataclass(frozen=True, slots=True)
class Frame:
    """One image with its times.

    Attributes:
        camera_id: the camera it comes from.
        image: (H, W, 3) uint8, BGR.
        pts_s: stream time (presentation time stamp) in seconds; it never goes backwards, also across reconnects.
        arrived_at: aware UTC time of arrival; for recordings the start of the replay plus `pts_s`.
        sequence: number of the frame in its source, from 0, counting decoded frames that were dropped or skipped.
    """

    camera_id: str
    image: Image
    pts_s: float
    arrived_at: datetime
    sequence: int

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3:
            raise ValueError(f"camera {self.camera_id}: expected an image (H, W, 3), got {self.image.shape}")
        if self.arrived_at.tzinfo is None:
            raise ValueError(f"camera {self.camera_id}: arrived_at must be an aware UTC datetime")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]
