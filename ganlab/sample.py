"""Write samples of a finished run: `ganlab sample run=DIR n=64 seed=1`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ganlab.command import guarded
from ganlab.errors import UserError
from ganlab.words import Words

HELP = """ganlab sample: write samples of a finished run

usage: ganlab sample run=DIR [n=64] [seed=0] [output=DIR/generated] [cond=null] [truncation=null] [device=cpu]

  run     the run's directory
  n       how many samples
  seed    of their latents: the same seed, the same samples, however many
  output  a folder for images/ (one PNG each, which `ganlab evaluate fake=DIR/images` reads), sheet.png and samples.npy;
          points and sequences get no single PNGs
  cond    a class, or a list of n classes, for a conditional generator; null draws classes evenly
  truncation  a number, for samples of fewer kinds, and often better: latents further than that from 0 are left out, and
          of a style generator's styles that share of their distance from the average is kept
  device  cpu, cuda, or auto
"""
SETTINGS = {"run": None, "n": "64", "seed": "0", "output": None, "cond": None, "truncation": None, "device": "cpu"}


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    if "-h" in arguments or "--help" in arguments:
        print(HELP)
        return 0
    words = Words("sample", SETTINGS, arguments)
    n, seed, truncation = words.count("n"), words.count("seed"), words.number("truncation")
    words.need("run=DIR is needed: the directory of a finished run", words.values["run"])
    words.refuse()
    import numpy as np
    import torch

    from ganlab.export import load
    from ganlab.pictures import write_pictures

    run, given = Path(words["run"]), words.values["cond"]
    sampler = load(run, words["device"], truncation)
    cond = None if given is None else torch.tensor(_classes(given, n, sampler.spec.classes))
    samples = sampler.sample(n, seed, cond)
    output = Path(words.values["output"] or run / "generated")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"output={output} cannot be a folder: {error.strerror}") from error
    np.save(output / "samples.npy", samples.numpy())
    if n:
        write_pictures(samples, output)
    print(f"wrote {n} samples to {output}", file=sys.stderr)
    return 0


def _classes(text: str, n: int, classes: int) -> list[int]:
    if not classes:
        raise UserError("this generator is not conditional, so cond must be null")
    try:
        cond = json.loads(text)
    except json.JSONDecodeError:
        cond = None
    wanted = cond if isinstance(cond, list) else [cond] * n
    if len(wanted) != n or not all(type(each) is int and 0 <= each < classes for each in wanted):
        raise UserError(f"cond must be a class from 0 to {classes - 1}, or a list of {n} of them, got {text}")
    return wanted


if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
