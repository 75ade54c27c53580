"""Says what a run does not save if the command line replaces the list of callbacks."""

from collections.abc import Sequence

from omegaconf import DictConfig

# Callbacks that save what a run is for, by the choice that selects them.
SAVED = {
    "checkpoint": ("ganlab.callbacks.Checkpoint", "checkpoints"),
    "metrics_logger": ("ganlab.callbacks.MetricsLogger", "losses"),
    "evaluate": ("ganlab.callbacks.Evaluate", "scores"),
}


def describe_missing_callbacks(config: DictConfig, lines: Sequence[str]) -> str:
    """Return what the callbacks named by the overrides do not save, or an empty string if they save it or none are."""
    if "callback" not in config or not any(line.startswith("callback=") for line in lines):
        return ""
    targets = {str(node.get("_target_", "")) for node in config.callback.values()}
    missing = {choice: saved for choice, (target, saved) in SAVED.items() if target not in targets}
    if not missing:
        return ""
    return (
        f"this run saves no {' and no '.join(missing.values())}, because callback is replaced by a list without "
        f"{', '.join(missing)}; to keep all callbacks, write '+callback=[NAME]'"
    )
