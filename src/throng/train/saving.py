"""The state of a training on disk, from which it goes on as if it had never stopped."""

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from throng.train.errors import TrainError
from throng.train.run_folder import replace_file

FORMAT = "throng training state 1"


def write_state(path: Path, state: dict[str, Any], *, network: str) -> None:
    """Write a state; a crash leaves either the old or the new one.

    Args:
        path: the file.
        state: tensors, numbers and text, in dictionaries and lists.
        network: name of the network that it belongs to.

    Raises:
        TrainError: it cannot be written.
    """
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, "network": network, **state}, buffer)
    replace_file(path, buffer.getvalue())


def read_state(path: Path, *, network: str, device: torch.device) -> dict[str, Any]:
    """Read a state.

    Args:
        path: the file.
        network: name of the network that is to go on.
        device: where its tensors are wanted.

    Raises:
        TrainError: there is none, it is something else, or it belongs to another network.
    """
    if not path.is_file():
        raise TrainError(f"{path}: there is no state to go on from; the training stopped before its first one")
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise TrainError(f"{path}: expected the state of a training, but the file is broken") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise TrainError(f"{path}: expected the state of a training ({FORMAT}), found something else")
    if state["network"] != network:
        raise TrainError(f"{path}: this is a training of {state['network']}, not of {network}")
    return state


def dice(device: torch.device) -> dict[str, torch.Tensor]:
    """Return the state of PyTorch's dice, which networks with dropout throw."""
    state = {"cpu": torch.get_rng_state()}
    return state | {"cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else state


def throw_again(state: dict[str, torch.Tensor], device: torch.device) -> None:
    """Put the dice back; those of a GPU only where there is one now."""
    torch.set_rng_state(state["cpu"].cpu())
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"].cpu(), device)
