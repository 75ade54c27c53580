"""The GPUs and cores of this machine, and their allocation to jobs."""

import os
import sys
from collections import Counter
from dataclasses import dataclass

from omegaconf import DictConfig

from ganlab.core.errors import UserError

# Variables that a job must not inherit: they describe the process of another run, or the sweep's own process.
INHERITED = ("LOCAL_RANK", "RANK", "NODE_RANK", "GROUP_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "PL_GLOBAL_SEED")
PREFIXES = ("MASTER_", "PL_", "TORCHELASTIC_", "GANLAB_RUN_", "HYDRA_", "OMP_", "MKL_")


@dataclass(frozen=True)
class Allocation:
    """The resources of one running job: GPUs by their ids, and `cores` for each of its processes."""

    gpus: tuple[str, ...]
    cores: int
    processes: int = 1

    @property
    def environment(self) -> dict[str, str]:
        """The environment that limits a job to its resources, without variables inherited from other runs."""
        inherited = {k: v for k, v in os.environ.items() if k not in INHERITED and not k.startswith(PREFIXES)}
        threads = {"OMP_NUM_THREADS": str(self.cores), "MKL_NUM_THREADS": str(self.cores)}
        return {**inherited, **threads, "CUDA_VISIBLE_DEVICES": ",".join(self.gpus)}


class ResourcePool:
    """GPUs and cores that are allocated to jobs and released again.

    Without `slots`, each job has its GPUs and cores to itself; with `slots`, that many jobs share them evenly. Raises
    UserError for less than one slot or thread.
    """

    def __init__(self, gpus: list[str], cores: int, slots: int | None = None, threads: int | None = None) -> None:
        for name, value in (("slots", slots), ("threads", threads)):
            if value is not None and value < 1:
                raise UserError(f"hydra.launcher.{name} must be at least 1, or null, got {value}")
        self.gpus, self.cores, self.slots, self.threads = gpus, max(1, cores), slots, threads
        self._allocations: list[Allocation] = []

    @property
    def capacity(self) -> int:
        """How many jobs of one process fit at once."""
        return self.slots or len(self.gpus) or max(1, self.cores // (self.threads or 1))

    def allocate(self, trainer: DictConfig, jobs: int) -> Allocation | None:
        """Return resources for a job with these trainer settings, one of `jobs`; None while too few are free."""
        if self.slots is not None and len(self._allocations) >= self.slots:
            return None
        allocate = self._allocate_gpus if self._uses_gpus(trainer) else self._allocate_cores
        allocation = allocate(trainer, jobs)
        if allocation:
            self._allocations.append(allocation)
        return allocation

    def release(self, allocation: Allocation) -> None:
        """Return the resources of a job that has ended."""
        self._allocations.remove(allocation)

    def _uses_gpus(self, trainer: DictConfig) -> bool:
        return bool(self.gpus) and str(trainer.get("accelerator", "auto")) in ("auto", "gpu", "cuda")

    def _allocate_gpus(self, trainer: DictConfig, jobs: int) -> Allocation | None:
        load = Counter(gpu for allocation in self._allocations for gpu in allocation.gpus)
        count = min(_device_count(trainer, len(self.gpus)), len(self.gpus))
        gpus = sorted(self.gpus, key=lambda gpu: load[gpu])[:count]
        if self.slots is None and any(load[gpu] for gpu in gpus):
            return None
        at_once = min(jobs, self.slots or max(1, len(self.gpus) // count))
        return Allocation(tuple(gpus), self.threads or max(1, self.cores // (at_once * count)), count)

    def _allocate_cores(self, trainer: DictConfig, jobs: int) -> Allocation | None:
        processes = _device_count(trainer, 1)
        at_once = min(jobs, self.slots or self.cores)
        threads = self.threads or max(1, self.cores // (at_once * processes))
        used = sum(allocation.cores * allocation.processes for allocation in self._allocations)
        if self.slots is None and self._allocations and used + threads * processes > self.cores:
            return None
        return Allocation((), threads, processes)


def local_resources(slots: int | None, threads: int | None) -> ResourcePool:
    """Return the GPUs that are visible to this process and the cores that it may use."""
    import torch

    visible = [gpu for gpu in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if gpu]
    gpus = (visible or [str(i) for i in range(torch.cuda.device_count())]) if torch.cuda.device_count() else []
    return ResourcePool(gpus, cpu_cores(), slots, threads)


def cpu_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _device_count(trainer: DictConfig, automatic: int) -> int:
    """Return the number of devices that `trainer.devices` requests, `automatic` for "auto" and -1."""
    devices = trainer.get("devices", 1)
    if isinstance(devices, int):
        return devices if devices > 0 else automatic
    return automatic if isinstance(devices, str) else len(devices)
