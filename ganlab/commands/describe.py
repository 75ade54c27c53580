"""`ganlab describe`: what a component, group, experiment or setting is, as in `ganlab describe regularizer.r1`."""

import sys
from collections.abc import Callable, Sequence

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.config.arguments import parse
from ganlab.config.description import Catalogue
from ganlab.core.errors import UserError
from ganlab.core.process_end import end_process
from ganlab.runs.demos import describe_demo, is_demo

HELP = """ganlab describe: print the settings of a component with their types, defaults and meaning

usage: ganlab describe                        the groups and their choices
       ganlab describe GROUP [...]            the choices of a group, one line each: ganlab describe regularizer
       ganlab describe GROUP.NAME [...]       a component, or an experiment: ganlab describe regularizer.r1
       ganlab describe GROUP.NAME.KEY [...]   one setting: ganlab describe optimizer.adam.betas, or latent.size
       ganlab describe SETTING [...]          a setting of a run: ganlab describe batch_size
       ganlab describe demo:NAME [...]        a trained generator of the package: ganlab describe demo:digits
         --config-dir DIR                     also the components in your own folder of config groups

Everything is read from files; nothing is imported. `ganlab train --help GROUP.NAME` prints the same.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    args = parse(arguments)
    if args.flags or args.wants_config:
        raise UserError(
            f"'{(args.flags or ['--cfg'])[0]}' is not a flag of ganlab describe; see ganlab describe --help"
        )
    catalogue = Catalogue(args.config_dirs)
    texts = [describe_demo(name) if is_demo(name) else catalogue.describe(name) for name in args.overrides] or [
        catalogue.describe_groups()
    ]
    print("\n\n".join(texts))
    return 0


def help_text(arguments: Sequence[str], command_help: Callable[[], str]) -> str:
    """Return the descriptions of what is named after --help, as in `ganlab train --help loss.hinge`, or the help."""
    args = parse(arguments)
    names = [word for word in args.overrides if "=" not in word]
    return "\n\n".join(map(Catalogue(args.config_dirs).describe, names)) if names else command_help()


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
