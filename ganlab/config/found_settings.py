"""Settings of the data that are "auto": they are found from the data before the configuration is checked."""

from typing import Any, cast

from omegaconf import MISSING, DictConfig, OmegaConf, open_dict

from ganlab.config.notices import notify
from ganlab.config.schema import RESERVED
from ganlab.config.targets import locate
from ganlab.core.errors import ConfigIssue

AUTO = "auto"
LARGEST_ON_CPU = 32  # pixels on a side; twice as many take about four times as long
LARGEST_ON_GPU = 256


def fill_found_settings(config: DictConfig) -> list[ConfigIssue]:
    """Replace settings of the data that are "auto" by what is found, say so, and return an issue if that is impossible.

    The run's config.yaml then holds the values, so a resumed run does not look for them again.
    """
    return [issue for path in _find_nodes(config, "data") for issue in _fill(config, path)]


def _find_nodes(config: DictConfig, path: str) -> list[str]:
    """Return the dotted paths of a component with settings that are "auto", and of those inside of it."""
    node = OmegaConf.select(config, path)
    if not isinstance(node, DictConfig):
        return []
    values = cast(dict[str, Any], OmegaConf.to_container(node, resolve=False))
    nodes = [key for key, value in values.items() if isinstance(value, dict)]
    inner = [found for key in nodes for found in _find_nodes(config, f"{path}.{key}")]
    return [*([path] if AUTO in values.values() else []), *inner]


def _fill(config: DictConfig, path: str) -> list[ConfigIssue]:
    """Replace the settings of one component that are "auto"."""
    node = OmegaConf.select(config, path)
    settings = cast(dict[str, Any], OmegaConf.to_container(node, resolve=True))
    plain = {key: value for key, value in settings.items() if key not in RESERVED}
    side = LARGEST_ON_GPU if _has_gpu(config) else LARGEST_ON_CPU
    issues, found = [], {}
    try:
        data_set = cast(Any, locate(settings["_target_"]))
        if MISSING in plain.values():  # reported by the check
            found = {key: data_set.complete_settings({})[key] for key, value in plain.items() if value == AUTO}
        else:
            found = data_set.find_settings(plain, side)
    except (ValueError, LookupError, OSError, ModuleNotFoundError) as error:
        issues.append(ConfigIssue("data", f"{path}: {' '.join(str(error).split())}"))
    with open_dict(node):
        node.update(found)
    if found and MISSING not in plain.values():
        values = ", ".join(f"{path}.{key}={str(value).lower()}" for key, value in found.items())
        notify(f"found in the images: {values}{_advice(found, side)}")
    return issues


def _advice(found: dict[str, Any], side: int) -> str:
    """Return what to set for larger images, if the absence of a GPU limits them."""
    if found.get("resolution") == side == LARGEST_ON_CPU:
        return f" (without a GPU at most {side} pixels; data.resolution={2 * side} takes about four times as long)"
    return ""


def _has_gpu(config: DictConfig) -> bool:
    import torch

    if OmegaConf.select(config, "trainer.accelerator") == "cpu":
        return False
    return torch.cuda.is_available() or torch.backends.mps.is_available()
