"""`ganlab dashboard`: a W&B workspace and report, such as `ganlab dashboard project=gans --dry-run`."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.errors import UserError
from ganlab.core.process_end import end_process

HELP = """ganlab dashboard: build a project's W&B workspace, and a report of a sweep or of all runs of the project

usage: ganlab dashboard [project=ganlab] [entity=TEAM] [sweep=GROUP] [run=DIR] [parameters=A,B] [--dry-run]

  project     the runs' logger.wandb.project
  entity      user or team; by default that of the account
  sweep       the group of runs in the report; by default all runs of the project
  run         a run directory that provides the losses, scores and optimized metric to plot; by default those of the
              default experiment
  parameters  settings that the report plots against the score, such as optimizer.generator.lr,loss._target_
  --dry-run   print both pages as JSON, without account and network

Both pages are new pages, so edits of existing pages stay.
"""
SETTINGS = {"project": "ganlab", "entity": "", "sweep": "", "run": "", "parameters": ""}
DRY_RUN = "--dry-run"
FLAGS = (DRY_RUN,)


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    is_dry_run = DRY_RUN in arguments
    args = KeyValueArguments("dashboard", SETTINGS, [argument for argument in arguments if argument != DRY_RUN])
    args.raise_if_invalid()
    settings = {key: value or SETTINGS[key] for key, value in args.values.items()}
    if is_dry_run:
        from ganlab.analysis.dashboards import to_dict

        pages = build(settings, settings["entity"])
        print(json.dumps({name: to_dict(page) for name, page in pages.items()}, indent=2))
        return 0
    from ganlab.loggers.wandb_account import has_account

    if not has_account():
        raise UserError(f"no W&B account is configured here; run: wandb login, or print the pages with {DRY_RUN}")
    pages = build(settings, settings["entity"] or _request(_default_entity))
    for page in pages.values():
        print(_request(page.save).url)
    return 0


def build(settings: Mapping[str, str], entity: str) -> dict[str, Any]:
    """Return the workspace and the report by name."""
    from ganlab.analysis.dashboards import LoggedNames, build_report, build_workspace

    names = LoggedNames.from_run(Path(settings["run"])) if settings["run"] else LoggedNames()
    parameters = [name for name in settings["parameters"].split(",") if name]
    return {
        "workspace": build_workspace(settings["project"], entity, names),
        "report": build_report(settings["project"], entity, names, settings["sweep"], parameters),
    }


def _default_entity() -> str:
    import wandb

    return str(wandb.Api().default_entity)


def _request(call: Callable[[], Any]) -> Any:
    """Call W&B; its packages raise errors of many classes if it rejects a page or cannot be reached."""
    try:
        return call()
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"W&B rejected the dashboard ({reason}); {DRY_RUN} prints it") from error


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
