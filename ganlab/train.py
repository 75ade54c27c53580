"""Train one experiment: `ganlab train KEY=VALUE …`, or `ganlab.train(config)`."""

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from omegaconf import DictConfig, OmegaConf

from ganlab.command import Arguments, guarded, parse
from ganlab.config import check, compose, conf_directory, search_path
from ganlab.errors import ConfigurationError, UserError
from ganlab.help import train_help
from ganlab.overrides import normalize

# Flags that Hydra answers.
HYDRA = {
    *("--hydra-help", "--version", "--info", "-i", "--resolve", "--package", "-p", "--run", "-r"),
    *("--shell-completion", "-sc", "--config-path", "-cp", "--config-name", "-cn"),
}


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
    from ganlab.training import Run  # it imports Lightning, which `--help` and refusals need not wait for

    run = Run(config)
    scores = run.go()
    return Result(run.directory.path, scores, run.interrupted, run.signal)


def job(config: DictConfig) -> float | None:
    """Train one job of a launcher that is not ours, where Hydra says, and return the score to optimise."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    given = HydraConfig.get()
    directories = [each.path.removeprefix("file://") for each in given.runtime.config_sources if each.schema == "file"]
    mine = [each for each in directories if Path(each) != conf_directory()]
    config = compose(given.overrides.task, mine)
    if given.mode == RunMode.MULTIRUN and _starts_processes(config):
        raise UserError(
            f"this launcher runs its jobs in one process, from which trainer.devices={config.trainer.devices} cannot "
            "start others; use hydra/launcher=local"
        )
    if config.run_dir is None:
        config.run_dir = given.runtime.output_dir
    result = train(config)
    if result.interrupted:
        raise SystemExit(128 + result.signal if result.signal else 0)  # which ends the sweep
    return result.metrics.get(config.optimized_metric)


def main(arguments: Sequence[str]) -> int:
    """Run the command; a sweep and Hydra's own flags go through Hydra, one job does not need it."""
    given = parse(arguments)
    if given.wants_help:
        print(train_help(conf_directory()))
        return 0
    if given.wants_config:
        print(OmegaConf.to_yaml(compose(given.overrides, given.config_dirs)), end="")
        return 0
    if not given.flags:
        return _once(given, arguments)
    if not {"-m", "--multirun"}.isdisjoint(given.flags):
        from ganlab.sweeps.multirun import multirun  # what only sweeps need

        return multirun(given, job)
    for flag in given.flags:
        if flag.partition("=")[0] not in HYDRA:
            raise UserError(
                f"'{flag}' is no flag of ganlab train: settings have no dashes, as in seed=1, and --no-wait and "
                "--retry-failed go with -m; see ganlab train --help"
            )
    return _through_hydra(given)


def _once(given: Arguments, arguments: Sequence[str]) -> int:
    for word in given.overrides:
        if word.lstrip("+~").startswith(("hydra/", "hydra.")):
            raise UserError(f"{word} is of a sweep, and this is a single run here; add -m, or drop it")
    result = train(compose(given.overrides, given.config_dirs))
    if not result.signal:  # to its end, or one of several processes, of which the first tells
        return 0
    place = [] if any(word.startswith("run_dir=") for word in given.overrides) else [f"run_dir='{result.run_dir}'"]
    print(f"go on with: {shlex.join(['ganlab', 'train', *arguments, *place])}", file=sys.stderr)
    return 128 + result.signal  # as a shell has it


def _starts_processes(config: DictConfig) -> bool:
    """Tell whether Lightning would start processes of its own: it gives them this process's command line."""
    devices = config.trainer.get("devices", 1)
    return isinstance(devices, int) and devices > 1 and "SLURM_PROCID" not in os.environ


def _through_hydra(given: Arguments) -> int:
    import hydra

    lines, mistakes = normalize(given.overrides, [conf_directory(), *given.config_dirs])
    if mistakes:
        raise ConfigurationError(mistake.sentence for mistake in mistakes)
    overrides = [*lines, *search_path(given.config_dirs)]
    sys.argv = ["ganlab train", *given.flags, *overrides]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # leave exceptions to `guarded`, which knows which of them need a traceback
    hydra.main(version_base="1.3", config_path=str(conf_directory()), config_name="train")(job)()
    return 0


class _Callable(ModuleType):
    """Makes `ganlab.train` both the function of the library and the module that `python -m ganlab.train` runs."""

    def __call__(self, config: DictConfig) -> Result:
        return train(config)


sys.modules[__name__].__class__ = _Callable

if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
