"""`python -m ganlab COMMAND`, if the `ganlab` command is not on the PATH."""

import sys

from ganlab.commands.cli import main

if __name__ == "__main__":
    sys.exit(main())
