"""Running statistics of batch normalisation, recomputed for sampling (BigGAN's standing statistics)."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def find_batch_norms(network: nn.Module) -> list[_BatchNorm]:
    """Return the batch normalisations of a network."""
    return [module for module in network.modules() if isinstance(module, _BatchNorm)]


@contextmanager
def gather_batch_statistics(network: nn.Module) -> Iterator[None]:
    """Set the running statistics of batch normalisation to averages over the forward passes within the context.

    With them samples depend neither on their batch nor on past weights (Brock et al. 2019, appendix C.1). All other
    layers are in evaluation mode within the context; modes and momenta are restored at its end.
    """
    norms = find_batch_norms(network)
    modes = {module: module.training for module in network.modules()}
    momenta = [norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # makes torch compute the plain average
        norm.train()
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, mode in modes.items():
            module.training = mode
