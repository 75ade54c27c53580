"""Data-parallel training in which only the player that moves is averaged."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any, final

import pytorch_lightning as pl
from lightning_fabric.plugins import ClusterEnvironment
from pytorch_lightning.strategies import DDPStrategy, ParallelStrategy, Strategy, StrategyRegistry
from pytorch_lightning.strategies.launchers import _SubprocessScriptLauncher

from ganlab.core import private_api
from ganlab.core.errors import UserError
from ganlab.engine.distributed.communicator import Communicator, ProcessGroup, SingleProcess

Launcher = Callable[[ClusterEnvironment, int, int], _SubprocessScriptLauncher]


@final
class PlayerDDPStrategy(DDPStrategy):
    """One process per device, each with whole networks and its part of the batch; gradients travel player by player.

    The stock wrapper prepares every weight for every backward, reduces all of them in each, keeps a second copy of all
    gradients and checks all shapes at the start. Here nothing is wrapped: the module asks for an average when a player
    has its gradients, and for the first process's buffers after the step.
    """

    strategy_name = "ddp_per_network"

    def __init__(self, launcher: Launcher = _SubprocessScriptLauncher, **settings: Any) -> None:
        super().__init__(**settings)
        self._make_launcher = launcher
        self.communicator: Communicator = SingleProcess()

    def _configure_launcher(self) -> None:
        assert self.cluster_environment is not None
        self._launcher = self._make_launcher(self.cluster_environment, self.num_processes, self.num_nodes)

    def setup_environment(self) -> None:
        """Meet the other processes."""
        super().setup_environment()
        self.communicator = ProcessGroup()

    def setup(self, trainer: pl.Trainer) -> None:
        """Disable the SIGTERM broadcast of every batch."""
        super().setup(trainer)
        private_api.disable_sigterm_broadcast(trainer)

    def configure_ddp(self) -> None:
        """Start from the first process's weights, without a wrapper."""
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
    """Return how a strategy's processes talk; raises UserError for one that shares the work in another way."""
    return SingleProcess()


@communicator_of.register
def _(strategy: ParallelStrategy) -> Communicator:
    raise UserError(
        f"a GANModule cannot be trained by {type(strategy).__name__}, which takes backward passes for steps of all "
        f"networks; use strategy='{PlayerDDPStrategy.strategy_name}'"
    )


@communicator_of.register
def _(strategy: PlayerDDPStrategy) -> Communicator:
    return strategy.communicator
