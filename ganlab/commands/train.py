"""`ganlab train`: one run or, with -m, a sweep."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from ganlab.commands import flags
from ganlab.commands.describe import help_text
from ganlab.commands.exit_codes import guarded
from ganlab.config.arguments import Arguments, parse
from ganlab.config.composition import compose
from ganlab.config.flag_advice import advise_on_flag
from ganlab.config.groups import conf_directory
from ganlab.config.help import train_help
from ganlab.config.hydra_compose import search_path
from ganlab.config.overrides import normalize
from ganlab.config.resumption import compose_run
from ganlab.config.schema import TRAIN
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.core.paused_collections import paused_collections
from ganlab.core.process_end import end_process
from ganlab.training.api import train_checked

SWEEP_FLAGS = ("--no-wait", "--retry-failed")
# Flags that Hydra answers.
HYDRA_FLAGS = {
    *("--hydra-help", "--info", "-i", "--resolve", "--package", "-p", "--run", "-r"),
    *("--shell-completion", "-sc", "--config-path", "-cp", "--config-name", "-cn"),
}


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; only a sweep and Hydra's own flags go through Hydra's application."""
    if flags.answer(arguments, lambda: help_text(arguments, lambda: train_help(conf_directory()))):
        return 0
    args = parse(arguments)
    if args.wants_config:
        print(OmegaConf.to_yaml(compose_run(args.overrides, args.config_dirs)), end="")
        return 0
    if not args.flags:
        return _train_once(args)
    if not {"-m", "--multirun"}.isdisjoint(args.flags):
        from ganlab.sweeps.multirun import multirun

        return multirun(args, train_job)
    for flag in args.flags:
        if flag.partition("=")[0] not in HYDRA_FLAGS:
            directories = [conf_directory(), *args.config_dirs]
            advice = "" if flag in SWEEP_FLAGS else advise_on_flag(flag, args.given, directories, TRAIN)
            general = ": settings have no dashes, as in seed=1, and --no-wait and --retry-failed require -m"
            raise UserError(f"'{flag}' is not a flag of ganlab train{advice or general}; see ganlab train --help")
    return _run_hydra(args)


def train_job(config: DictConfig) -> float | None:
    """Train one job of another package's launcher in the directory that Hydra names; returns the optimized score."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    hydra_config = HydraConfig.get()
    sources = [source for source in hydra_config.runtime.config_sources if source.schema == "file"]
    folders = [source.path.removeprefix("file://") for source in sources]
    config_dirs = [folder for folder in folders if Path(folder) != conf_directory()]
    config = compose(hydra_config.overrides.task, config_dirs)
    if hydra_config.mode == RunMode.MULTIRUN and _starts_processes(config):
        raise UserError(
            f"this launcher runs its jobs in one process, which cannot start the others of "
            f"trainer.devices={config.trainer.devices}; use hydra/launcher=local"
        )
    if config.run_dir is None:
        config.run_dir = hydra_config.runtime.output_dir
    result = train_checked(config)
    if result.interrupted:
        raise SystemExit(128 + result.signal if result.signal else 0)  # ends the sweep
    return result.metrics.get(config.optimized_metric)


def _train_once(args: Arguments) -> int:
    for override in args.overrides:
        if override.lstrip("+~").startswith(("hydra/", "hydra.")):
            raise UserError(f"{override} is a setting of a sweep, and this is a single run; add -m, or remove it")
    with paused_collections():
        config = compose_run(args.overrides, args.config_dirs)
    result = train_checked(config)
    return 128 + result.signal if result.signal else 0  # the exit code of a shell


def _starts_processes(config: DictConfig) -> bool:
    """Return whether Lightning would start further processes, which it does with this process's command line."""
    from ganlab.engine.distributed.trainer_arguments import environment_of

    devices = config.trainer.get("devices", 1)
    if not isinstance(devices, int) or devices <= 1:
        return False
    return not environment_of(config.trainer).creates_processes_externally


def _run_hydra(args: Arguments) -> int:
    import hydra

    lines, issues = normalize(args.overrides, [conf_directory(), *args.config_dirs])
    if issues:
        raise ConfigurationError(issue.sentence for issue in issues)
    sys.argv = ["ganlab train", *args.flags, *lines, *search_path(args.config_dirs)]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # leave exceptions to `guarded`, which decides which of them need a traceback
    hydra.main(version_base="1.3", config_path=str(conf_directory()), config_name="train")(train_job)()
    return 0


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
