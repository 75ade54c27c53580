"""Detects the launcher explicitly, because Lightning treats an interactive SLURM shell as a rank."""

import os
import re
from collections.abc import Mapping
from typing import final

from lightning_fabric.plugins.environments import (
    ClusterEnvironment,
    LightningEnvironment,
    LSFEnvironment,
    MPIEnvironment,
    SLURMEnvironment,
    TorchElasticEnvironment,
)

from ganlab.core.errors import UserError
from ganlab.core.random import derive
from ganlab.core.rank_variables import PLACES, require_numbers

# What a launcher, such as ganlab's own, sets in each process that it starts, and Lightning leaves there to the end.
MACHINE_VARIABLES = {"MASTER_ADDR", "MASTER_PORT"}
RANK_VARIABLES = {"LOCAL_RANK", *MACHINE_VARIABLES}
# Step numbers from here on are batch scripts, interactive shells and the like (SLURM_MAX_NORMAL_STEP_ID of slurm.h).
_FIRST_SPECIAL_STEP = 0xFFFFFFF0


def environment(processes: int = 1, nodes: int = 1) -> ClusterEnvironment:
    """Return Lightning's description of the launcher of this process.

    Raises UserError for an invalid SLURM layout, for variables that are no numbers, and for several machines if nothing
    says which of them this is.

    Only several tasks of one srun are ranks. A single task, and a shell of salloc or sbatch, start their own processes,
    `processes` on all `nodes` machines together. The variables of a rank that a shell may have left count only if they
    are complete: a run of one process is always the first process.
    """
    if TorchElasticEnvironment.detect():
        require_numbers(PLACES)
        return TorchElasticEnvironment()
    if _count_tasks(os.environ) > 1:
        return _slurm()
    if "SLURM_JOB_ID" not in os.environ:
        for kind in (LSFEnvironment, MPIEnvironment):
            if kind.detect():
                return kind()
    if nodes > 1 and not (os.environ.keys() >= MACHINE_VARIABLES and {"NODE_RANK", "GROUP_RANK"} & os.environ.keys()):
        raise UserError(
            f"trainer.num_nodes={nodes}: nothing says which of the machines this is; start the run with srun or "
            "torchrun, or set NODE_RANK (0 on the first machine), MASTER_ADDR (the name of the first machine) and "
            "MASTER_PORT (a free port there) on every machine"
        )
    is_rank = processes > 1 and os.environ.keys() >= RANK_VARIABLES
    if not is_rank and nodes == 1:
        return FirstProcess()
    require_numbers(PLACES)
    return LightningEnvironment()


@final
class FirstProcess(LightningEnvironment):
    """The first process of a run on this machine, whatever a shell has left in the environment."""

    creates_processes_externally = False

    def __init__(self) -> None:
        super().__init__()
        self.set_global_rank(0)  # also for what Lightning lets rank 0 do alone, such as logging

    def local_rank(self) -> int:
        """Return 0."""
        return 0

    def node_rank(self) -> int:
        """Return 0."""
        return 0


def meets_before_start(cluster: ClusterEnvironment) -> bool:
    """Return whether the launcher starts no process before all machines have met, as torchrun does."""
    return isinstance(cluster, TorchElasticEnvironment)


def describe_missing(cluster: ClusterEnvironment) -> str:
    """Return what to do if processes of other machines are missing."""
    if isinstance(cluster, LightningEnvironment):
        return (
            "start the same command on every machine, with the same MASTER_ADDR and MASTER_PORT and its own NODE_RANK"
        )
    return "see in the launcher's log whether it has started all of them, and whether their machines reach this address"


def is_rank_zero(cluster: ClusterEnvironment) -> bool:
    """Return whether this is the process that writes files, before the process group exists."""
    return not (cluster.global_rank() or cluster.node_rank() or cluster.local_rank())


def _count_tasks(variables: Mapping[str, str]) -> int:
    """Return the number of tasks of this process's srun, 0 outside of srun."""
    step = variables.get("SLURM_STEP_ID", variables.get("SLURM_STEPID", ""))
    if not step.isdigit() or int(step) >= _FIRST_SPECIAL_STEP:
        return 0
    return int(variables.get("SLURM_STEP_NUM_TASKS", variables.get("SLURM_NTASKS", "1")))


def _slurm() -> SLURMEnvironment:
    layout = re.fullmatch(r"(\d+)(\(x\d+\))?", os.environ.get("SLURM_STEP_TASKS_PER_NODE", ""))
    if layout:
        os.environ.setdefault("SLURM_NTASKS_PER_NODE", layout[1])
    # Lightning derives the port from the job id, so two steps of one job, or jobs on one node, may get the same one.
    step = [os.environ.get(name, "") for name in ("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_RESTART_COUNT")]
    os.environ.setdefault("MASTER_PORT", str(15_000 + derive(*step) % 15_000))
    try:
        return SLURMEnvironment(auto_requeue=False)  # ganlab requeues the job once the checkpoint is written
    except RuntimeError as error:  # with Lightning's message
        raise UserError(f"trainer: {error}") from error
