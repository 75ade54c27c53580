"""Whether this machine has the devices that the Trainer's settings ask for."""

from collections.abc import Mapping
from typing import Any

import torch

from ganlab.core.errors import UserError

CUDA = ("gpu", "cuda")  # Lightning's names; gpu is also Apple's MPS
MPS = ("gpu", "mps")


def require_accelerator(trainer: Mapping[str, Any]) -> None:
    """Raise UserError if the accelerator does not exist here or has fewer devices than requested.

    Configurations are checked without it, because a login node without GPUs may check the runs of nodes that have some.
    """
    name = trainer.get("accelerator", "auto")
    if name not in {*CUDA, *MPS}:
        return
    has_mps = name in MPS and torch.backends.mps.is_available()
    available = torch.cuda.device_count() if name in CUDA and torch.cuda.is_available() else int(has_mps)
    if not available:
        raise UserError(
            f"trainer.accelerator={name}: PyTorch finds no such device on this machine; write trainer=cpu, or "
            "trainer=auto for whatever there is, or see what is missing with: ganlab doctor"
        )
    indices = _indices(trainer.get("devices", 1))
    if indices and max(indices) >= available:
        raise UserError(
            f"trainer.devices={trainer['devices']}: this machine has {available} {name} "
            f"{'device' if available == 1 else 'devices'}; write trainer.devices={available} or less"
        )


def _indices(devices: Any) -> list[int]:
    """Return the indices of the requested devices, none if all that exist are requested."""
    try:
        if isinstance(devices, str) and "," in devices:
            return [int(index) for index in devices.split(",") if index.strip()]
        if isinstance(devices, int | str):
            return list(range(int(devices)))  # none for -1
        return [int(index) for index in devices]
    except (TypeError, ValueError):  # auto
        return []
