"""`ganlab apply`: a trained translator or enhancer on image files, such as `ganlab apply run=DIR input=photos`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.errors import UserError
from ganlab.core.memory import out_of_memory_reported
from ganlab.core.paused_collections import paused_collections
from ganlab.core.process_end import end_process
from ganlab.runs.demos import output_directory

HELP = """ganlab apply: translate or enhance image files with a finished run

usage: ganlab apply run=DIR input=FILE_OR_FOLDER [output=DIR/applied] [direction=forward] [format=png]
                    [on_error=refuse] [tile=null] [overlap=32] [seed=0] [device=cpu] [max_pixels=64000000]

  run         the directory of a run whose generator makes images from images
  input       an image, or a folder of images with its sub-folders; any size, grey or colour, of 8 or 16 bits
  output      a folder for the results, which keep the names and sub-folders of the input; files of the same names there
              are replaced, each only when the new one is complete
  direction   forward: from inputs to outputs, as it was trained; back: from outputs to inputs, if the game learnt that
              way, too, as game=cyclegan does
  format      png, jpg (quality 95), or same for the format of each input
  on_error    refuse: if an image cannot be read, nothing is written; skip: such images are left out and named
  tile        translate images in squares of this many pixels, which are blended, so memory does not grow with the
              image; null translates each image in one piece
  overlap     pixels that neighbouring tiles share
  seed        seed of the latents, for a generator that has some
  device      cpu, cuda, or auto
  max_pixels  larger images count as unreadable
"""
SETTINGS = {
    "run": None,
    "input": None,
    "output": None,
    "direction": "forward",
    "format": "png",
    "on_error": "refuse",
    "tile": None,
    "overlap": "32",
    "seed": "0",
    "device": "cpu",
    "max_pixels": "64000000",
}
# Suggestions; cuda:1 is a device, too.
CHOICES = {
    "device": ("cpu", "cuda", "auto"),
    "direction": ("forward", "back"),
    "format": ("png", "jpg", "same"),
    "on_error": ("refuse", "skip"),
}


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    args = KeyValueArguments("apply", SETTINGS, arguments)
    file_format, on_error, direction = (args.choice(key, CHOICES[key]) for key in ("format", "on_error", "direction"))
    tile, overlap, seed = args.count("tile", 1) or None, args.count("overlap"), args.count("seed")
    max_pixels = args.count("max_pixels", 1)
    args.require("run=DIR is needed: the directory of a finished run", args.values["run"])
    args.require("input=FILE_OR_FOLDER is needed: the images to translate", args.values["input"])
    args.raise_if_invalid()
    with paused_collections():
        from ganlab.games.translator import Translator
        from ganlab.games.way_back import translator_back
        from ganlab.training.application import apply_to_files, plan
        from ganlab.training.export import load

    run = args["run"]
    output = Path(args.values["output"] or output_directory(run) / "applied")
    jobs = plan(Path(args["input"]), output, file_format)
    sampler = load(run, args["device"])
    try:
        if direction == "back":
            translator = translator_back(sampler, tile, overlap, seed)
        else:
            translator = Translator(sampler.game, sampler.network, sampler.spec, tile, overlap, seed)
    except ValueError as error:
        raise UserError(str(error)) from error
    with out_of_memory_reported("set tile=512, or a smaller one, to translate images in tiles"):
        applied = apply_to_files(translator, jobs, on_error, max_pixels)
    for name, reason in applied.skipped.items():
        print(f"skipped {name}: {reason}", file=sys.stderr)
    counts = f"{applied.written} image{'s' if applied.written != 1 else ''}"
    of_all = f"; skipped {len(applied.skipped)} of {len(jobs)}" if applied.skipped else ""
    print(f"wrote {counts} to {output}{of_all}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
