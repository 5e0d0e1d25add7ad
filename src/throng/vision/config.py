"""The configuration that all models share; each plug-in adds a literal `type` and its own settings."""

from abc import ABC, abstractmethod

from pydantic import BaseModel, ConfigDict, Field

from throng.vision.ports import DensityCounter, Detector


class ModelConfig(BaseModel, ABC):
    """What every model needs to start.

    Attributes:
        type: name of the model; subclasses make it a literal.
        threads: threads of the network, None for one per physical core.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    threads: int | None = Field(None, ge=1)


class CounterConfig(ModelConfig):
    """What a counter needs to start. A plug-in subclasses it with `type: Literal["its-name"]`."""

    @abstractmethod
    def build(self) -> DensityCounter:
        """Load the model and return the counter.

        Raises:
            VisionError: the model cannot be found, trusted or run.
        """


class DetectorConfig(ModelConfig):
    """What a detector needs to start. A plug-in subclasses it with `type: Literal["its-name"]`."""

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
