"""Detects a W&B account on this machine without importing wandb."""

import os
from netrc import NetrcParseError, netrc
from pathlib import Path
from urllib.parse import urlparse

WANDB_SERVER = "https://api.wandb.ai"


def has_account() -> bool:
    """Return whether the environment or the netrc file has an API key for the W&B server."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    host = urlparse(os.environ.get("WANDB_BASE_URL") or WANDB_SERVER).hostname or ""
    netrc_path = os.environ.get("NETRC")
    paths = [Path(netrc_path).expanduser()] if netrc_path else [Path.home() / name for name in (".netrc", "_netrc")]
    for path in paths:
        try:
            return host in netrc(path).hosts
        except (OSError, NetrcParseError):
            continue
    return False
