"""`python -m ganlab COMMAND`, where the `ganlab` command is not on the PATH."""

import sys

from ganlab.commands.cli import main

if __name__ == "__main__":
    sys.exit(main())
