"""What a machine can run at once: a GPU for each job, or cores."""

import os
import sys
from collections import Counter
from dataclasses import dataclass

from omegaconf import DictConfig

from ganlab.core.errors import UserError

# What a process of some other run, or of the sweep itself, would pass on to a job by mistake.
INHERITED = ("LOCAL_RANK", "RANK", "NODE_RANK", "GROUP_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "PL_GLOBAL_SEED")
PREFIXES = ("MASTER_", "PL_", "TORCHELASTIC_", "GANLAB_RUN_", "HYDRA_", "OMP_", "MKL_")


@dataclass(frozen=True)
class Allocation:
    """What a job has for itself while it runs: GPUs by their ids, and cores for each of its processes."""

    gpus: tuple[str, ...]
    cores: int
    processes: int = 1

    @property
    def environment(self) -> dict[str, str]:
        """The variables that keep a job in its place, without what is none of its business."""
        kept = {k: v for k, v in os.environ.items() if k not in INHERITED and not k.startswith(PREFIXES)}
        threads = {"OMP_NUM_THREADS": str(self.cores), "MKL_NUM_THREADS": str(self.cores)}
        return {**kept, **threads, "CUDA_VISIBLE_DEVICES": ",".join(self.gpus)}


class Room:
    """GPUs and cores, given away and taken back; raises UserError for less than one slot or thread.

    Without `slots`, a job has its GPUs and cores to itself; with `slots`, that many jobs share them evenly.
    """

    def __init__(self, gpus: list[str], cores: int, slots: int | None = None, threads: int | None = None) -> None:
        for name, value in (("slots", slots), ("threads", threads)):
            if value is not None and value < 1:
                raise UserError(f"hydra.launcher.{name} must be at least 1, or null, got {value}")
        self.gpus, self.cores, self.slots, self.threads = gpus, max(1, cores), slots, threads
        self._places: list[Allocation] = []

    @property
    def width(self) -> int:
        """How many small jobs there is room for."""
        return self.slots or len(self.gpus) or max(1, self.cores // (self.threads or 1))

    def take(self, trainer: DictConfig, jobs: int) -> Allocation | None:
        """Return a place for a job with a trainer's settings, where `jobs` want one; None while there is no room."""
        if self.slots is not None and len(self._places) >= self.slots:
            return None
        place = self._on_gpus(trainer, jobs) if self._wants_gpus(trainer) else self._on_cores(trainer, jobs)
        if place:
            self._places.append(place)
        return place

    def free(self, place: Allocation) -> None:
        """Take a place back."""
        self._places.remove(place)

    def _wants_gpus(self, trainer: DictConfig) -> bool:
        return bool(self.gpus) and str(trainer.get("accelerator", "auto")) in ("auto", "gpu", "cuda")

    def _on_gpus(self, trainer: DictConfig, jobs: int) -> Allocation | None:
        load = Counter(gpu for place in self._places for gpu in place.gpus)
        wanted = min(_count(trainer, len(self.gpus)), len(self.gpus))
        chosen = sorted(self.gpus, key=lambda gpu: load[gpu])[:wanted]
        if self.slots is None and any(load[gpu] for gpu in chosen):
            return None
        at_once = min(jobs, self.slots or max(1, len(self.gpus) // wanted))
        return Allocation(tuple(chosen), self.threads or max(1, self.cores // (at_once * wanted)), wanted)

    def _on_cores(self, trainer: DictConfig, jobs: int) -> Allocation | None:
        processes = _count(trainer, 1)
        at_once = min(jobs, self.slots or self.cores)
        threads = self.threads or max(1, self.cores // (at_once * processes))
        taken = sum(place.cores * place.processes for place in self._places)
        if self.slots is None and self._places and taken + threads * processes > self.cores:
            return None
        return Allocation((), threads, processes)


def this_machine(slots: int | None, threads: int | None) -> Room:
    """Return the room that this process may use: visible GPUs, and cores that it is allowed."""
    import torch

    named = [each for each in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if each]
    gpus = (named or [str(i) for i in range(torch.cuda.device_count())]) if torch.cuda.device_count() else []
    return Room(gpus, cpu_cores(), slots, threads)


def cpu_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _count(trainer: DictConfig, automatic: int) -> int:
    devices = trainer.get("devices", 1)
    if isinstance(devices, int):
        return devices if devices > 0 else automatic
    return automatic if isinstance(devices, str) else len(devices)
