"""What may change between a run and its continuation, and what was changed that may not."""

from collections.abc import Mapping
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from ganlab.core.fields import flatten

# Settings that may change between a run and its continuation: they do not touch what is being trained.
MAY_CHANGE = {
    "iterations", "run_dir", "data_root", "log_every", "sample_every", "evaluate_every", "checkpoint_every", "workers",
    "callback", "recovery", "logger", "trainer", "metric", "features", "protocol", "optimized_metric", "name",
}  # fmt: skip
MUST_MATCH = {"trainer.precision"}  # those among them that do
MAY_MOVE = {"data.path"}  # those that only say where the same data are


def changes(former: DictConfig, present: DictConfig, data_may_move: bool) -> list[str]:
    """Return a clause for each setting that differs and touches what is trained: "seed was 0, now 1"."""
    before, after = (flatten(deduplicated(_plain(each))) for each in (former, present))
    free = MAY_MOVE if data_may_move else set()
    keys = [
        key
        for key in {**before, **after}
        if key not in free and (key.split(".")[0] not in MAY_CHANGE or key in MUST_MATCH)
    ]
    gone = object()
    return [
        f"{key} was {before.get(key, 'absent')}, now {after.get(key, 'absent')}"
        for key in keys
        if before.get(key, gone) != after.get(key, gone) and not (_repeats(key, before) and _repeats(key, after))
    ]


def _plain(config: DictConfig) -> dict[str, Any]:
    return cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))


def _repeats(key: str, config: dict[str, Any]) -> bool:
    """Tell whether a setting inside a part only repeats a free one of the same name: data.data_root."""
    name = key.rpartition(".")[2]
    return name in MAY_CHANGE and name in config and config.get(key) == config[name]


def deduplicated(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration without what, inside a group, is equal to a whole group."""
    groups = [value for value in config.values() if isinstance(value, Mapping)]
    return {
        key: {name: part for name, part in value.items() if not (isinstance(part, Mapping) and part in groups)}
        if isinstance(value, Mapping)
        else value
        for key, value in config.items()
    }
