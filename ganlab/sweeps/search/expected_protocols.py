"""What configurations tell of how their scores will be measured, so that no search begins that could not choose."""

from collections.abc import Collection, Sequence
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.core.fields import canonical
from ganlab.runs.config_differences import labels
from ganlab.sweeps.jobs.objectives import scores_of
from ganlab.sweeps.results.protocols import numbered

# Settings of data that decide what scores are measured against; whether others do, only the scores will tell.
SAMPLES = ("_target_", "path", "resolution", "channels", "fit", "validation", "test", "limit")


def refuse_unlike(configs: Sequence[DictConfig], objectives: Collection[str]) -> None:
    """Raise UserError where points of a search would be scored under unlike protocols, or on unlike data."""
    found = [_foreseen(config, objectives) for config in configs]
    unlike = list({canonical(each): each for each in found}.values())
    if len(unlike) > 1:
        raise UserError(
            f"the points of this search would be scored under unlike protocols ({numbered(labels(unlike))}), so that "
            "none would be better than another; keep out of the search what they are scored by, and on which data"
        )


def _foreseen(config: DictConfig, objectives: Collection[str]) -> dict[str, Any]:
    """Return what a configuration tells of the protocol of its objectives."""
    plain = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    metrics = {
        name: plain["metric"][name] for name, node in config.metric.items() if set(objectives) & set(scores_of(node))
    }
    return {
        "protocol": instantiate(config.protocol).selection().describe(),
        "features": plain["features"],
        "metric": metrics,
        "data": {name: plain["data"][name] for name in SAMPLES if name in plain["data"]},
    }
