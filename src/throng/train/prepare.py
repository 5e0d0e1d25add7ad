"""From a recipe to a trainer: network, losses, and all pictures in memory."""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from throng.train.batch_norm import STATISTICS_FROM
from throng.train.batches import BatchMaker
from throng.train.checkpoint import load_checkpoint
from throng.train.datasets import open_dataset
from throng.train.errors import TrainError
from throng.train.exported_weights import load_exported
from throng.train.loop import Trainer
from throng.train.negatives import negative_pictures
from throng.train.networks import build_network
from throng.train.networks.pretrained import load_features
from throng.train.objective import Objective
from throng.train.pictures import Picture, PictureGroup, hold, load_pictures
from throng.train.recipe import DataSource, Recipe
from throng.train.record import Dataset
from throng.train.run_folder import RunFolder
from throng.train.simulated import SimulatedPicture, crowd_pictures, empty_pictures
from throng.train.torch_counter import TorchCounter
from throng.train.validation import Validation, validate
from throng.vision.counter_registry import BUILT_IN, counter_file

log = logging.getLogger(__name__)

Told = Callable[[str, int, int], None]
"""Is told what is prepared, and how many of how many are done."""

NEGATIVE_PICTURES = 480
_ROOM = 1.25
"""Drawn negatives are so much larger than a crop: every crop of one is another, and none is shrunk, since that would
smooth the noise away."""

SIMULATED_SCALE = (0.5, 1.6)

EXPORTED = ".onnx"
"""A training can begin from such a file, or from a counter in the package, as well as from a checkpoint."""


def choose_device(wanted: str) -> torch.device:
    """Return the device to train on; `auto` is a GPU if there is one.

    Raises:
        TrainError: a GPU is asked for and there is none.
    """
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise TrainError("--device cuda: PyTorch finds no GPU here; install a CUDA build of torch, or use --device cpu")
    return torch.device("cuda" if wanted == "cuda" or (wanted == "auto" and there) else "cpu")


def prepare(
    recipe: Recipe, run: RunFolder, *, device: torch.device, told: Told = lambda _what, _done, _all: None
) -> Trainer:
    """Build everything that a training needs.

    Args:
        recipe: what is asked.
        run: where results go; it need not exist yet.
        device: where to train; all pictures are held there.
        told: hears how far it is.

    Raises:
        TrainError: the recipe does not fit the machine, the networks or the losses.
        DatasetError: a dataset cannot be read.
        SimError: simulated pictures are wanted and JuPedSim is missing.
    """
    if recipe.precision == "bfloat16" and device.type == "cpu":
        raise TrainError("precision: bfloat16 gives gradients that are no numbers on a CPU; use float32 there")
    torch.manual_seed(recipe.seed)
    torch.backends.cudnn.deterministic = True
    network = _network(recipe).to(device)
    objective = Objective(recipe.losses, network=recipe.network)
    maker = BatchMaker(
        _groups(recipe, device, told),
        crop_px=recipe.crop_px,
        batch=recipe.batch,
        corruption=recipe.corruption,
        seed=recipe.seed,
        coarse=(recipe.coarse_steps, recipe.coarse_factor),
    )
    if recipe.init is not None and _is_exported(recipe.init):
        numbers = range(STATISTICS_FROM, STATISTICS_FROM + recipe.statistics_batches)
        with counter_file(str(recipe.init)) as exported:
            load_exported(network, exported, (maker.make(number).images for number in numbers))
    log.info("pictures take %.0f MB on %s", sum(group.megabytes for group in maker.groups), device)
    kept_back = {_label(source, recipe): _open(source, "val") for source in recipe.data}

    def judge(average: nn.Module) -> Validation:
        counter = TorchCounter(average, kind=recipe.network, name=recipe.network, device=str(device))
        return validate(counter, kept_back, told=partial(told, "validating"))

    return Trainer(network, recipe=recipe, maker=maker, losses=objective, validate=judge, run=run)


def _network(recipe: Recipe) -> nn.Module:
    network = build_network(recipe.network, **recipe.network_options)
    if recipe.features is not None:
        load_features(network, recipe.features)
    if recipe.init is not None and not _is_exported(recipe.init):
        load_checkpoint(recipe.init, network=recipe.network).load_into(network)
    return network


def _is_exported(init: Path) -> bool:
    return init.suffix.lower() == EXPORTED or str(init) in BUILT_IN


def _groups(recipe: Recipe, device: torch.device, told: Told) -> list[PictureGroup]:
    drawn = recipe.negatives + recipe.empty_scenes + recipe.simulated
    weights = sum(source.weight for source in recipe.data)
    groups = []
    for source in recipe.data:
        label = _label(source, recipe)
        pictures = load_pictures(
            _open(source, "train"),
            longest_px=source.longest_px,
            device=device,
            told=partial(told, label),
        )
        groups.append(PictureGroup(label, pictures, (1 - drawn) * source.weight / weights, source.scale))
    return groups + list(_drawn_groups(recipe, device, told))


def _drawn_groups(recipe: Recipe, device: torch.device, told: Told) -> Iterator[PictureGroup]:
    if recipe.negatives:
        negatives = negative_pictures(NEGATIVE_PICTURES, side_px=round(_ROOM * recipe.crop_px), seed=recipe.seed)
        pictures = [hold(name, image, np.empty((0, 2)), device=device) for name, image in negatives]
        yield PictureGroup("negatives", tuple(pictures), recipe.negatives, (1.0, 1.0))
    count, seed = recipe.simulated_pictures, recipe.seed
    if recipe.empty_scenes:
        empty = empty_pictures(max(1, count // 3), seed=seed, told=partial(told, "empty scenes"))
        yield PictureGroup("empty scenes", _held(empty, device), recipe.empty_scenes, SIMULATED_SCALE)
    if recipe.simulated:
        crowds = crowd_pictures(count, seed=seed, told=partial(told, "simulated crowds"))
        yield PictureGroup("simulated crowds", _held(crowds, device), recipe.simulated, SIMULATED_SCALE)


def _held(pictures: Iterator[SimulatedPicture], device: torch.device) -> tuple[Picture, ...]:
    return tuple(hold(picture.name, picture.image, picture.points, device=device) for picture in pictures)


def _open(source: DataSource, split: str) -> Dataset:
    dataset = open_dataset(source.name, source.root, split)
    if dataset.skipped:
        first = dataset.skipped[0]
        log.warning("%s: %d pictures left out; %s: %s", source.root, len(dataset.skipped), first.path, first.reason)
    return dataset


def _label(source: DataSource, recipe: Recipe) -> str:
    """Name a dataset; by its whole path where two have one label."""
    labels: Sequence[str] = [other.label for other in recipe.data]
    return source.label if labels.count(source.label) == 1 else f"{source.name} {source.root}"
