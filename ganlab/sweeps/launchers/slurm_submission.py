"""How jobs are handed to SLURM: the resources that a run's own settings ask for, and one array of batch jobs."""

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
# Jobs that share a node need ports of their own: below what systems give away, and by the number of the job.
FIRST_PORT, PORTS = 10_000, 20_000


class Layout(NamedTuple):
    """What a job's processes need: as many on each node as the trainer has devices."""

    nodes: int
    processes_per_node: int
    gpus_per_node: int
    cores_per_process: int


@dataclass(frozen=True)
class Resources:
    """The settings of conf/hydra/launcher/slurm.yaml that say what is asked of the cluster, None for its defaults."""

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
        """Return what a run needs; raises UserError where its trainer leaves open how many processes it has."""
        trainer = config.trainer
        devices, nodes = trainer.get("devices", 1), trainer.get("num_nodes") or 1
        if not isinstance(devices, int) or devices < 1:
            raise UserError(
                f"trainer.devices={devices}: SLURM chooses the devices of a job and has to know how many; give a "
                "number, such as trainer.devices=1"
            )
        if self.nodes not in (None, nodes):
            raise UserError(
                f"hydra.launcher.nodes={self.nodes} but trainer.num_nodes={nodes}; give both the same number, or "
                "hydra.launcher.nodes=null to follow the trainer"
            )
        gpus = devices if trainer.get("accelerator") in ("gpu", "cuda") else 0
        return Layout(
            nodes=nodes,
            processes_per_node=devices,
            gpus_per_node=gpus if self.gpus_per_node is None else self.gpus_per_node,
            cores_per_process=self.cpus_per_task or 1 + config.workers,
        )

    def submit(self, jobs: Sequence[Job], layout: Layout, folder: Path) -> list[str]:
        """Submit jobs as one array and return SLURM's ids; raises UserError in SLURM's words where it refuses."""
        submitit = _submitit()
        executor = submitit.SlurmExecutor(folder.absolute(), self.max_num_timeout, python=_python(submitit))
        executor.update_parameters(**self._parameters(layout))
        from ganlab.sweeps.launchers.slurm_worker import Worker

        try:
            with redirect_stderr(StringIO()):  # where submitit repeats what is in its error
                submitted = executor.map_array(Worker(), [job.arguments for job in jobs])
        except submitit.core.utils.FailedJobError as error:
            reason = "; ".join(line.removeprefix("sbatch: error: ") for line in str(error).splitlines())
            raise UserError(
                f"SLURM refuses the jobs ({reason}); look at partition, account and resources in hydra.launcher"
            ) from error
        for job, each in zip(jobs, submitted, strict=True):
            _show_log(job, each.paths.stdout)
        return [each.job_id for each in submitted]

    def _parameters(self, layout: Layout) -> dict[str, Any]:
        cores = layout.cores_per_process
        ours = [
            f"unset {' '.join(INHERITED)} {RUN_VARIABLE}",
            f"export MASTER_PORT=$(({FIRST_PORT} + SLURM_JOB_ID % {PORTS}))",
            f"export SRUN_CPUS_PER_TASK={cores}",  # since SLURM 22.05 srun does not take it from sbatch
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
            "setup": [*ours, *self.setup],
            "additional_parameters": {"requeue": True, **(self.additional_parameters or {})},
        }


def _submitit() -> Any:
    missing = [name for name in ("sbatch", "srun", "squeue", "scancel") if shutil.which(name) is None]
    if missing:
        raise UserError(
            f"hydra/launcher=slurm needs SLURM, and {missing[0]} is not on this machine's PATH; run it where jobs are "
            "submitted, or leave it out to train here"
        )
    try:
        import submitit
    except ImportError as error:
        raise UserError("hydra/launcher=slurm needs submitit: pip install 'ganlab[slurm]'") from error
    return submitit


def _python(submitit: Any) -> str:
    """Return Python's command line, deaf to the signal to make room until it can be understood: it would kill it."""
    signal = submitit.core.job_environment.JobEnvironment.USR_SIG
    return f'sh -c \'trap "" {signal}; exec "$0" "$@"\' {shlex.quote(sys.executable)}'


def _show_log(job: Job, log: Path) -> None:
    """Let job.log lead to where SLURM writes, which it goes on doing after a requeue."""
    job.directory.mkdir(parents=True, exist_ok=True)
    job.log.unlink(missing_ok=True)
    job.log.symlink_to(os.path.relpath(log, job.directory))
