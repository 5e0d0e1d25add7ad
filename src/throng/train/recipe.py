"""A recipe: everything that decides what a training gives, in one YAML file."""

from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from throng.camera.yaml_file import read_yaml
from throng.train.errors import TrainError

CROP_STEP_PX = 32
"""Crops are a multiple of this, which every network and JPEG's blocks divide."""

OWN_RECIPES = ("throngnet", "reference")
"""Names of the shipped recipes."""

Precision = Literal["float32", "bfloat16"]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataSource(_Form):
    """One dataset to train on.

    Attributes:
        name: its layout, one of `throng.train.datasets.DATASETS`.
        root: its folder.
        weight: how often a crop comes from it, relative to the other datasets.
        scale: crops are enlarged by a factor from this range, log-uniform.
        longest_px: larger pictures are shrunk to this before crops are cut; None to keep them.
    """

    name: str
    root: Path
    weight: float = Field(default=1.0, gt=0)
    scale: tuple[float, float] = (0.6, 1.7)
    longest_px: int | None = Field(default=2048, ge=64)

    @field_validator("scale")
    @classmethod
    def _in_order(cls, scale: tuple[float, float]) -> tuple[float, float]:
        if not 0 < scale[0] <= scale[1]:
            raise ValueError(f"expected two factors above 0, the smaller one first, got {list(scale)}")
        return scale

    @property
    def label(self) -> str:
        """How reports name it: the layout and the last folder, such as `shanghaitech part_B`."""
        return f"{self.name} {self.root.name}".strip()


class Recipe(_Form):
    """How to train a counter.

    Attributes:
        network: name of the network.
        network_options: what its builder takes.
        data: what to train on.
        losses: weight of each loss by name, or its `weight` and options, such as `mse: {weight: 1, sigma_px: 4}`.
        crop_px: side of the square crops.
        batch: crops in a step.
        iterations, minutes: length of the training, one of the two; time for validation is not counted.
        learning_rate: of AdamW at its highest.
        features_factor: the pre-trained features learn at this part of the rate.
        weight_decay: of AdamW.
        warm_up: steps over which the rate rises.
        final_share: share of the rate at the end of the cosine.
        ema: highest decay of the average of the weights, which is what is validated and exported.
        clip_norm: longer gradients are shortened to this.
        negatives: share of crops that are drawn, without people.
        empty_scenes: share of crops from simulated places without people.
        simulated: share of crops from simulated crowds.
        simulated_pictures: how many pictures of simulated crowds are drawn before training begins, and a third as many
            of empty places.
        corruption: share of crops in night, rain, blur, noise, JPEG or low resolution.
        seed: decides every chance.
        init: checkpoint (.pt), exported counter (.onnx), or a counter of the package (throngnet) to begin from.
        features: file of pre-trained features to begin from; None for the network's own or none.
        coarse_steps: for the first so many steps pictures are shrunk by a further `coarse_factor`, so that each crop
            shows more of them: what a crowd looks like is learnt faster than what a head looks like.
        coarse_factor: see there.
        freeze: parameters whose names begin so are not trained.
        statistics_batches: batches on which the averaged network's batch normalisation is measured before a validation.
        evaluations: validations, evenly spread, the last one at the end.
        precision: `bfloat16` only on a GPU: on a CPU its convolutions gave gradients that are not numbers.
        ahead: batches that a thread makes in advance; 0 to make each when it is needed.
    """

    network: str = "throngnet"
    network_options: dict[str, Any] = Field(default_factory=dict)
    data: tuple[DataSource, ...] = ()
    losses: dict[str, float | dict[str, Any]] = Field(min_length=1)
    crop_px: int = Field(default=256, ge=CROP_STEP_PX, multiple_of=CROP_STEP_PX)
    batch: int = Field(default=12, ge=1)
    iterations: int | None = Field(default=None, ge=1)
    minutes: float | None = Field(default=None, gt=0)
    learning_rate: float = Field(default=1e-3, gt=0)
    features_factor: float = Field(default=0.3, ge=0)
    weight_decay: float = Field(default=1e-4, ge=0)
    warm_up: int = Field(default=100, ge=1)
    final_share: float = Field(default=0.01, ge=0, le=1)
    ema: float = Field(default=0.999, ge=0, lt=1)
    clip_norm: float = Field(default=200.0, gt=0)
    negatives: float = Field(default=0.08, ge=0, lt=1)
    empty_scenes: float = Field(default=0.02, ge=0, lt=1)
    simulated: float = Field(default=0.03, ge=0, lt=1)
    simulated_pictures: int = Field(default=60, ge=1)
    corruption: float = Field(default=0.35, ge=0, le=1)
    seed: int = Field(default=0, ge=0)
    init: Path | None = None
    features: Path | None = None
    coarse_steps: int = Field(default=0, ge=0)
    coarse_factor: float = Field(default=0.65, gt=0, le=1)
    freeze: tuple[str, ...] = ()
    statistics_batches: int = Field(default=100, ge=1)
    evaluations: int = Field(default=10, ge=1)
    precision: Precision = "float32"
    ahead: int = Field(default=2, ge=0)

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.iterations is None) == (self.minutes is None):
            raise ValueError("give the length of the training either in iterations or in minutes")
        return self

    @model_validator(mode="after")
    def _room_for_data(self) -> Self:
        if self.negatives + self.empty_scenes + self.simulated >= 1:
            raise ValueError("negatives, empty_scenes and simulated together leave no share for the datasets")
        return self

    def changed(self, **changes: Any) -> Self:
        """Return the recipe with some values replaced; one length takes the place of the other.

        Raises:
            TrainError: a value does not fit.
        """
        lengths = {"iterations", "minutes"}
        if lengths & changes.keys():
            changes = dict.fromkeys(lengths) | changes
        try:
            return type(self).model_validate(self.model_dump() | changes)
        except ValidationError as error:
            raise TrainError(f"the recipe does not fit: {_sentence(error)}") from error

    def write(self, path: Path) -> None:
        """Write it as YAML that `read_recipe` reads."""
        content = self.model_dump(mode="json", exclude_none=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        SettingsError: the file is missing or holds something else; the message names the line.
    """
    return read_yaml(path, Recipe)


def own_recipe(network: str) -> Recipe:
    """Return the shipped recipe of a network: its own one, or the one of the reference networks."""
    name = network if network in OWN_RECIPES else "reference"
    with resources.as_file(resources.files("throng.train") / "recipes" / f"{name}.yaml") as path:
        recipe = read_recipe(path)
    return recipe.changed(network=network)


def _sentence(error: ValidationError) -> str:
    """The first five mistakes."""
    sentences = []
    for mistake in error.errors()[:5]:
        where, what = ".".join(str(step) for step in mistake["loc"]), mistake["msg"].removeprefix("Value error, ")
        sentences.append(f"{where}: {what}" if where else what)
    return "; ".join(sentences)
