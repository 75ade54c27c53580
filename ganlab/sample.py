"""Write samples of a finished run: `ganlab sample run=DIR n=64 seed=1`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ganlab.command import guarded
from ganlab.errors import UserError, suggest

HELP = """ganlab sample: write samples of a finished run

usage: ganlab sample run=DIR [n=64] [seed=0] [output=DIR/generated] [cond=null] [device=cpu]

  run     the run's directory
  n       how many samples
  seed    of their latents: the same seed, the same samples, however many
  output  a folder for images/ (one PNG each), sheet.png and samples.npy; points and sequences get no single PNGs
  cond    a class, or a list of n classes, for a conditional generator; null draws classes evenly
  device  cpu or cuda
"""
SETTINGS = {"run": None, "n": 64, "seed": 0, "output": None, "cond": None, "device": "cpu"}


def settings(arguments: Sequence[str]) -> dict[str, object]:
    """Read KEY=VALUE words; raises UserError naming every mistake."""
    given: dict[str, object] = dict(SETTINGS)
    mistakes = []
    for word in arguments:
        key, equals, value = word.partition("=")
        if not equals or key not in SETTINGS:
            mistakes.append(f"'{word}' is no setting of ganlab sample{suggest(key, SETTINGS)}")
        elif key in ("n", "seed") and not value.isdigit():
            mistakes.append(f"{key} must be an integer of at least 0, got '{value}'")
        elif key in ("n", "seed"):
            given[key] = int(value)
        else:
            given[key] = None if value == "null" else value
    if given["run"] is None:
        mistakes.append("run=DIR is needed: the directory of a finished run")
    if mistakes:
        raise UserError("; ".join(mistakes))
    return given


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    if "-h" in arguments or "--help" in arguments:
        print(HELP)
        return 0
    given = settings(arguments)
    import numpy as np
    import torch

    from ganlab.export import load
    from ganlab.pictures import write_pictures

    run, n = Path(str(given["run"])), int(str(given["n"]))
    try:
        device = torch.empty(0, device=str(given["device"])).device
    except (RuntimeError, AssertionError) as error:  # torch has no one error for it
        raise UserError(f"device={given['device']} cannot be used: {str(error).splitlines()[0]}") from error
    sampler = load(run, device)
    cond = None if given["cond"] is None else _classes(str(given["cond"]), n, sampler.spec.classes)
    samples = sampler.sample(n, int(str(given["seed"])), None if cond is None else torch.tensor(cond))
    output = Path(str(given["output"])) if given["output"] else run / "generated"
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
