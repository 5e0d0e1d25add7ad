"""The configuration that every detector shares; each plug-in adds a literal `type` and its own settings."""

from abc import ABC, abstractmethod

from pydantic import BaseModel, ConfigDict, Field

from throng.vision.ports import Detector


class DetectorConfig(BaseModel, ABC):
    """What a detector needs to start. A plug-in subclasses it with `type: Literal["its-name"]`.

    Attributes:
        type: name of the detector; subclasses make it a literal.
        threads: threads of the network, None for one per physical core.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    threads: int | None = Field(None, ge=1)

    @abstractmethod
    def build(self) -> Detector:
        """Load the model and return the detector.

        Raises:
            VisionError: the model cannot be found, trusted or run.
        """


class NetworkConfig(DetectorConfig):
    """What a network with a fixed input needs.

    Attributes:
        tiles: look at large pictures in tiles, see `throng.vision.tiling`.
    """

    tiles: bool = True
