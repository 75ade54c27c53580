"""Batch statistics gathered for sampling."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def gather_standing_statistics(network: nn.Module, inputs: Iterable[tuple[Any, ...]]) -> None:
    """Set the running statistics of batch normalisation to their plain averages over batches of inputs.

    Brock et al. 2019, appendix D: so samples depend neither on the batch they are made in nor on the latest weights
    that moved. The network ends in the mode it was in; one without batch normalisation is left alone.
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        return
    modes = {module: module.training for module in network.modules()}
    momenta = [norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch's word for a plain average
        norm.train()
    try:
        for each in inputs:
            network(*each)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, mode in modes.items():
            module.training = mode
