"""Numbers so large that this machine's memory cannot hold what they ask for, whoever else needs some."""

import os
from collections.abc import Mapping

import torch
from omegaconf import DictConfig

from ganlab.config.compatibility.registry import Parts, rule
from ganlab.engine.distributed.strategies import processes

BYTES = 4  # of a number as networks take it and keep it


@rule("batch_size", "trainer")
def batches_that_memory_holds(config: DictConfig, parts: Parts) -> str | None:
    """Refuse a batch that could only be begun: data without end, or repeated, would go on filling it."""
    if parts.spec is None or isinstance(parts.spec.sample, Mapping):
        return None
    share = config.batch_size // (processes(config.trainer) or 1)
    needed = share * torch.Size(parts.spec.sample).numel() * BYTES
    if needed <= _memory():
        return None
    return (
        f"batch_size={config.batch_size}: so many samples of shape {parts.spec.sample} are {_gib(needed)} for one "
        f"process, and this machine has {_gib(_memory())} of memory; lower it"
    )


@rule()
def networks_that_memory_holds(config: DictConfig, parts: Parts) -> str | None:
    """Refuse a network whose weights alone are too many, before anybody makes them."""
    for player, network in (("generator", parts.generator), ("discriminator", parts.discriminator)):
        count = sum(weight.numel() for weight in network.parameters()) if network is not None else 0
        if count * BYTES > _memory():
            return (
                f"{player}: its {count:,} parameters are {_gib(count * BYTES)}, and this machine has "
                f"{_gib(_memory())} of memory; make it smaller"
            )
    return None


def _memory() -> int:
    """Return the bytes of memory that this machine has in all."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _gib(size: int) -> str:
    return f"{size / 2**30:,.0f} GiB"
