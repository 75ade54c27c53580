"""`ganlab sample`: samples of a finished run, such as `ganlab sample run=DIR n=64 seed=1`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.commands.sample_classes import class_names_of, parse_classes
from ganlab.core.errors import UserError
from ganlab.core.paused_collections import paused_collections
from ganlab.core.process_end import end_process

HELP = """ganlab sample: write samples of a finished run

usage: ganlab sample run=DIR [n=64] [seed=0] [interpolate=null] [path=null] [output=DIR/generated] [cond=null]
                     [truncation=null] [device=cpu]

  run          the run directory
  n            number of samples; with interpolate a multiple of it, 8 rows if it is left out
  seed         seed of the latents: the same seed gives the same samples, for every n
  interpolate  number of samples from one latent to another, such as 8; each row of sheet.png is one such path, and the
               samples are numbered row by row
  path         spherical, linear, or null for what fits the latents: spherical for normal ones
  output       a folder for images/ (one PNG each, for `ganlab evaluate fake=DIR/images`), sheet.png and samples.npy;
               points and sequences have no images/; a conditional generator adds images/classes.csv; what an earlier
               call wrote there is replaced, and other files stay
  cond         the class of a conditional generator, by name or number, or a list such as [cat,dog], one for each sample
               or, with interpolate, for each row; null draws the classes evenly; if the class names are numbers,
               numbers mean names
  truncation   truncation psi, which trades diversity for fidelity: clips normal latents at +-psi, or scales the styles
               of a style generator towards their mean
  device       cpu, cuda, or auto
"""
SETTINGS = {
    "run": None,
    "n": None,
    "seed": "0",
    "interpolate": None,
    "path": None,
    "output": None,
    "cond": None,
    "truncation": None,
    "device": "cpu",
}
# Suggestions; cuda:1 is a device, too.
CHOICES = {"device": ("cpu", "cuda", "auto"), "path": ("spherical", "linear")}
SAMPLES, ROWS = 64, 8  # without n


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    args = KeyValueArguments("sample", SETTINGS, arguments)
    truncation, seed = args.number("truncation"), args.count("seed")
    columns = args.count("interpolate", 2)
    n = _count(args, columns)
    path = None if args.values["path"] is None else args.choice("path", CHOICES["path"])
    args.require("path needs interpolate=N, the number of samples from one latent to another", columns or path is None)
    args.require("run=DIR is needed: the directory of a finished run", args.values["run"])
    args.raise_if_invalid()
    with paused_collections():
        import torch

        from ganlab.commands.sample_files import write_samples
        from ganlab.kinds import Sheet, kind_of
        from ganlab.training.export import load

    run, text = Path(args["run"]), args.values["cond"]
    sampler = load(run, args["device"], truncation)
    sampler.require_memory(n)
    count, unit = (n // columns, "row") if columns else (n, "")
    names, classes = sampler.class_names, sampler.spec.classes
    cond = None if text is None else torch.tensor(parse_classes(text, count, classes, names, unit))
    if columns:
        samples, labels = _interpolate(sampler, columns, path, seed, cond, n // columns)
    else:
        samples, labels = sampler.sample_batch(n, seed, cond)
    output, title = Path(args.values["output"] or run / "generated"), f"from one latent to another in rows of {columns}"
    sheet = Sheet(samples, "generated samples", title if columns else "", labels, names, columns)
    write_samples(output, kind_of(sampler.spec), sheet)
    given = sorted(set(class_names_of([] if cond is None else cond.tolist(), names)))
    of_class = f" of class {given[0]}" if len(given) == 1 else ""
    print(f"wrote {n} samples{of_class} to {output}", file=sys.stderr)
    return 0


def _count(args: KeyValueArguments, columns: int) -> int:
    """Return the number of samples; `columns` is that of each row, 0 without rows."""
    if args.values["n"] is None:
        return ROWS * columns or SAMPLES
    n = args.count("n")
    if columns and (n % columns or not n):
        args.issues.append(f"n must be a multiple of interpolate={columns}, such as {ROWS * columns}, got {n}")
    return n


def _interpolate(sampler: Any, columns: int, path: str | None, seed: int, cond: Any, rows: int) -> Any:
    try:
        return sampler.interpolate_batch(columns, path, seed, cond, rows)
    except ValueError as error:  # of a game without latents
        raise UserError(f"interpolate={columns}: {error}") from error


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
