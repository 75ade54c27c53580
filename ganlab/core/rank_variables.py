"""Environment variables by which launchers tell a process which one of a run it is."""

import os
from collections.abc import Iterable

from ganlab.core.errors import UserError

# Lightning converts these when it is imported, whatever the command does.
READ_AT_IMPORT = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK")
PLACES = ("RANK", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "WORLD_SIZE", "MASTER_PORT")


def require_numbers(names: Iterable[str] = READ_AT_IMPORT) -> None:
    """Raise UserError if one of these variables is set and is no whole number of at least 0."""
    for name in names:
        value = os.environ.get(name)
        if value is not None and not (value.isascii() and value.isdigit()):
            raise UserError(
                f"the environment variable {name} must be a whole number of at least 0, got '{value}'; a launcher such "
                f"as torchrun or srun sets it for a run of several processes: remove it with: unset {name}"
            )
