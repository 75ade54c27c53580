"""Score a run or finished samples: `ganlab evaluate run=DIR`, `ganlab evaluate real=DIR fake=DIR`."""

import logging
import os
import sys
from collections.abc import Sequence
from errno import EACCES
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from ganlab.commands.exit_codes import guarded
from ganlab.config.arguments import parse
from ganlab.config.composition import compose
from ganlab.config.help import evaluate_help
from ganlab.config.schema import EVALUATE
from ganlab.config.targets import conf_directory
from ganlab.core.errors import UserError

ROWS = 8  # generated images in the picture of neighbours


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    given = parse(arguments)
    if given.wants_help:
        print(evaluate_help(conf_directory()))
        return 0
    if given.flags:
        raise UserError(f"'{given.flags[0]}' is no flag of ganlab evaluate; see ganlab evaluate --help")
    config = compose(given.overrides, given.config_dirs, EVALUATE)
    if given.wants_config:
        print(OmegaConf.to_yaml(config), end="")
        return 0
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    from ganlab.analysis.evaluation import evaluate
    from ganlab.data.sheets import image_grid  # these import torch, which `--help` need not wait for
    from ganlab.engine.device import keep_freed_memory
    from ganlab.metrics.scoring.neighbours import neighbours

    path = _place(config)
    keep_freed_memory()
    result = evaluate(config)
    for line in _lines(result.content):
        print(line)
    _write(path, result.content)
    sheet = neighbours(result.evaluator, result.fakes(), ROWS, config.neighbours)
    if sheet is not None:
        picture = image_grid(sheet.flatten(0, 1).float() / 127.5 - 1, columns=sheet.shape[1])
        picture.save(path.with_name(f"{path.stem}_neighbours.png"))
    count = result.content["protocol"]["real_samples"]
    print(f"against {count:,} real samples; intervals are of the generated ones alone; wrote {path}", file=sys.stderr)
    return 0


def _place(config: DictConfig) -> Path:
    """Return the file for the scores, which is tried before hours of scoring."""
    given, usual = {Path(config.checkpoint).stem, config.weights}, {"last", "ema"}
    truncated = [] if config.truncation is None else [f"truncation{config.truncation:g}"]
    name = "_".join([config.protocol.name, *sorted(given - usual), *truncated])
    default = Path(config.run) / "evaluations" / f"{name}.json" if config.run else Path("scores.json")
    if not config.output:
        folder = next(each for each in default.parents if each.exists())
        if not os.access(folder, os.W_OK):
            raise _unwritable(default, PermissionError(EACCES, os.strerror(EACCES)))
        return default
    path = Path(config.output)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a"):
            is_new = not path.stat().st_size
        if is_new:
            path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def _write(path: Path, content: Any) -> None:
    from ganlab.runs.directory import write_json

    try:
        write_json(path, content)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> UserError:
    return UserError(f"output={path} cannot be written ({error.strerror}); choose another file")


def _lines(content: Any) -> list[str]:
    """Return one line a score, with its interval where there is one."""
    intervals = content["intervals"]
    width = max(len(name) for name in content["scores"])
    return [
        f"{name:{width}}  {value:.6g}"
        + (f"  (95 % {intervals[name][0]:.4g} to {intervals[name][1]:.4g})" if name in intervals else "")
        for name, value in content["scores"].items()
    ]


if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
