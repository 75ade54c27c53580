"""Build a project's W&B workspace and the report of a sweep: `ganlab dashboard project=gans --dry-run`."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.errors import UserError
from ganlab.loggers.wandb_account import has_account

HELP = """ganlab dashboard: build a project's W&B workspace, and a report of a sweep or of the whole project

usage: ganlab dashboard [project=ganlab] [entity=TEAM] [sweep=GROUP] [run=DIR] [parameters=A,B] [--dry-run]

  project     the runs' logger.wandb.project
  entity      user or team; without it the account's own
  sweep       the group of the runs that the report is of; without it all of the project's
  run         a run's directory, whose losses, scores and optimized metric are plotted; else the default experiment's
  parameters  settings that the report holds against the score, such as optimizer.generator.lr,loss._target_
  --dry-run   print both as JSON and touch neither account nor network

Both pages are new ones, so that what somebody changed by hand stays.
"""
SETTINGS = {"project": "ganlab", "entity": "", "sweep": "", "run": "", "parameters": ""}
DRY_RUN = "--dry-run"


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    if "-h" in arguments or "--help" in arguments:
        print(HELP)
        return 0
    words = KeyValueArguments("dashboard", SETTINGS, [word for word in arguments if word != DRY_RUN])
    words.raise_if_invalid()
    given = {key: value or SETTINGS[key] for key, value in words.values.items()}
    dry = DRY_RUN in arguments
    if not dry and not has_account():
        raise UserError(f"no account of W&B's is configured here; run: wandb login, or see the pages with {DRY_RUN}")
    pages = build(given, given["entity"] or ("" if dry else _reached(_own_entity)))
    if dry:
        from ganlab.analysis.dashboards import spec

        print(json.dumps({name: spec(page) for name, page in pages.items()}, indent=2))
        return 0
    for page in pages.values():
        print(_reached(page.save).url)
    return 0


def build(given: Mapping[str, str], entity: str) -> dict[str, Any]:
    """Return the two pages by their names."""
    from ganlab.analysis.dashboards import Names, report, workspace

    names = Names.of(Path(given["run"])) if given["run"] else Names()
    parameters = [name for name in given["parameters"].split(",") if name]
    return {
        "workspace": workspace(given["project"], entity, names),
        "report": report(given["project"], entity, names, given["sweep"], parameters),
    }


def _own_entity() -> str:
    import wandb

    return str(wandb.Api().default_entity)


def _reached(ask: Callable[[], Any]) -> Any:
    """Ask W&B; what its packages raise where it cannot be reached, or refuses, is no one class."""
    try:
        return ask()
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"W&B has not taken the dashboard ({reason}); {DRY_RUN} prints it") from error


if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
