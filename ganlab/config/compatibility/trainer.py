"""What of Lightning's Trainer cannot be had, or is had in another way."""

from omegaconf import DictConfig

from ganlab.config.compatibility.registry import Parts, rule
from ganlab.core.errors import suggest
from ganlab.engine.distributed.strategies import processes, refusal

ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps")
LENGTH = "write iterations=STEPS"
# What Lightning's Trainer would do by itself, and what to write here.
OURS = {
    **dict.fromkeys(("max_steps", "max_epochs", "max_time", "min_steps", "min_epochs"), LENGTH),
    **dict.fromkeys(("limit_train_batches", "overfit_batches", "fast_dev_run"), f"{LENGTH}, or trainer=smoke"),
    "accumulate_grad_batches": "write microbatches=N, which cuts batch_size in pieces",
    "gradient_clip_val": "write gradient_clip_norm=VALUE",
    "gradient_clip_algorithm": "gradient_clip_norm=VALUE clips by the norm",
}
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
SHORT = ("16", "bf16", "32")  # Lightning's other names for them


@rule("trainer")
def precisions_that_keep_weights_in_float32(config: DictConfig, parts: Parts) -> str | None:
    """Refuse weights of another kind than the samples, averages and scores have."""
    given = str(config.trainer.get("precision") or PRECISIONS[0])
    if given in (*PRECISIONS, *SHORT):
        return None
    return f"trainer.precision: weights are kept in float32, which {given} does not; choose {', '.join(PRECISIONS)}"


@rule("trainer")
def accelerators_that_there_are(config: DictConfig, parts: Parts) -> str | None:
    """Refuse an accelerator that nobody knows, or that nothing here was made for."""
    given = config.trainer.get("accelerator")
    if isinstance(given, str) and given not in ACCELERATORS:
        choice = ", ".join(ACCELERATORS)
        return f"trainer.accelerator: there is no '{given}'; choose {choice}{suggest(given, ACCELERATORS)}"
    return None


@rule("trainer")
def lengths_and_batches_are_ours(config: DictConfig, parts: Parts) -> str | None:
    """Refuse settings of Lightning that would end training early, or do a second time what ours do."""
    told = [
        f"trainer.{key} is not used here; {way}" for key, way in OURS.items() if config.trainer.get(key) is not None
    ]
    return "; ".join(told) or None


@rule("trainer")
def strategy_that_trains_players_apart(config: DictConfig, parts: Parts) -> str | None:
    """Refuse the strategies that cannot move one of several players, or lose what was learned."""
    strategy = str(config.trainer.get("strategy", "auto"))
    reason = refusal(strategy)
    return f"trainer.strategy={strategy} {reason}" if reason else None


@rule("trainer")
def recovery_that_all_processes_can_follow(config: DictConfig, parts: Parts) -> str | None:
    """Refuse, before training, to go back where an alarm may be one process's alone."""
    count = processes(config.trainer) or 1
    if count > 1 and parts.recovery is not None and parts.recovery.alone:
        name = type(parts.recovery).__name__
        return f"recovery: {name} needs a single process, and there are {count}; choose recovery=stop"
    return None
