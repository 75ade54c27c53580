"""Submits jobs to SLURM as one array of batch jobs, with the resources that the run's trainer needs."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import DictConfig

from ganlab.core.errors import UserError
from ganlab.sweeps.jobs.job import Job
from ganlab.sweeps.launchers.resources import INHERITED

RUN_VARIABLE = "GANLAB_RUN_DIR"
# Jobs on one node need different ports: derived from the job id, and below the ephemeral ports of the system.
FIRST_PORT, PORTS = 10_000, 20_000


class Layout(NamedTuple):
    """The resources of one job; each node runs one process per device of the trainer."""

    nodes: int
    processes_per_node: int
    gpus_per_node: int
    cores_per_process: int


@dataclass(frozen=True)
class Resources:
    """The resource settings of conf/hydra/launcher/slurm.yaml; None means the cluster's default."""

    partition: str | None
    account: str | None
    qos: str | None
    timeout_min: int
    nodes: int | None
    gpus_per_node: int | None
    cpus_per_task: int | None
    mem_gb: float | None
    array_parallelism: int
    signal_delay_s: int
    max_num_timeout: int
    setup: Sequence[str]
    additional_parameters: Mapping[str, Any] | None

    def layout(self, config: DictConfig) -> Layout:
        """Return the resources of a run; raises UserError if its trainer does not set a number of processes."""
        trainer = config.trainer
        devices, nodes = trainer.get("devices", 1), trainer.get("num_nodes") or 1
        if not isinstance(devices, int) or devices < 1:
            raise UserError(
                f"trainer.devices={devices}: SLURM chooses the devices of a job and needs their number; write a "
                "number, such as trainer.devices=1"
            )
        if self.nodes not in (None, nodes):
            raise UserError(
                f"hydra.launcher.nodes={self.nodes} but trainer.num_nodes={nodes}; set both to the same number, "
                "or hydra.launcher.nodes=null to use the trainer's"
            )
        gpus = devices if trainer.get("accelerator") in ("gpu", "cuda") else 0
        return Layout(
            nodes=nodes,
            processes_per_node=devices,
            gpus_per_node=gpus if self.gpus_per_node is None else self.gpus_per_node,
            cores_per_process=self.cpus_per_task or 1 + config.workers,
        )

    def submit(self, jobs: Sequence[Job], layout: Layout, folder: Path) -> list[str]:
        """Submit jobs as one array and return their SLURM ids; raises UserError with SLURM's message if it refuses."""
        submitit = _import_submitit()
        executor = submitit.SlurmExecutor(folder.absolute(), self.max_num_timeout, python=_python_command(submitit))
        executor.update_parameters(**self._parameters(layout))
        from ganlab.sweeps.launchers.slurm_worker import Worker

        try:
            with redirect_stderr(StringIO()):  # submitit also prints the message of its error
                slurm_jobs = executor.map_array(Worker(), [job.arguments for job in jobs])
        except submitit.core.utils.FailedJobError as error:
            reason = "; ".join(line.removeprefix("sbatch: error: ") for line in str(error).splitlines())
            raise UserError(
                f"SLURM refuses the jobs ({reason}); check partition, account and resources in hydra.launcher"
            ) from error
        for job, slurm_job in zip(jobs, slurm_jobs, strict=True):
            _link_log(job, slurm_job.paths.stdout)
        return [slurm_job.job_id for slurm_job in slurm_jobs]

    def _parameters(self, layout: Layout) -> dict[str, Any]:
        cores = layout.cores_per_process
        setup = [
            f"unset {' '.join(INHERITED)} {RUN_VARIABLE}",
            f"export MASTER_PORT=$(({FIRST_PORT} + SLURM_JOB_ID % {PORTS}))",
            f"export SRUN_CPUS_PER_TASK={cores}",  # since SLURM 22.05 srun does not inherit it from sbatch
            f"export OMP_NUM_THREADS=${{OMP_NUM_THREADS:-{cores}}}",
        ]
        return {
            "job_name": "ganlab",
            "partition": self.partition,
            "account": self.account,
            "qos": self.qos,
            "time": self.timeout_min,
            "nodes": layout.nodes,
            "ntasks_per_node": layout.processes_per_node,
            "cpus_per_task": cores,
            "gpus_per_node": layout.gpus_per_node or None,
            "mem": None if self.mem_gb is None else f"{round(1024 * self.mem_gb)}M",
            "array_parallelism": self.array_parallelism,
            "signal_delay_s": self.signal_delay_s,
            "stderr_to_stdout": True,
            "wckey": None,
            "setup": [*setup, *self.setup],
            "additional_parameters": {"requeue": True, **(self.additional_parameters or {})},
        }


def _import_submitit() -> Any:
    missing = [name for name in ("sbatch", "srun", "squeue", "scancel") if shutil.which(name) is None]
    if missing:
        raise UserError(
            f"hydra/launcher=slurm needs SLURM, and {missing[0]} is not on this machine's PATH; run it on a login "
            "node of the cluster, or remove it to train here"
        )
    try:
        import submitit
    except ImportError as error:
        raise UserError("hydra/launcher=slurm needs submitit: pip install 'ganlab[slurm]'") from error
    return submitit


def _python_command(submitit: Any) -> str:
    """Return the command of Python, ignoring the preemption signal until its handler is installed: it would kill it."""
    signal = submitit.core.job_environment.JobEnvironment.USR_SIG
    return f'sh -c \'trap "" {signal}; exec "$0" "$@"\' {shlex.quote(sys.executable)}'


def _link_log(job: Job, log: Path) -> None:
    """Link job.log to the file that SLURM writes, also after a requeue."""
    job.directory.mkdir(parents=True, exist_ok=True)
    job.log.unlink(missing_ok=True)
    job.log.symlink_to(os.path.relpath(log, job.directory))
