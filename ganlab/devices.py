"""Where networks run."""

import torch

from ganlab.errors import UserError


def usable(name: str | torch.device) -> torch.device:
    """Return a device that works, the GPU for "auto" where there is one; raises UserError for one that does not."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:  # torch has no one error for it
        raise UserError(f"device={name} cannot be used: {str(error).splitlines()[0]}") from error
