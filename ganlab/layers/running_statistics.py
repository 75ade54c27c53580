"""Batch statistics gathered for sampling."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def batch_norms(network: nn.Module) -> list[_BatchNorm]:
    """Return the layers of a network that have batch statistics."""
    return [module for module in network.modules() if isinstance(module, _BatchNorm)]


@contextmanager
def gathering_statistics(network: nn.Module) -> Iterator[None]:
    """Make the running statistics of batch normalisation the plain averages over the passes made within.

    Brock et al. 2019, appendix C.1: so samples depend neither on the batch they are made in nor on weights of the past.
    All else of the network is in evaluation mode meanwhile.
    """
    norms = batch_norms(network)
    modes = {module: module.training for module in network.modules()}
    momenta = [norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch's word for a plain average
        norm.train()
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, mode in modes.items():
            module.training = mode
