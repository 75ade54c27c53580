"""`ganlab resume`: continues runs from what their directories say, as in `ganlab resume outputs/ring/1`."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.config.arguments import Arguments, parse
from ganlab.config.resumption import compose_resumed
from ganlab.core.errors import UserError
from ganlab.core.paused_collections import paused_collections
from ganlab.core.process_end import end_process
from ganlab.core.shell_lines import as_path, ganlab_line, without_directory
from ganlab.runs.demos import require_run
from ganlab.runs.directory import CONFIG, SWEEP_FILE, RunDirectory
from ganlab.runs.json_files import read_json_if_valid
from ganlab.training.api import train_checked

HELP = """ganlab resume: continue stopped, failed or finished runs from their directories

usage: ganlab resume DIR [DIR ...] [KEY=VALUE ...]
         --config-dir DIR   a folder with your own config groups, if a KEY=VALUE names a component in it

  DIR        a run directory; several are resumed one after the other
  KEY=VALUE  a setting that may change when a run is resumed, such as iterations=5000 or 'logger=[csv,wandb]'

The settings are those in DIR/config.yaml, so the experiment and the settings of the first command are not repeated. A
setting that decides what is trained cannot change. A finished run continues if iterations is raised.
`ganlab ls` lists the runs that can be resumed.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code: the first of its runs that is not 0; a signal ends it at once."""
    if flags.answer(arguments, HELP):
        return 0
    args = parse(arguments)
    if args.flags or args.wants_config:
        flag = args.flags[0] if args.flags else "--cfg"
        raise UserError(f"'{flag}' is not a flag of ganlab resume: settings have no dashes, as in iterations=5000")
    paths, overrides = _split(args)
    with paused_collections():
        configs = [_compose(path, overrides, args) for path in paths]
    codes = []
    for config in configs:
        codes.append(guarded(lambda _, config=config: _train(config), []))  # type: ignore[misc]
        if codes[-1] > 128:
            break
    return next((code for code in codes if code), 0)


def _split(args: Arguments) -> tuple[list[Path], list[str]]:
    """Return the run directories and the overrides; what exists is a directory even if it has an equals sign."""
    words = args.overrides
    paths = [word for word in words if ("=" not in word and not word.startswith("~")) or os.path.isdir(word)]
    overrides = [word for word in words if word not in paths]
    named = [word for word in overrides if word.startswith("run_dir=")]
    if named:
        raise UserError(f"{named[0]}: write the directory alone, as in ganlab resume {named[0].partition('=')[2]}")
    if not paths or "" in paths:
        raise UserError("ganlab resume needs run directories, as in ganlab resume outputs/digits/1; see ganlab ls")
    return list(dict.fromkeys(map(Path, paths))), overrides


def _compose(path: Path, overrides: Sequence[str], args: Arguments) -> DictConfig:
    """Return the configuration of a run; raises UserError if it cannot be resumed with these settings."""
    require_run(path, "ganlab resume")
    run = RunDirectory(path)
    if not run.exists():
        raise UserError(_describe_missing(path))
    config = compose_resumed(path, overrides, args.config_dirs)
    run.check_config(config)
    return config


def _describe_missing(path: Path) -> str:
    if not path.is_dir():
        return f"{path} does not exist; give the directory of a run, which ganlab ls lists"
    if (path / SWEEP_FILE).is_file():
        line = without_directory(str(read_json_if_valid(path / SWEEP_FILE).get("resume") or ""))
        return f"{path} is a sweep; resume it with: {line or 'the command that started it'}"
    return f"{path} has no {CONFIG}, so it is no run; {ganlab_line(['ls', as_path(path)])} lists the runs in it"


def _train(config: DictConfig) -> int:
    result = train_checked(config)
    return 128 + result.signal if result.signal else 0


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
