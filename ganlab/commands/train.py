"""Train one experiment: `ganlab train KEY=VALUE …`, or `ganlab.train(config)`."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from ganlab.commands.exit_codes import guarded
from ganlab.config.arguments import Arguments, parse
from ganlab.config.composition import compose, search_path
from ganlab.config.help import train_help
from ganlab.config.overrides import normalize
from ganlab.config.targets import conf_directory
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.training.api import train

# Flags that Hydra answers.
HYDRA = {
    *("--hydra-help", "--version", "--info", "-i", "--resolve", "--package", "-p", "--run", "-r"),
    *("--shell-completion", "-sc", "--config-path", "-cp", "--config-name", "-cn"),
}


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

    lines, issues = normalize(given.overrides, [conf_directory(), *given.config_dirs])
    if issues:
        raise ConfigurationError(issue.sentence for issue in issues)
    overrides = [*lines, *search_path(given.config_dirs)]
    sys.argv = ["ganlab train", *given.flags, *overrides]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # leave exceptions to `guarded`, which knows which of them need a traceback
    hydra.main(version_base="1.3", config_path=str(conf_directory()), config_name="train")(job)()
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
