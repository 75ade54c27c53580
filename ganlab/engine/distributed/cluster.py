"""Who started this process, among which others: said outright, for Lightning takes a shell within SLURM for a rank."""

import os
import re
from collections.abc import Mapping

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

# Steps from here on are batch scripts, interactive shells and the like (SLURM_MAX_NORMAL_STEP_ID of slurm.h).
_FIRST_SPECIAL_STEP = 0xFFFFFFF0


def environment() -> ClusterEnvironment:
    """Return Lightning's view of what started this process; raises UserError where SLURM's tasks are not laid out.

    Only several tasks of one srun are ranks. A single one, and a shell of salloc or sbatch, start their own.
    """
    if TorchElasticEnvironment.detect():
        return TorchElasticEnvironment()
    if _tasks(os.environ) > 1:
        return _slurm()
    if "SLURM_JOB_ID" not in os.environ:
        for kind in (LSFEnvironment, MPIEnvironment):
            if kind.detect():
                return kind()
    return LightningEnvironment()


def is_first(given: ClusterEnvironment) -> bool:
    """Tell whether this is the process that writes, as far as it can be known before the processes meet."""
    return not (given.global_rank() or given.node_rank() or given.local_rank())


def _tasks(variables: Mapping[str, str]) -> int:
    """Return how many tasks the srun has that this process is one of, 0 outside of any."""
    step = variables.get("SLURM_STEP_ID", variables.get("SLURM_STEPID", ""))
    if not step.isdigit() or int(step) >= _FIRST_SPECIAL_STEP:
        return 0
    return int(variables.get("SLURM_STEP_NUM_TASKS", variables.get("SLURM_NTASKS", "1")))


def _slurm() -> SLURMEnvironment:
    layout = re.fullmatch(r"(\d+)(\(x\d+\))?", os.environ.get("SLURM_STEP_TASKS_PER_NODE", ""))
    if layout:
        os.environ.setdefault("SLURM_NTASKS_PER_NODE", layout[1])
    # Lightning's own port is of the job's number, and two steps of one job, or jobs on one node, may meet at it.
    step = [os.environ.get(name, "") for name in ("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_RESTART_COUNT")]
    os.environ.setdefault("MASTER_PORT", str(15_000 + derive(*step) % 15_000))
    try:
        return SLURMEnvironment(auto_requeue=False)  # requeueing is for us to say, when a checkpoint is written
    except RuntimeError as error:  # in Lightning's words
        raise UserError(f"trainer: {error}") from error
