"""Rules for settings of Lightning's Trainer that are unsupported or replaced by settings of ganlab."""

import re

from omegaconf import DictConfig, OmegaConf

from ganlab.config.compatibility.registry import Components, rule
from ganlab.core.errors import suggest
from ganlab.engine.distributed.strategy_choice import count_processes, unsupported_reason

ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps")
LENGTH = "write iterations=STEPS"
SCORES = "scores are computed every evaluate_every steps, without Lightning's validation"
FIXED = "ganlab sets it; remove it"
# Settings of the Trainer, and what to write instead.
REPLACED = {
    **dict.fromkeys(("max_steps", "max_epochs", "max_time", "min_steps", "min_epochs"), LENGTH),
    **dict.fromkeys(("limit_train_batches", "overfit_batches", "fast_dev_run"), f"{LENGTH}, or trainer=smoke"),
    "accumulate_grad_batches": "write microbatches=N, which splits batch_size",
    "gradient_clip_val": "write gradient_clip_norm=VALUE",
    "gradient_clip_algorithm": "gradient_clip_norm=VALUE clips by the norm",
    **dict.fromkeys(("val_check_interval", "check_val_every_n_epoch", "num_sanity_val_steps"), SCORES),
    **dict.fromkeys(("limit_val_batches", "limit_test_batches", "limit_predict_batches", "inference_mode"), SCORES),
    "log_every_n_steps": "write log_every=STEPS",
    "logger": "write 'logger=[csv,wandb]'",
    "callbacks": "write '+callback=[NAME]'",
    "default_root_dir": "write run_dir=DIR",
    "enable_checkpointing": "write checkpoint_every=STEPS",
    "enable_progress_bar": "the bar is callback.progress",
    **dict.fromkeys(("enable_model_summary", "use_distributed_sampler", "plugins", "barebones"), FIXED),
    **dict.fromkeys(("reload_dataloaders_every_n_epochs", "enable_autolog_hparams", "model_registry"), FIXED),
}
PROFILERS = ("simple", "advanced", "pytorch", "xla")  # of Lightning
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
SHORT_PRECISIONS = ("16", "bf16", "32")  # Lightning's other names for them


@rule("trainer")
def require_float32_weights(config: DictConfig, components: Components) -> str | None:
    """Reject precisions that store weights in another type than samples, EMA weights and scores."""
    precision = str(config.trainer.get("precision") or PRECISIONS[0])
    if precision in (*PRECISIONS, *SHORT_PRECISIONS):
        return None
    return f"trainer.precision: {precision} does not keep weights in float32; choose {', '.join(PRECISIONS)}"


@rule("trainer")
def require_known_accelerator(config: DictConfig, components: Components) -> str | None:
    """Reject an accelerator that does not exist, or that ganlab does not support."""
    name = config.trainer.get("accelerator")
    if isinstance(name, str) and name not in ACCELERATORS:
        names = ", ".join(ACCELERATORS)
        return f"trainer.accelerator: there is no '{name}'; choose {names}{suggest(name, ACCELERATORS)}"
    return None


@rule("trainer")
def reject_replaced_settings(config: DictConfig, components: Components) -> str | None:
    """Reject settings that would end training early, or repeat what a setting of ganlab does."""
    sentences = [
        f"trainer.{key} is not used here; {instead}"
        for key, instead in REPLACED.items()
        if config.trainer.get(key) is not None
    ]
    return "; ".join(sentences) or None


@rule("trainer")
def require_devices(config: DictConfig, components: Components) -> str | None:
    """Reject a number of processes that no machine has: none, a negative one, or a word."""
    devices = config.trainer.get("devices", "auto")
    is_count = isinstance(devices, int) and devices >= -1 and devices != 0
    is_list = OmegaConf.is_list(devices) and len(devices) > 0
    is_text = isinstance(devices, str) and re.fullmatch(r"auto|-1|[1-9]\d*|\d+(,\d+)*,?", devices) is not None
    if not (is_count or is_list or is_text):
        return (
            f"trainer.devices must be a number of devices of at least 1, a list of their indices such as [0,1], -1 or "
            f"auto for all, got {devices!r}"
        )
    nodes = config.trainer.get("num_nodes", 1)
    if isinstance(nodes, int) and nodes < 1:
        return f"trainer.num_nodes must be at least 1, got {nodes}"
    return None


@rule("trainer")
def require_known_profiler(config: DictConfig, components: Components) -> str | None:
    """Reject a profiler that Lightning does not have."""
    name = config.trainer.get("profiler")
    if isinstance(name, str) and name not in PROFILERS:
        return f"trainer.profiler: there is no '{name}'; choose {', '.join(PROFILERS)}{suggest(name, PROFILERS)}"
    return None


@rule("trainer")
def reject_unsupported_strategy(config: DictConfig, components: Components) -> str | None:
    """Reject strategies that cannot update one of several players, or lose updates."""
    strategy = str(config.trainer.get("strategy", "auto"))
    reason = unsupported_reason(strategy)
    return f"trainer.strategy={strategy} {reason}" if reason else None


@rule("trainer")
def reject_recovery_across_processes(config: DictConfig, components: Components) -> str | None:
    """Reject a recovery that requires a single process, because an alarm may occur in one process only."""
    count, recovery = count_processes(config.trainer) or 1, components.recovery
    if count > 1 and recovery is not None and recovery.alone:
        return f"recovery: {type(recovery).__name__} requires a single process, got {count}; choose recovery=stop"
    return None
