"""What of a run may be shown to others: its configuration without secrets, and the code that it runs on."""

import platform
import re
import subprocess
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

import ganlab
from ganlab.core.fields import canonical
from ganlab.runs.config_differences import training_configs

REDACTED = "redacted"
SECRET = re.compile("token|key|secret|password", re.IGNORECASE)
ENVIRONMENT = re.compile(r"\$\{\s*oc\.env\s*:")
PACKAGES = ("ganlab", "torch", "torchvision", "pytorch-lightning", "torchmetrics", "hydra-core", "numpy")


def public(config: DictConfig) -> dict[str, Any]:
    """Return the resolved configuration as plain values, and under `ganlab` what else tells runs apart.

    Redacted are the values of keys that name a secret, what comes from the environment, and whatever refers to either.
    `ganlab.configuration` is the same for runs that differ in nothing but their seed.
    """
    shown = OmegaConf.create(_redacted(OmegaConf.to_container(config, resolve=False)))
    plain: dict[str, Any] = OmegaConf.to_container(shown, resolve=True)  # type: ignore[assignment]
    (essence,) = training_configs([plain])
    configuration = blake2b(canonical(essence).encode(), digest_size=4).hexdigest()
    return {**plain, "ganlab": {"configuration": configuration, **code_version()}}


def code_version() -> dict[str, Any]:
    """Return the versions of python and of what trains; in a checkout also its commit, and whether files differ."""
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    return {"versions": versions, **_checkout(Path(ganlab.__file__).resolve())}


def _checkout(file: Path) -> dict[str, Any]:
    def git(*words: str) -> str:
        command = ["git", "-C", str(file.parent), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", str(file))  # an installed package may lie within a stranger's checkout
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "-uno"))}
    except (OSError, subprocess.CalledProcessError):
        return {}


def _redacted(value: Any, secret: bool = False) -> Any:
    if isinstance(value, dict):
        return {key: _redacted(inner, secret or bool(SECRET.search(str(key)))) for key, inner in value.items()}
    if isinstance(value, list):
        return [_redacted(inner, secret) for inner in value]
    from_environment = isinstance(value, str) and ENVIRONMENT.search(value)
    return REDACTED if value is not None and (secret or from_environment) else value
