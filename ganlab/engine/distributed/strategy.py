"""The data-parallel strategy: only the updated player's gradients are averaged."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any, final

import pytorch_lightning as pl
from lightning_fabric.plugins import ClusterEnvironment
from pytorch_lightning.strategies import DDPStrategy, ParallelStrategy, Strategy, StrategyRegistry
from pytorch_lightning.strategies.launchers import _SubprocessScriptLauncher
from torch import distributed
from torch.distributed.constants import default_pg_timeout

from ganlab.core import private_api
from ganlab.core.errors import UserError
from ganlab.core.interfaces.communicator import Communicator, SingleProcess
from ganlab.engine.distributed.cluster import describe_missing, meets_before_start
from ganlab.engine.distributed.communicator import ProcessGroup
from ganlab.engine.distributed.rendezvous import Place, join

BuildLauncher = Callable[[ClusterEnvironment, int, int], _SubprocessScriptLauncher]


@final
class PlayerDDPStrategy(DDPStrategy):
    """One process per device, each with all networks and its part of the batch; gradients are averaged per player.

    torch's DDP wrapper prepares and reduces every weight in every backward pass, keeps a second copy of all gradients
    and checks all shapes at the start. Here nothing is wrapped: GANModule averages a player's gradients once they are
    computed, and broadcasts the buffers of rank 0 after the step.
    """

    strategy_name = "ddp_per_network"

    def __init__(self, build_launcher: BuildLauncher = _SubprocessScriptLauncher, **settings: Any) -> None:
        super().__init__(**settings)
        self._build_launcher = build_launcher
        self.communicator: Communicator = SingleProcess()

    def _configure_launcher(self) -> None:
        assert self.cluster_environment is not None
        self._launcher = self._build_launcher(self.cluster_environment, self.num_processes, self.num_nodes)

    def setup_environment(self) -> None:
        """Join the process group."""
        super().setup_environment()
        self.communicator = ProcessGroup()

    def setup_distributed(self) -> None:
        """Join the processes of other machines first, whichever launcher has started them."""
        environment = self.cluster_environment
        if self.num_nodes > 1 and environment is not None and not meets_before_start(environment):
            self.set_world_ranks()
            place = Place(
                environment.main_address,
                environment.main_port,
                self.global_rank,
                self.world_size,
                describe_missing(environment),
            )
            store = join(place, self._timeout or default_pg_timeout)
            distributed.init_process_group(
                self._get_process_group_backend(),
                store=store,
                rank=place.rank,
                world_size=place.world,
                timeout=self._timeout,
                device_id=self.root_device if self.root_device.type != "cpu" else None,
            )
        super().setup_distributed()

    def setup(self, trainer: pl.Trainer) -> None:
        """Disable the SIGTERM broadcast of every batch."""
        super().setup(trainer)
        private_api.disable_sigterm_broadcast(trainer)

    def configure_ddp(self) -> None:
        """Copy the weights and buffers of rank 0 to all processes, without a wrapper."""
        assert self.lightning_module is not None
        self.communicator.broadcast([*self.lightning_module.parameters(), *self.lightning_module.buffers()])


StrategyRegistry.register(
    PlayerDDPStrategy.strategy_name,
    PlayerDDPStrategy,
    description="DDP that reduces the active player's gradients",
    override=True,
)


@singledispatch
def communicator_of(strategy: Strategy) -> Communicator:
    """Return the communicator of a strategy; raises UserError for an unsupported parallel strategy."""
    return SingleProcess()


@communicator_of.register
def _(strategy: ParallelStrategy) -> Communicator:
    raise UserError(
        f"a GANModule cannot be trained by {type(strategy).__name__}, which reduces the gradients of all networks in "
        f"every backward pass; use strategy='{PlayerDDPStrategy.strategy_name}'"
    )


@communicator_of.register
def _(strategy: PlayerDDPStrategy) -> Communicator:
    return strategy.communicator
