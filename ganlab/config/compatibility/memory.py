"""Rules for batches and networks that exceed the memory of this machine."""

import os
from collections.abc import Mapping

import torch
from omegaconf import DictConfig

from ganlab.config.compatibility.registry import Components, rule
from ganlab.engine.distributed.strategy_choice import count_processes

BYTES = 4  # of a float32 value


@rule("batch_size", "trainer")
def reject_batch_beyond_memory(config: DictConfig, components: Components) -> str | None:
    """Reject a batch of real samples that does not fit; infinite or repeated data would fill the memory."""
    if components.spec is None or isinstance(components.spec.sample, Mapping):
        return None
    samples = config.batch_size // (count_processes(config.trainer) or 1)
    size = samples * torch.Size(components.spec.sample).numel() * BYTES
    if size <= _memory():
        return None
    return (
        f"batch_size={config.batch_size}: the samples of shape {components.spec.sample} take {_gib(size)} in one "
        f"process, and this machine has {_gib(_memory())} of memory; lower it"
    )


@rule()
def reject_network_beyond_memory(config: DictConfig, components: Components) -> str | None:
    """Reject a network if its weights alone do not fit, before they are allocated."""
    for player, network in (("generator", components.generator), ("discriminator", components.discriminator)):
        count = sum(weight.numel() for weight in network.parameters()) if network is not None else 0
        if count * BYTES > _memory():
            return (
                f"{player}: its {count:,} parameters take {_gib(count * BYTES)}, and this machine has "
                f"{_gib(_memory())} of memory; make it smaller"
            )
    return None


def _memory() -> int:
    """Return the total memory of this machine in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _gib(size: int) -> str:
    return f"{size / 2**30:,.0f} GiB"
