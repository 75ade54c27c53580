"""Starts the further processes of a run on one machine."""

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

# Lightning and torch leave these in the environment, and every process started later would inherit them.
_CHANGED_VARIABLES = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE", "OMP_NUM_THREADS")


@final
class SubprocessLauncher(_SubprocessScriptLauncher):
    """Starts `command` once per further device, and restores the environment and the number of threads afterwards.

    Lightning's launcher instead runs the user's program again in each process, even if that is a test session or a
    sweep, and kills it if one process fails. If another launcher (srun, torchrun) has started the processes, this one
    starts none.
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
        """Call the function while the other processes run.

        Raises TrainingError or UserError if one of them fails, and UserError if their number is not the cluster's.
        """
        try:
            self.cluster_environment.validate_settings(num_devices=self.num_processes, num_nodes=self.num_nodes)
        except ValueError as error:  # with Lightning's message
            raise UserError(f"trainer: {error}") from error
        with _restored():
            _set_num_threads_if_needed(num_processes=self.num_processes)  # inherited by the child processes
            if self.cluster_environment.creates_processes_externally:
                return function(*args, **kwargs)
            children = ChildProcesses(self.command, dict(self._environments()), self.on_process_lost)
            self.procs = children.processes
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                reported = isinstance(error, UserError | TrainingError) and not isinstance(error, PeerUnreachableError)
                failure = children.failure() if isinstance(error, Exception) and not reported else None
                children.end()
                if failure:
                    raise failure from error
                raise
            children.join()
            distributed.destroy_process_group()  # its processes have ended; the next run creates its own group
        return result

    def _environments(self) -> Iterator[tuple[int, dict[str, str]]]:
        cluster, node = self.cluster_environment, self.cluster_environment.node_rank()
        shared = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(folder for folder in sys.path if folder),
            **self.variables,
            "MASTER_ADDR": cluster.main_address,
            "MASTER_PORT": str(cluster.main_port),
            "NODE_RANK": str(node),
            "WORLD_SIZE": str(self.num_processes * self.num_nodes),
        }
        for local_rank in range(1, self.num_processes):
            yield node * self.num_processes + local_rank, {**shared, "LOCAL_RANK": str(local_rank)}


@contextmanager
def _restored() -> Iterator[None]:
    before, threads = {name: os.environ.get(name) for name in _CHANGED_VARIABLES}, torch.get_num_threads()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        torch.set_num_threads(threads)
