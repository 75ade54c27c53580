"""From the settings of a Trainer to how its processes start and talk."""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch

from ganlab.core.errors import UserError
from ganlab.engine.distributed import cluster
from ganlab.engine.distributed.launcher import SubprocessLauncher
from ganlab.engine.distributed.strategies import PER_NETWORK, processes
from ganlab.engine.distributed.strategy import PlayerDDPStrategy

# What every further process of a run on one machine runs.
COMMAND = (sys.executable, "-m", "ganlab.commands.rank")


def arguments(
    settings: Mapping[str, Any], variables: Mapping[str, str], on_process_lost: Callable[[str], object]
) -> dict[str, Any]:
    """Return the Trainer's `strategy` and `plugins`; the processes it starts see `variables` in their environment.

    `on_process_lost` leaves a sentence behind where this process has to be ended by force. Raises UserError
    where the processes that were started are more than those asked for.
    """
    environment, count = cluster.environment(), _count(settings)
    started = environment.world_size() if environment.creates_processes_externally else 1
    if started > 1 and count == 1:
        raise UserError(
            f"{started} processes were started for a run of one: set trainer.devices to the processes of each machine "
            "and trainer.num_nodes to the machines"
        )
    chosen: Any = settings.get("strategy", "auto")
    if chosen in ("auto", *PER_NETWORK):
        chosen = (
            "auto"
            if count == 1
            else PlayerDDPStrategy(partial(SubprocessLauncher, COMMAND, variables, on_process_lost))
        )
    return {"strategy": chosen, "plugins": [environment]}


def _count(settings: Mapping[str, Any]) -> int:
    asked = processes(settings)
    if asked is not None:
        return asked
    return 1 if settings.get("accelerator") == "cpu" else max(1, torch.cuda.device_count())
