"""`ganlab evaluate`: scores of a run (`run=DIR`) or of finished samples (`real=DIR fake=DIR`)."""

import logging
import os
import sys
from collections.abc import Sequence
from errno import EACCES, EISDIR, ENOTDIR
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from ganlab.commands import flags
from ganlab.commands.describe import help_text
from ganlab.commands.exit_codes import guarded
from ganlab.config.arguments import parse
from ganlab.config.composition import compose
from ganlab.config.flag_advice import advise_on_flag
from ganlab.config.groups import conf_directory
from ganlab.config.help import evaluate_help
from ganlab.config.schema import EVALUATE
from ganlab.core.errors import UserError
from ganlab.core.memory import out_of_memory_reported
from ganlab.core.paused_collections import paused_collections
from ganlab.core.process_end import end_process
from ganlab.core.score_text import baseline_lines

if TYPE_CHECKING:
    from ganlab.analysis.evaluation import EvaluationResult

ROWS = 8  # generated images in the picture of nearest neighbours
DEFAULT_MODEL = {"last", "ema"}  # checkpoint and weights that a score file does not name


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, lambda: help_text(arguments, lambda: evaluate_help(conf_directory()))):
        return 0
    args = parse(arguments)
    if args.flags:
        advice = advise_on_flag(args.flags[0], args.given, [conf_directory(), *args.config_dirs], EVALUATE)
        raise UserError(f"'{args.flags[0]}' is not a flag of ganlab evaluate{advice}; see ganlab evaluate --help")
    _reject_data(args.overrides)
    with paused_collections():
        config = compose(args.overrides, args.config_dirs, EVALUATE)
    if args.wants_config:
        print(OmegaConf.to_yaml(config), end="")
        return 0
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    from ganlab.analysis.evaluation import evaluate
    from ganlab.engine.device import keep_freed_memory

    path = _output_file(config)
    keep_freed_memory()
    with out_of_memory_reported("lower protocol.samples, protocol.batch_size, or the numbers of a metric"):
        result = evaluate(config)
    for line in _score_lines(result.content):
        print(line)
    _write(path, result.content)
    _write_neighbours(path.with_name(f"{path.stem}_neighbours.png"), result, config.neighbours)
    intervals = "intervals cover the variation of generated samples only"
    print(f"against {_describe_reference(config, result.content)}; {intervals}; wrote {path}", file=sys.stderr)
    return 0


def _reject_data(overrides: Sequence[str]) -> None:
    """Raise UserError for a setting of the data set, which a run has of its own, and samples in files do not have."""
    for override in overrides:
        if override.lstrip("+~").partition("=")[0].partition(".")[0] == "data":
            raise UserError(
                f"'{override}' is a setting of training, and a run is scored on its own data; to score its samples "
                "against others, run `ganlab sample run=DIR`, then `ganlab evaluate real=PATH fake=DIR/generated`"
            )


def _describe_reference(config: DictConfig, content: Any) -> str:
    count = content["protocol"]["real_samples"]
    if count is None:
        return "statistics of real samples"
    has_no_floor = config.real is not None and config.train is None
    floor = "; without train=FOLDER there is no floor, the scores of real samples" if has_no_floor else ""
    return f"{count:,} real samples{floor}"


def _output_file(config: DictConfig) -> Path:
    """Return the score file; raises UserError if it cannot be written, before hours of scoring."""
    model = sorted({Path(config.checkpoint).stem, config.weights} - DEFAULT_MODEL)
    truncation = [] if config.truncation is None else [f"truncation{config.truncation:g}"]
    name = "_".join([config.protocol.name, *model, *truncation])
    default = Path(config.run) / "evaluations" / f"{name}.json" if config.run else Path("scores.json")
    if not config.output:
        existing = next(folder for folder in default.parents if folder.exists())
        if not os.access(existing, os.W_OK):
            raise _not_writable(default, PermissionError(EACCES, os.strerror(EACCES)))
        return default
    path = Path(config.output)
    code = _reason_not_writable(path)
    if code:
        raise _not_writable(path, OSError(code, os.strerror(code)))
    return path


def _reason_not_writable(path: Path) -> int:
    """Return the system's error number for writing a file, 0 if there is none; creates nothing."""
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    if path.is_dir():
        return EISDIR
    if not folder.is_dir():
        return ENOTDIR
    target = path if path.exists() and not path.is_file() else folder  # a device is written directly
    return 0 if os.access(target, os.W_OK) else EACCES


def _write_neighbours(path: Path, result: "EvaluationResult", neighbours: int) -> None:
    """Draw generated images with their nearest training ones, if a metric has found those."""
    from ganlab.kinds import ImageKind, Sheet
    from ganlab.kinds.picture_file import save_picture
    from ganlab.metrics.scoring.neighbours import find_neighbour_images

    images = find_neighbour_images(result.evaluator, result.generated(), ROWS, neighbours)
    if images is None:
        return
    pixels, title = images.flatten(0, 1).float() / 127.5 - 1, "generated images, each before its nearest training ones"
    picture = ImageKind().draw(Sheet(pixels, "images", title, columns=images.shape[1]))
    try:
        save_picture(picture, path)
    except OSError as error:
        raise _not_writable(path, error) from error


def _write(path: Path, content: Any) -> None:
    from ganlab.runs.json_files import write_json

    try:
        write_json(path, content)
    except OSError as error:
        raise _not_writable(path, error) from error


def _not_writable(path: Path, error: OSError) -> UserError:
    return UserError(f"output={path} cannot be written ({error.strerror}); choose another file")


def _score_lines(content: Any) -> list[str]:
    """Return one line per score, with its interval if it has one."""
    scores, intervals = content["scores"], content["intervals"]
    width = max(len(name) for name in scores)
    lines = []
    for name, value in scores.items():
        line = f"{name:{width}}  {value:.6g}"
        if name in intervals:
            line += f"  (95 % {intervals[name][0]:.4g} to {intervals[name][1]:.4g})"
        if name in content["floor"]:
            line += f"  real {content['floor'][name]:.4g}"
        if name in content["remarks"]:
            line += f"  {content['remarks'][name]}"
        lines.append(line)
    return lines + baseline_lines(content["baselines"])


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
