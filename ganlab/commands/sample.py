"""`ganlab sample`: samples of a finished run, such as `ganlab sample run=DIR n=64 seed=1`."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.errors import UserError
from ganlab.core.paused_collections import paused_collections
from ganlab.core.process_end import end_process

HELP = """ganlab sample: write samples of a finished run

usage: ganlab sample run=DIR [n=64] [seed=0] [output=DIR/generated] [cond=null] [truncation=null] [device=cpu]

  run         the run directory
  n           number of samples
  seed        seed of the latents: the same seed gives the same samples, for every n
  output      a folder for images/ (one PNG each, for `ganlab evaluate fake=DIR/images`), sheet.png and samples.npy;
              points and sequences have no images/; a conditional generator adds images/classes.csv
  cond        the class of a conditional generator, by name or number, or a list of n such as [cat,dog];
              null draws the classes evenly; if the class names are numbers, numbers mean names
  truncation  truncation psi, which trades diversity for fidelity: clips normal latents at +-psi, or scales the styles
              of a style generator towards their mean
  device      cpu, cuda, or auto
"""
SETTINGS = {"run": None, "n": "64", "seed": "0", "output": None, "cond": None, "truncation": None, "device": "cpu"}
CHOICES = {"device": ("cpu", "cuda", "auto")}  # suggestions only: cuda:1 is a device, too
DRAFT = "samples.npy.tmp"


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    args = KeyValueArguments("sample", SETTINGS, arguments)
    n, seed, truncation = args.count("n"), args.count("seed"), args.number("truncation")
    args.require("run=DIR is needed: the directory of a finished run", args.values["run"])
    args.raise_if_invalid()
    with paused_collections():
        import numpy as np
        import torch

        from ganlab.kinds import Sheet, kind_of
        from ganlab.kinds.picture_file import save_picture
        from ganlab.training.export import load

    run, text = Path(args["run"]), args.values["cond"]
    sampler = load(run, args["device"], truncation)
    sampler.require_memory(n)
    cond = None if text is None else torch.tensor(_parse_classes(text, n, sampler.spec.classes, sampler.class_names))
    samples, labels = sampler.sample_batch(n, seed, cond)
    kind = kind_of(sampler.spec)
    output = Path(args.values["output"] or run / "generated")
    try:
        output.mkdir(parents=True, exist_ok=True)
        _remove_former_files(output, kind.folders)
        with (output / DRAFT).open("wb") as file:
            np.save(file, samples.numpy())
        os.replace(file.name, output / "samples.npy")
        if n:
            for folder in kind.folders:
                folder.write(samples, output, _names_of(labels, sampler.class_names))
            shown = None if labels is None else labels[: kind.sheet_samples]
            sheet = Sheet(samples[: kind.sheet_samples], "generated samples", "", shown, sampler.class_names)
            save_picture(kind.draw(sheet), output / "sheet.png")
    except OSError as error:
        with suppress(OSError):
            (output / DRAFT).unlink()
        reason = error.strerror or error
        raise UserError(f"output={output} cannot be written ({reason}); choose another folder") from error
    classes = [] if cond is None else sorted(set(_names_of(cond, sampler.class_names)))
    of_class = f" of class {classes[0]}" if len(classes) == 1 else ""
    print(f"wrote {n} samples{of_class} to {output}", file=sys.stderr)
    return 0


def _remove_former_files(output: Path, folders: Sequence[Any]) -> None:
    """Remove the single samples of an earlier call; raises UserError for files that this command did not write."""
    for folder in folders:
        path = output / folder.name
        if not (output / "samples.npy").exists() and path.exists() and any(path.iterdir()):
            raise UserError(f"{path} contains files that `ganlab sample` did not write; choose another output")
        folder.remove_former(output)


def _names_of(labels: Any, names: Sequence[str]) -> list[str]:
    numbers = [] if labels is None else labels.tolist()
    return [names[number] for number in numbers] if names else [str(number) for number in numbers]


def _parse_classes(text: str, n: int, classes: int, names: Sequence[str]) -> list[int]:
    """Return the `n` class numbers that `cond` means; a single class is repeated."""
    if not classes:
        raise UserError("this generator is not conditional, so cond must be null")
    numbers = dict(zip(names, range(classes), strict=False))
    if not any(name.isdecimal() for name in names):
        numbers |= {str(number): number for number in range(classes)}
    selected = [text] * n if text in numbers else _parse_list(text, n)
    if len(selected) != n or not numbers.keys() >= set(selected):
        listed = f" ({', '.join(names)})" if names else ""
        allowed = f"a class from 0 to {classes - 1}{listed}" if "0" in numbers else f"one of the classes{listed}"
        raise UserError(f"cond must be {allowed}, or a list of {n} of them, got {text}")
    return [numbers[name] for name in selected]


def _parse_list(text: str, n: int) -> list[str]:
    """Return the items of a list, with or without the quotes of JSON; a single item is repeated `n` times."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return [item.strip() for item in text.strip().removeprefix("[").removesuffix("]").split(",")]
    return [str(item) for item in value] if isinstance(value, list) else [str(value)] * n


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
