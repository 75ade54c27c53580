"""The protocols that configurations will be scored under; a search with several could not choose between its points."""

from collections.abc import Collection, Sequence
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.core.fields import canonical_json
from ganlab.runs.config_differences import label_differences
from ganlab.sweeps.jobs.objectives import metric_directions
from ganlab.sweeps.results.protocols import describe_variants

# Data settings that decide against which samples scores are measured. Other settings may, too; only scores show that.
SAMPLES = ("_target_", "path", "resolution", "channels", "fit", "validation", "test", "limit")


def require_one_protocol(configs: Sequence[DictConfig], objectives: Collection[str]) -> None:
    """Raise UserError if the objectives would be scored under different protocols or on different data."""
    protocols = [_expected_protocol(config, objectives) for config in configs]
    distinct = list({canonical_json(protocol): protocol for protocol in protocols}.values())
    if len(distinct) > 1:
        variants = describe_variants(label_differences(distinct))
        raise UserError(
            f"the points of this search would be scored under different protocols ({variants}), so their scores could "
            "not be compared; do not search over protocol, features, metric settings or data sets"
        )


def _expected_protocol(config: DictConfig, objectives: Collection[str]) -> dict[str, Any]:
    """Return the part of a configuration that decides how its objectives are scored."""
    plain = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    metrics = {
        name: plain["metric"][name]
        for name, node in config.metric.items()
        if set(objectives) & set(metric_directions(str(name), node))
    }
    return {
        "protocol": instantiate(config.protocol).selection().describe(),
        "features": plain["features"],
        "metric": metrics,
        "data": {name: plain["data"][name] for name in SAMPLES if name in plain["data"]},
    }
