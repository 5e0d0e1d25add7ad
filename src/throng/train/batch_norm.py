"""Statistics of batch normalisation for averaged weights."""

from collections.abc import Iterable

import torch
from torch import nn

STATISTICS_FROM = 10**9
"""Number of the first batch that statistics are measured on; no training comes so far."""


@torch.no_grad()
def measure_statistics(network: nn.Module, images: Iterable[torch.Tensor]) -> None:
    """Measure mean and variance of every batch normalisation anew, over whole batches, each with the same weight.

    The running statistics of a training belong to its newest weights and its last ten batches. In an average of the
    weights they are off by so much that counts move by a fifth. (Izmailov et al. 2018, section 3.2.)

    Args:
        network: on the device of the images; left as it was if it has no batch normalisation.
        images: batches (B, 3, H, W) like those of the training.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    if not layers:
        return
    momenta, was_training = [layer.momentum for layer in layers], network.training
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    network.train()
    for batch in images:
        network(batch)
    network.train(was_training)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
