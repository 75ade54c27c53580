"""`ganlab new`: writes a package with a generator and a loss of the user's own, copied from new_package/."""

import keyword
import re
import shlex
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.core.errors import UserError
from ganlab.core.process_end import end_process
from ganlab.core.shell_lines import ganlab_line

HELP = """ganlab new: write a package with a generator and a loss of your own

usage: ganlab new DIR

  DIR  a new or empty directory; its name is the name of the package, with _ for characters such as -

DIR gets a Python package, its config groups in conf/, an experiment that uses both components, and a test. All of it
runs at once; change the classes and add more.
"""
TEMPLATE = Path(__file__).with_name("new_package")
PLACEHOLDER = "package_name"  # in the contents and names of the template's files
FOLDERS = {"conf", "tests"}  # of the written directory, next to the package


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    if len(arguments) != 1 or arguments[0].startswith("-") or not arguments[0].strip():
        raise UserError(f"ganlab new needs one directory, got '{shlex.join(arguments)}'")
    directory = Path(arguments[0])
    name = package_name(directory)
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise UserError(f"{directory} exists and is not an empty directory; choose a new one")
        write_package(directory, name)
    except OSError as error:
        raise UserError(f"{directory} cannot be written ({error.strerror}); choose another directory") from error
    print(f"wrote the package {name}, its conf/ and a test to {directory}; run next:\n")
    print(f"  cd {shlex.quote(str(directory))}")
    print(f"  {ganlab_line(['train', '--config-dir', 'conf', f'experiment={name}'], name)}")
    print("  pytest")
    return 0


def package_name(directory: Path) -> str:
    """Return the name of the package for a directory; raises UserError if Python cannot import it by that name."""
    name = re.sub(r"\W+", "_", directory.resolve().name).strip("_")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UserError(f"'{directory.resolve().name}' is not a name for a Python package; choose one such as my_gan")
    elsewhere = [path for path in sys.path if Path(path or ".").resolve() != Path.cwd()]
    if name in FOLDERS | sys.stdlib_module_names or PathFinder.find_spec(name, elsewhere):
        raise UserError(f"there is already a Python package or folder '{name}'; choose another directory name")
    return name


def write_package(directory: Path, name: str) -> None:
    """Copy the template into a directory, with the name of the package in place of `package_name`."""
    for source in sorted(TEMPLATE.rglob("*")):
        if source.is_dir() or source.suffix == ".pyc":
            continue
        target = directory / str(source.relative_to(TEMPLATE)).replace(PLACEHOLDER, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text(encoding="utf-8").replace(PLACEHOLDER, name), encoding="utf-8")


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
