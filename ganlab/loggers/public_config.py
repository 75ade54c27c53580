"""A run's configuration as loggers may publish it: without secrets, and with the versions of the code."""

import platform
import re
import subprocess
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

import ganlab
from ganlab.core.fields import canonical_json
from ganlab.runs.config_differences import training_configs

REDACTED = "redacted"
SECRET = re.compile("token|key|secret|password", re.IGNORECASE)
ENVIRONMENT = re.compile(r"\$\{\s*oc\.env\s*:")
PACKAGES = ("ganlab", "torch", "torchvision", "pytorch-lightning", "torchmetrics", "hydra-core", "numpy")


def public_config(config: DictConfig) -> dict[str, Any]:
    """Return the resolved configuration as plain values, with facts that identify the run under `ganlab`.

    Redacted are values whose key names a secret, values from the environment, and references to either.
    `ganlab.configuration` is a hash that is the same for runs that differ only in their seed.
    """
    redacted = OmegaConf.create(_redact(OmegaConf.to_container(config, resolve=False)))
    plain: dict[str, Any] = OmegaConf.to_container(redacted, resolve=True)  # type: ignore[assignment]
    (training_config,) = training_configs([plain])
    configuration = blake2b(canonical_json(training_config).encode(), digest_size=4).hexdigest()
    return {**plain, "ganlab": {"configuration": configuration, **code_version()}}


def code_version() -> dict[str, Any]:
    """Return the versions of Python and of the main packages; in a checkout also its commit and if it is modified."""
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    return {"versions": versions, **_checkout(Path(ganlab.__file__).resolve())}


def _checkout(file: Path) -> dict[str, Any]:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(file.parent), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", str(file))  # an installed package may be inside another project's checkout
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "-uno"))}
    except (OSError, subprocess.CalledProcessError):
        return {}


def _redact(value: Any, secret: bool = False) -> Any:
    if isinstance(value, dict):
        return {key: _redact(inner, secret or bool(SECRET.search(str(key)))) for key, inner in value.items()}
    if isinstance(value, list):
        return [_redact(inner, secret) for inner in value]
    from_environment = isinstance(value, str) and ENVIRONMENT.search(value)
    return REDACTED if value is not None and (secret or from_environment) else value
