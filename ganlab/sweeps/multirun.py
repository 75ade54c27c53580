"""`ganlab train -m`: checks all settings of a sweep first, then runs it with Hydra's sweeper and a launcher."""

import os
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
from ganlab.config.flag_advice import advise_on_flag
from ganlab.config.groups import conf_directory
from ganlab.config.hydra_compose import search_path
from ganlab.config.overrides import normalize
from ganlab.config.run_names import name_by_data
from ganlab.config.schema import TRAIN
from ganlab.config.targets import allowed_packages, locate, node_targets
from ganlab.core import private_api
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.core.shell_lines import as_path, ganlab_line, setting
from ganlab.sweeps.jobs.record import Record
from ganlab.sweeps.launchers.launcher import command_line
from ganlab.sweeps.results.collect import collect

FLAGS = {"--no-wait": "++hydra.launcher.wait=false", "--retry-failed": "++hydra.launcher.retry_failed=true"}
MULTIRUN = ("-m", "--multirun")


def multirun(args: Arguments, task: Callable[[DictConfig], Any]) -> int:
    """Run a sweep and return its exit code: 1 if a job failed, 128 + signal if a signal ended it.

    Raises UserError for every invalid setting before the first job starts.
    """
    lines, settings = _prepare(args)
    directory = Path(settings.sweep.dir)
    overrides = [*lines, *search_path(args.config_dirs), setting("hydra.sweep.dir", directory)]
    sys.argv = ["ganlab train", "--multirun", *overrides]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # leave exceptions to `guarded`, which decides which of them need a traceback
    config_dirs = [f"--config-dir={path}" for path in args.config_dirs]
    command = ["train", *args.flags, *config_dirs, *args.overrides]
    if not _sets_directory(lines):
        command.append(setting("hydra.sweep.dir", directory))
    command_line.set(ganlab_line(command, allowed_packages()))
    exit_code, is_new = 0, not directory.exists()
    try:
        hydra.main(version_base="1.3", config_path=str(conf_directory()), config_name="train")(task)()
    except HydraException as error:
        raise error.__cause__ if isinstance(error.__cause__, UserError) else UserError(_one_line(error)) from error
    except KeyboardInterrupt:
        exit_code = 130
    except SystemExit as end:
        exit_code = int(end.code or 0)
    finally:
        if is_new and not Record(directory).jobs():
            shutil.rmtree(directory, ignore_errors=True)  # no job was planned, so there is nothing to save
    record = Record(directory)
    if not record.jobs():  # another package's launcher, which writes no record
        return exit_code
    return _finish(record, exit_code, settings.launcher.get("wait", True))


def _finish(record: Record, exit_code: int, waited: bool) -> int:
    """Print the results, or how to get them later, and return the exit code of the sweep."""
    if not waited and not exit_code:
        print(f"submitted; see the jobs with: {ganlab_line(['sweep', 'status', as_path(record.path)])}")
        return 0
    summary = collect(record)
    print(summary.text, end="")
    if exit_code:
        print(f"resume with: {record.content['command']}", file=sys.stderr)
        return exit_code
    return 0 if summary.all_finished else 1


def _prepare(args: Arguments) -> tuple[list[str], DictConfig]:
    """Return the overrides for Hydra and Hydra's settings; raises UserError if a sweep cannot start with them."""
    directories = [conf_directory(), *args.config_dirs]
    unknown = [flag for flag in args.flags if flag not in (*MULTIRUN, *FLAGS)]
    if unknown:
        advice = advise_on_flag(unknown[0], args.given, directories, TRAIN)
        general = f"; choose -m, {', '.join(FLAGS)}"
        raise UserError(f"'{unknown[0]}' is not a flag of a sweep{advice or general}")
    lines, issues = normalize(args.overrides, directories)
    if issues:
        raise ConfigurationError(issue.sentence for issue in issues)
    lines += [FLAGS[flag] for flag in args.flags if flag in FLAGS]
    parsed = OverridesParser.create().parse_overrides(lines)
    single = [line for line, override in zip(lines, parsed, strict=True) if not override.is_sweep_override()]
    settings = _hydra_settings(single, lines, args.config_dirs)
    _register_plugins(settings)
    swept = [override.key_or_group for override in parsed if override.is_sweep_override()]
    swept += list(settings.sweeper.get("params") or {})
    _check_sweep(parsed, swept, settings)
    return lines, settings


def _check_sweep(parsed: Sequence[Override], swept: Sequence[str], settings: DictConfig) -> None:
    """Raise UserError if the overrides do not make a sweep."""
    keys = {override.key_or_group for override in parsed}
    if "run_dir" in keys:
        raise UserError("run_dir applies to a single run; for a sweep set hydra.sweep.dir=DIR")
    if not str(settings.sweep.dir).strip():
        raise UserError("hydra.sweep.dir is empty; write hydra.sweep.dir=DIR, or leave it out for outputs/NAME/TIME")
    swept_hydra = [key for key in swept if key.startswith("hydra")]
    if swept_hydra:
        raise UserError(f"{swept_hydra[0]} applies to the whole sweep and cannot differ between jobs; set one value")
    if not swept:
        raise UserError(
            "there is nothing to sweep over: give a setting several values, such as seed=0,1,2, or for a single job "
            "'seed=choice(0)'; a run on this machine needs no -m"
        )
    intervals = [str(override.input_line).lstrip("+") for override in parsed if override.is_interval_sweep()]
    if intervals and settings.sweeper._target_.endswith(".BasicSweeper"):
        raise UserError(
            f"{intervals[0]} is an interval, and a grid needs a list of values, such as choice(1e-4,1e-3); to search "
            "an interval, add hydra/sweeper=random or hydra/sweeper=optuna"
        )


def _hydra_settings(lines: Sequence[str], swept: Sequence[str], config_dirs: Sequence[Path]) -> DictConfig:
    """Return Hydra's own settings with the directory of the sweep resolved, because its default contains the time.

    `lines` are the overrides with one value, `swept` those and the others, which also name the directory.
    """
    try:
        with initialize_config_dir(str(conf_directory()), version_base="1.3", job_name="ganlab"):
            config = compose("train", [*lines, *search_path(config_dirs)], return_hydra_config=True)
            OmegaConf.set_readonly(config, False)
            name_by_data(config, swept, [conf_directory(), *config_dirs])
            directory = str(OmegaConf.select(config, "hydra.sweep.dir"))
            settings: DictConfig = config.hydra.copy()
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError([_one_line(error)]) from error
    OmegaConf.set_readonly(settings, False)
    settings.sweep.dir = directory
    return settings


def _register_plugins(settings: DictConfig) -> None:
    """Register a launcher or sweeper outside `hydra_plugins`, the only namespace in which Hydra finds them."""
    plugins = Plugins.instance()
    accepted_by_hydra = plugins.is_in_toplevel_plugins_module
    nodes = [node for node in (settings.launcher, settings.sweeper) if not accepted_by_hydra(node._target_)]
    try:
        for target in node_targets(nodes):
            locate(target)
        for node in nodes:
            plugins.register(locate(node._target_))  # type: ignore[arg-type]
    except LookupError as error:
        raise ConfigurationError([f"hydra: {error}"]) from error
    targets = {node._target_ for node in nodes}
    private_api.accept_plugins(plugins, lambda target: target in targets or accepted_by_hydra(target))


def _sets_directory(lines: Sequence[str]) -> bool:
    return any(line.lstrip("+").startswith("hydra.sweep.dir=") for line in lines)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split("Config search path:")[0].split())
