"""How a run's further processes come to be on one machine."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, final

import torch
from lightning_fabric.plugins import ClusterEnvironment
from lightning_fabric.utilities.distributed import _set_num_threads_if_needed
from pytorch_lightning.strategies.launchers import _SubprocessScriptLauncher
from torch import distributed

from ganlab.core.errors import TrainingError, UserError
from ganlab.engine.distributed.child_processes import ChildProcesses
from ganlab.engine.distributed.communicator import PeerUnreachableError

# What Lightning and torch leave in the environment, and what every process started later would take for its own.
_THEIRS = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE", "OMP_NUM_THREADS")


@final
class SubprocessLauncher(_SubprocessScriptLauncher):
    """Starts `command` once per further device, and leaves process and environment as they were.

    Lightning's launcher runs the user's whole program again in each, which is a test session or a sweep as often as a
    training, and kills it from outside where one of them fails. Where something else started the processes (srun,
    torchrun), it starts none.
    """

    def __init__(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        on_process_lost: Callable[[str], object],
        cluster_environment: ClusterEnvironment,
        num_processes: int,
        num_nodes: int,
    ) -> None:
        super().__init__(cluster_environment, num_processes, num_nodes)
        self.command, self.variables, self.on_process_lost = command, variables, on_process_lost

    def launch(self, function: Callable[..., Any], *args: Any, trainer: Any = None, **kwargs: Any) -> Any:
        """Call the function amid the other processes.

        Raises TrainingError or UserError where one of them fails, and UserError where the cluster has other ideas of
        their number.
        """
        try:
            self.cluster_environment.validate_settings(num_devices=self.num_processes, num_nodes=self.num_nodes)
        except ValueError as error:  # in Lightning's words
            raise UserError(f"trainer: {error}") from error
        with _as_before():
            _set_num_threads_if_needed(num_processes=self.num_processes)  # of all: those we start inherit it
            if self.cluster_environment.creates_processes_externally:
                return function(*args, **kwargs)
            crew = ChildProcesses(self.command, dict(self._environments()), self.on_process_lost)
            self.procs = crew.processes
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                told = isinstance(error, UserError | TrainingError) and not isinstance(error, PeerUnreachableError)
                failure = crew.failure() if isinstance(error, Exception) and not told else None
                crew.end()
                if failure:
                    raise failure from error
                raise
            crew.join()
            distributed.destroy_process_group()  # of processes that are gone; the next run meets others
        return result

    def _environments(self) -> Iterator[tuple[int, dict[str, str]]]:
        ours, node = self.cluster_environment, self.cluster_environment.node_rank()
        meeting = {"MASTER_ADDR": ours.main_address, "MASTER_PORT": str(ours.main_port), "NODE_RANK": str(node)}
        size = {"WORLD_SIZE": str(self.num_processes * self.num_nodes)}
        path = {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
        for local_rank in range(1, self.num_processes):
            own = {"LOCAL_RANK": str(local_rank)}
            rank = node * self.num_processes + local_rank
            yield rank, {**os.environ, **path, **self.variables, **meeting, **size, **own}


@contextmanager
def _as_before() -> Iterator[None]:
    before, threads = {name: os.environ.get(name) for name in _THEIRS}, torch.get_num_threads()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        torch.set_num_threads(threads)
