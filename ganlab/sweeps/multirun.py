"""`ganlab train -m`: everything that can be told is told first, then Hydra's sweeper and a launcher take over."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ganlab.config.arguments import Arguments
from ganlab.config.composition import search_path
from ganlab.config.overrides import normalize
from ganlab.config.targets import conf_directory, locate, node_targets
from ganlab.core import private_api
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.sweeps.jobs.record import Record
from ganlab.sweeps.results.collect import collect

FLAGS = {"--no-wait": "++hydra.launcher.wait=false", "--retry-failed": "++hydra.launcher.retry_failed=true"}
MULTIRUN = ("-m", "--multirun")


def multirun(given: Arguments, task: Callable[[DictConfig], Any]) -> int:
    """Run a sweep and return its exit code: 1 where a job failed, 128 + signal where one has ended it.

    Raises UserError for everything that is wrong with its settings, before the first job begins.
    """
    lines, settings = _settle(given)
    directory = Path(settings.sweep.dir)
    overrides = [*lines, *search_path(given.config_dirs), f"hydra.sweep.dir='{directory}'"]
    sys.argv = ["ganlab train", "--multirun", *overrides]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # leave exceptions to `guarded`, which knows which of them need a traceback
    command = ["ganlab", "train", *given.flags, *(f"--config-dir={each}" for each in given.config_dirs)]
    command += [*given.overrides, *([] if _names_directory(lines) else [f"hydra.sweep.dir={directory}"])]
    ended_by, is_new = 0, not directory.exists()
    try:
        hydra.main(version_base="1.3", config_path=str(conf_directory()), config_name="train")(task)()
    except HydraException as error:
        raise error.__cause__ if isinstance(error.__cause__, UserError) else UserError(_sentence(error)) from error
    except KeyboardInterrupt:
        ended_by = 130
    except SystemExit as end:
        ended_by = int(end.code or 0)
    finally:
        if is_new and not Record(directory).jobs():
            shutil.rmtree(directory, ignore_errors=True)  # refused before there was anything to keep
    record = Record(directory)
    if not record.jobs():  # another package's launcher, which keeps no record
        return ended_by
    record.write(command=shlex.join(command))
    return _finish(record, ended_by, settings.launcher.get("wait", True))


def _finish(record: Record, ended_by: int, waited: bool) -> int:
    if not waited and not ended_by:
        print(f"submitted; look with: ganlab sweep status {shlex.quote(str(record.path))}")
        return 0
    summary = collect(record)
    print(summary.text, end="")
    if ended_by:
        print(f"go on with: {record.content['command']}", file=sys.stderr)
        return ended_by
    return 0 if summary.is_done else 1


def _settle(given: Arguments) -> tuple[list[str], DictConfig]:
    """Return the overrides for Hydra and its settings; raises UserError where a sweep cannot begin with them."""
    directories = [conf_directory(), *given.config_dirs]
    unknown = [flag for flag in given.flags if flag not in (*MULTIRUN, *FLAGS)]
    if unknown:
        raise UserError(f"'{unknown[0]}' is no flag of a sweep; choose -m, {', '.join(FLAGS)}")
    lines, issues = normalize(given.overrides, directories)
    if issues:
        raise ConfigurationError(issue.sentence for issue in issues)
    lines += [FLAGS[flag] for flag in given.flags if flag in FLAGS]
    parsed = OverridesParser.create().parse_overrides(lines)
    plain = [line for line, each in zip(lines, parsed, strict=True) if not each.is_sweep_override()]
    settings = _hydra_settings(plain, given.config_dirs)
    _admit(settings)
    swept = [each.key_or_group for each in parsed if each.is_sweep_override()]
    swept += list(settings.sweeper.get("params") or {})
    _refuse(parsed, swept, settings)
    return lines, settings


def _refuse(parsed: Sequence[Override], swept: Sequence[str], settings: DictConfig) -> None:
    keys = {each.key_or_group for each in parsed}
    if "run_dir" in keys:
        raise UserError("run_dir is of one run; a sweep's directory is hydra.sweep.dir=DIR, and its jobs' are below it")
    inner = [key for key in swept if key.startswith("hydra")]
    if inner:
        raise UserError(f"{inner[0]} is of the whole sweep and cannot differ between its jobs; give it one value")
    if not swept:
        raise UserError(
            "there is nothing to sweep over: give a setting several values, such as seed=0,1,2, or for a single job "
            "'seed=choice(0)'; a run on this machine needs no -m"
        )
    intervals = [str(each.input_line).lstrip("+") for each in parsed if each.is_interval_sweep()]
    if intervals and settings.sweeper._target_.endswith(".BasicSweeper"):
        raise UserError(
            f"{intervals[0]} is no list of values; list some, such as choice(1e-4,1e-3), or search in it with "
            "hydra/sweeper=random or hydra/sweeper=optuna"
        )


def _hydra_settings(lines: Sequence[str], config_dirs: Sequence[Path]) -> DictConfig:
    """Return Hydra's own settings, with the sweep's directory named once for all."""
    try:
        with initialize_config_dir(str(conf_directory()), version_base="1.3", job_name="ganlab"):
            config = compose("train", [*lines, *search_path(config_dirs)], return_hydra_config=True)
            directory = str(OmegaConf.select(config, "hydra.sweep.dir"))
            settings: DictConfig = config.hydra.copy()
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError([_sentence(error)]) from error
    OmegaConf.set_readonly(settings, False)
    settings.sweep.dir = directory
    return settings


def _admit(settings: DictConfig) -> None:
    """Let launcher and sweeper be classes of ganlab, or of a package that may be used: Hydra wants `hydra_plugins`."""
    plugins, others = Plugins.instance(), Plugins.is_in_toplevel_plugins_module
    ours = [node for node in (settings.launcher, settings.sweeper) if not others(node._target_)]
    try:
        for target in node_targets(ours):
            locate(target)
        for node in ours:
            plugins.register(locate(node._target_))  # type: ignore[arg-type]
    except LookupError as error:
        raise ConfigurationError([f"hydra: {error}"]) from error
    known = {node._target_ for node in ours}
    private_api.accept_plugins(plugins, lambda name: name in known or others(name))


def _names_directory(lines: Sequence[str]) -> bool:
    return any(line.lstrip("+").startswith("hydra.sweep.dir=") for line in lines)


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split("Config search path:")[0].split())
