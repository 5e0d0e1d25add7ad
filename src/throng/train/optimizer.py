"""What is trained, and how fast."""

import torch
from torch import nn

from throng.train.errors import TrainError
from throng.train.recipe import Recipe

FEATURES = "features."
"""Parameters whose names begin so are pre-trained features."""


def freeze(network: nn.Module, prefixes: tuple[str, ...]) -> None:
    """Take parameters out of the training.

    Args:
        network: what is trained.
        prefixes: parameters whose names begin so stay as they are.

    Raises:
        TrainError: there is no such parameter.
    """
    names = [name for name, _ in network.named_parameters()]
    for prefix in prefixes:
        if not any(name.startswith(prefix) for name in names):
            tops = ", ".join(dict.fromkeys(name.split(".")[0] for name in names))
            raise TrainError(f"freeze: no parameter of the network begins with {prefix!r}; its parts are: {tops}")
    for name, parameter in network.named_parameters():
        if name.startswith(prefixes):
            parameter.requires_grad_(False)


def make_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.AdamW:
    """Return AdamW with two groups, pre-trained features and the rest; `full_rate` of each is what warm-up leads to.

    Raises:
        TrainError: everything is frozen.
    """
    trained = [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]
    features = [parameter for name, parameter in trained if name.startswith(FEATURES)]
    others = [parameter for name, parameter in trained if not name.startswith(FEATURES)]
    rates = ((features, recipe.learning_rate * recipe.features_factor), (others, recipe.learning_rate))
    groups = [{"params": parameters, "lr": rate, "full_rate": rate} for parameters, rate in rates if parameters]
    if not groups:
        raise TrainError("freeze: every parameter of the network is frozen; nothing is left to train")
    return torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
