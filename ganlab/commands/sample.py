"""Write samples of a finished run: `ganlab sample run=DIR n=64 seed=1`."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.errors import UserError

HELP = """ganlab sample: write samples of a finished run

usage: ganlab sample run=DIR [n=64] [seed=0] [output=DIR/generated] [cond=null] [truncation=null] [device=cpu]

  run     the run's directory
  n       how many samples
  seed    of their latents: the same seed, the same samples, however many
  output  a folder for images/ (one PNG each, which `ganlab evaluate fake=DIR/images` reads), sheet.png and samples.npy;
          points and sequences get no single PNGs; images/classes.csv tells the classes of a conditional generator's
  cond    a class, by its folder's name or its number, or a list of n such as [cat,dog], for a conditional generator;
          null draws classes evenly, and where names are numbers they are meant
  truncation  a number, for samples of fewer kinds, and often better: latents further than that from 0 are left out, and
          of a style generator's styles that share of their distance from the average is kept
  device  cpu, cuda, or auto
"""
SCRATCH = "samples.npy.tmp"
SETTINGS = {"run": None, "n": "64", "seed": "0", "output": None, "cond": None, "truncation": None, "device": "cpu"}


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    if "-h" in arguments or "--help" in arguments:
        print(HELP)
        return 0
    words = KeyValueArguments("sample", SETTINGS, arguments)
    n, seed, truncation = words.count("n"), words.count("seed"), words.number("truncation")
    words.require("run=DIR is needed: the directory of a finished run", words.values["run"])
    words.raise_if_invalid()
    import numpy as np
    import torch

    from ganlab.commands.sample_sheets import write_pictures
    from ganlab.training.export import load

    run, given = Path(words["run"]), words.values["cond"]
    sampler = load(run, words["device"], truncation)
    cond = None if given is None else torch.tensor(_classes(given, n, sampler.spec.classes, sampler.class_names))
    samples, labels = sampler.labelled(n, seed, cond)
    output = Path(words.values["output"] or run / "generated")
    try:
        output.mkdir(parents=True, exist_ok=True)
        _make_room(output)
        with (output / SCRATCH).open("wb") as file:
            np.save(file, samples.numpy())
        os.replace(file.name, output / "samples.npy")
        if n:
            write_pictures(samples, output, _named(labels, sampler.class_names))
    except OSError as error:
        with suppress(OSError):
            (output / SCRATCH).unlink()
        reason = error.strerror or error
        raise UserError(f"output={output} cannot be written ({reason}); choose another folder") from error
    made = [] if cond is None else sorted(set(_named(cond, sampler.class_names)))
    one = f" of class {made[0]}" if len(made) == 1 else ""
    print(f"wrote {n} samples{one} to {output}", file=sys.stderr)
    return 0


def _make_room(output: Path) -> None:
    """Remove the single images of an earlier call; raises UserError where they are somebody else's."""
    images = output / "images"
    if not (output / "samples.npy").exists() and images.exists() and any(images.iterdir()):
        raise UserError(f"{images} holds files that are not of ganlab sample; choose another output")
    for former in [*images.glob("[0-9]*.png"), *images.glob("classes.csv")]:
        former.unlink()


def _named(labels: Any, names: Sequence[str]) -> list[str]:
    numbers = [] if labels is None else labels.tolist()
    return [names[number] for number in numbers] if names else [str(number) for number in numbers]


def _classes(text: str, n: int, classes: int, names: Sequence[str]) -> list[int]:
    if not classes:
        raise UserError("this generator is not conditional, so cond must be null")
    numbers = dict(zip(names, range(classes), strict=False))
    if not any(name.isdecimal() for name in names):
        numbers |= {str(number): number for number in range(classes)}
    each_ones = [text] * n if text in numbers else _listed(text, n)
    if len(each_ones) != n or not numbers.keys() >= set(each_ones):
        told = f" ({', '.join(names)})" if names else ""
        known = f"a class from 0 to {classes - 1}{told}" if "0" in numbers else f"one of the classes{told}"
        raise UserError(f"cond must be {known}, or a list of {n} of them, got {text}")
    return [numbers[each] for each in each_ones]


def _listed(text: str, n: int) -> list[str]:
    """Return the entries of a list, with or without the quotes of JSON; of a single one, `n` times that."""
    try:
        given = json.loads(text)
    except json.JSONDecodeError:
        return [each.strip() for each in text.strip().removeprefix("[").removesuffix("]").split(",")]
    return [str(each) for each in given] if isinstance(given, list) else [str(given)] * n


if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
