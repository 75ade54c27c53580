"""Training from Python: `ganlab.train(ganlab.compose([...]))`."""

from dataclasses import dataclass, field
from pathlib import Path

from omegaconf import DictConfig

from ganlab.config.composition import check


@dataclass(frozen=True)
class Result:
    """Where a run is, its final scores by name, and whether it was stopped before its end, and by which signal.

    `signal` is 0 without one, and in all of a run's processes but the first, which alone speaks for the run.
    """

    run_dir: Path
    metrics: dict[str, float] = field(default_factory=dict)
    interrupted: bool = False
    signal: int = 0


def train(config: DictConfig) -> Result:
    """Train as configured and return the scores; an existing `run_dir` is continued from its last checkpoint.

    Called in the main thread, it takes over SIGINT, SIGTERM and USR2 (or $SUBMITIT_PREEMPT_SIGNAL) until it returns:
    one of them ends training after the step in hand, saved, and the result is `interrupted`. Then the handler that the
    signal had before is called, unless it was Python's own or the system's: whether the process ends is the caller's
    to decide. Raises ConfigurationError for mistakes in the configuration, UserError for a run directory of other
    settings or in use by another process, and TrainingError where training cannot go on.
    """
    if not isinstance(config, DictConfig):
        raise TypeError(f"train takes what compose returns, ganlab.train(ganlab.compose([...])), got {config!r:.80}")
    check(config)
    from ganlab.training.run import Run  # it imports Lightning, which `--help` and refusals need not wait for

    run = Run(config)
    scores = run.go()
    return Result(run.directory.path, scores, run.interrupted, run.signal)
