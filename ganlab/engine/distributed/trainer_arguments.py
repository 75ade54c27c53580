"""The Trainer's `strategy` and `plugins` from its settings: how processes are started and communicate."""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from lightning_fabric.plugins import ClusterEnvironment

from ganlab.core.errors import UserError
from ganlab.engine.distributed import cluster
from ganlab.engine.distributed.launcher import SubprocessLauncher
from ganlab.engine.distributed.strategy import PlayerDDPStrategy
from ganlab.engine.distributed.strategy_choice import PER_NETWORK, count_processes

# The command of every further process of a run on one machine.
COMMAND = (sys.executable, "-m", "ganlab.commands.rank")


def build_arguments(
    settings: Mapping[str, Any], variables: Mapping[str, str], on_process_lost: Callable[[str], object]
) -> dict[str, Any]:
    """Return the Trainer's `strategy` and `plugins`; the processes it starts see `variables` in their environment.

    `on_process_lost` records the reason before this process is killed. Raises UserError if an external launcher has
    started several processes for a run of one.
    """
    environment, count = environment_of(settings), _process_count(settings)
    started = environment.world_size() if environment.creates_processes_externally else 1
    if started > 1 and count == 1:
        raise UserError(
            f"{started} processes were started for a run of one: set trainer.devices to the number of processes per "
            "machine and trainer.num_nodes to the number of machines"
        )
    strategy: Any = settings.get("strategy", "auto")
    if strategy in ("auto", *PER_NETWORK):
        launcher = partial(SubprocessLauncher, COMMAND, variables, on_process_lost)
        strategy = "auto" if count == 1 else PlayerDDPStrategy(launcher)
    return {"strategy": strategy, "plugins": [environment]}


def environment_of(settings: Mapping[str, Any]) -> ClusterEnvironment:
    """Return the launcher's description for the Trainer's settings, see `cluster.environment`."""
    return cluster.environment(_process_count(settings), int(settings.get("num_nodes", 1)))


def _process_count(settings: Mapping[str, Any]) -> int:
    requested = count_processes(settings)
    if requested is not None:
        return requested
    return 1 if settings.get("accelerator") == "cpu" else max(1, torch.cuda.device_count())
