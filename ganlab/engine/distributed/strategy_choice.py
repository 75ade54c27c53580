"""The supported Lightning strategies, and the number of processes of a configuration."""

from collections.abc import Mapping
from typing import Any

# Equivalent here: only the updated player's gradients are averaged, so there are no unused parameters to find.
PER_NETWORK = ("ddp", "ddp_per_network", "ddp_find_unused_parameters_false", "ddp_find_unused_parameters_true")
# Tried with torch 2.15 and Lightning 2.6.6: the backward pass for one player's weights reaches no shard, so no weight
# is updated; a penalty's second derivative reads freed memory; and the EMA would average shards.
_SHARDED = "splits weights into shards, which a penalty's second derivative and a single player's backward do not reach"
_COPIED = "trains in copies of this process, and their counts, scores and optimizer states are lost at the end"
_OTHER = "is not supported"
_UNSUPPORTED = {"fsdp": _SHARDED, "deepspeed": _SHARDED, "model": _SHARDED, "ddp_": _COPIED}


def unsupported_reason(strategy: str) -> str | None:
    """Return why a strategy cannot train a GAN here, None if it can."""
    if strategy == "auto" or strategy in PER_NETWORK:
        return None
    reason = next((reason for start, reason in _UNSUPPORTED.items() if strategy.startswith(start)), _OTHER)
    return f"{reason}; use trainer.strategy=ddp, one whole copy of the networks per device"


def count_processes(trainer: Mapping[str, Any]) -> int | None:
    """Return how many processes the Trainer's settings request, None if that depends on the machine."""
    devices = trainer.get("devices", "auto")
    if isinstance(devices, str) and "," in devices:
        devices = [device for device in devices.split(",") if device.strip()]
    count = len(devices) if isinstance(devices, list | tuple) else devices
    try:
        return int(count) * int(trainer.get("num_nodes", 1)) if int(count) > 0 else None
    except (TypeError, ValueError):
        return None
