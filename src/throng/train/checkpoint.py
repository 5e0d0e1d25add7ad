"""A trained network on disk: its weights, and what they are the weights of."""

import io
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from throng.train.errors import TrainError
from throng.train.networks import build_network

FORMAT = "throng checkpoint 1"


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A trained network.

    Attributes:
        network: name in `throng.train.networks.NETWORKS`.
        options: what it was built with.
        weights: its state dict.
        recipe: how it was trained, plain values.
        step: training steps behind it.
        commit: of the code that trained it; empty where nobody knows.
    """

    network: str
    options: Mapping[str, object]
    weights: Mapping[str, Tensor]
    recipe: Mapping[str, object] = field(default_factory=dict)
    step: int = 0
    commit: str = ""

    def build(self) -> nn.Module:
        """Build the network with these weights, in evaluation mode.

        Raises:
            TrainError: they do not fit.
        """
        network = build_network(self.network, **self.options)
        self.load_into(network)
        return network.eval()

    def load_into(self, network: nn.Module) -> None:
        """Copy the weights into a network that exists.

        Raises:
            TrainError: they are those of another one.
        """
        try:
            network.load_state_dict(dict(self.weights))
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise TrainError(
                f"the weights of {self.network} with options {dict(self.options)} do not fit "
                f"{type(network).__name__}: {reason}"
            ) from error


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; a crash leaves the old file or the new one, never a half.

    Raises:
        TrainError: it cannot be written.
    """
    buffer = io.BytesIO()
    content = {
        "format": FORMAT,
        "network": checkpoint.network,
        "options": dict(checkpoint.options),
        "weights": {name: value.detach().cpu().contiguous() for name, value in checkpoint.weights.items()},
        "recipe": dict(checkpoint.recipe),
        "step": checkpoint.step,
        "commit": checkpoint.commit,
    }
    torch.save(content, buffer)
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_bytes(buffer.getvalue())
        os.replace(unfinished, path)
    except OSError as error:
        raise TrainError(f"{path}: the checkpoint cannot be written: {error.strerror}") from error


def load_checkpoint(path: Path, *, network: str | None = None) -> Checkpoint:
    """Read a checkpoint; nothing in it is executed.

    Args:
        path: the file.
        network: name of the network that is wanted, None for any.

    Raises:
        TrainError: the file is missing, something else, or of another network.
    """
    if not path.is_file():
        raise TrainError(f"{path}: there is no such checkpoint")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise TrainError(f"{path}: expected a checkpoint of a counter, but the file is broken or not one") from error
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise TrainError(f"{path}: expected a checkpoint of a counter ({FORMAT}), found something else")
    checkpoint = Checkpoint(**content)
    if network is not None and checkpoint.network != network:
        raise TrainError(f"{path}: this is a checkpoint of {checkpoint.network}, not of {network}")
    return checkpoint
