"""Training from Python: `ganlab.train(ganlab.compose([...]))`."""

from dataclasses import dataclass, field
from pathlib import Path

from omegaconf import DictConfig

from ganlab.config.composition import check
from ganlab.core.output import output_without_reader


@dataclass(frozen=True)
class Result:
    """A run's directory, its final scores by name, and whether a signal stopped it before its end.

    `signal` is the number of that signal; it is 0 if there was none, and in all processes of the run except rank 0.
    """

    run_dir: Path
    metrics: dict[str, float] = field(default_factory=dict)
    interrupted: bool = False
    signal: int = 0


def train(config: DictConfig) -> Result:
    """Train as configured and return the scores; an existing `run_dir` is resumed from its last checkpoint.

    If called in the main thread, it handles SIGINT, SIGTERM and USR2 (or $SUBMITIT_PREEMPT_SIGNAL) until it returns:
    training ends after the present step, with a checkpoint, and the result is `interrupted`. Then the signal's former
    handler is called, unless it is Python's or the system's default; the caller decides whether the process ends.
    Raises ConfigurationError for errors in the configuration, UserError for a run directory that has other settings or
    is in use by another process, and TrainingError if training cannot continue.
    """
    if not isinstance(config, DictConfig):
        raise TypeError(f"train takes what compose returns, ganlab.train(ganlab.compose([...])), got {config!r:.80}")
    check(config)
    return train_checked(config)


def train_checked(config: DictConfig) -> Result:
    """Train what `compose` returned as it is; see `train`.

    Raises UserError, before there is a run directory, if this machine lacks the devices that the Trainer asks for.
    """
    from ganlab.engine.accelerators import require_accelerator
    from ganlab.training.run import Run  # imports Lightning, which --help and configuration errors do not need

    require_accelerator(config.trainer)
    with output_without_reader():
        run = Run(config)
        scores = run.train()
    return Result(run.directory.path, scores, run.interrupted, run.signal)
