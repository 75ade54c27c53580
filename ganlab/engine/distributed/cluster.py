"""Detects the launcher explicitly, because Lightning treats an interactive SLURM shell as a rank."""

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

# Step numbers from here on are batch scripts, interactive shells and the like (SLURM_MAX_NORMAL_STEP_ID of slurm.h).
_FIRST_SPECIAL_STEP = 0xFFFFFFF0


def environment() -> ClusterEnvironment:
    """Return Lightning's description of the launcher of this process; raises UserError for an invalid SLURM layout.

    Only several tasks of one srun are ranks. A single task, and a shell of salloc or sbatch, start their own processes.
    """
    if TorchElasticEnvironment.detect():
        return TorchElasticEnvironment()
    if _count_tasks(os.environ) > 1:
        return _slurm()
    if "SLURM_JOB_ID" not in os.environ:
        for kind in (LSFEnvironment, MPIEnvironment):
            if kind.detect():
                return kind()
    return LightningEnvironment()


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
