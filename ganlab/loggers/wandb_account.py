"""Whether there is an account of W&B's on this machine, told without importing wandb."""

import os
from netrc import NetrcParseError, netrc
from pathlib import Path
from urllib.parse import urlparse

WANDB_SERVER = "https://api.wandb.ai"


def has_account() -> bool:
    """Look where W&B keeps the key of an account: the environment, then the netrc file."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    host = urlparse(os.environ.get("WANDB_BASE_URL") or WANDB_SERVER).hostname or ""
    named = os.environ.get("NETRC")
    for path in [Path(named).expanduser()] if named else [Path.home() / name for name in (".netrc", "_netrc")]:
        try:
            return host in netrc(path).hosts
        except (OSError, NetrcParseError):
            continue
    return False
