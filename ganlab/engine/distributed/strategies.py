"""Which strategies several processes may train by, and how many processes a configuration asks for."""

from collections.abc import Mapping
from typing import Any

# They mean the same here: nobody has to find unused parameters where only the player that moves is averaged.
PER_NETWORK = ("ddp", "ddp_per_network", "ddp_find_unused_parameters_false", "ddp_find_unused_parameters_true")
# Tried with torch 2.15 and Lightning 2.6.6: a backward for one player's weights reaches no shard, so that nothing
# moves; a penalty's second derivative finds freed memory; and the average of weights would be one of shards.
_SHARDED = "cuts weights into shards, which neither a penalty's second derivative nor a single player's backward finds"
_COPIED = "trains in copies of this process, whose counts, scores and optimizer states are lost at the end"
_OTHER = "is not among those that ganlab trains by"
_REFUSED = {"fsdp": _SHARDED, "deepspeed": _SHARDED, "model": _SHARDED, "ddp_": _COPIED}


def refusal(strategy: str) -> str | None:
    """Return why a strategy cannot train a GAN here, None where it can."""
    if strategy == "auto" or strategy in PER_NETWORK:
        return None
    reason = next((reason for start, reason in _REFUSED.items() if strategy.startswith(start)), _OTHER)
    return f"{reason}; use trainer.strategy=ddp, one whole copy of the networks per device"


def processes(trainer: Mapping[str, Any]) -> int | None:
    """Return how many processes the settings of a Trainer ask for, None where only the machine can tell."""
    devices = trainer.get("devices", "auto")
    if isinstance(devices, str) and "," in devices:
        devices = [each for each in devices.split(",") if each.strip()]
    count = len(devices) if isinstance(devices, list | tuple) else devices
    try:
        return int(count) * int(trainer.get("num_nodes", 1)) if int(count) > 0 else None
    except (TypeError, ValueError):
        return None
