"""Settings that may differ when a run is resumed, and the differences that prevent it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from ganlab.core.fields import flatten
from ganlab.runs.new_settings import EARLIER_VALUES, is_new_default

if TYPE_CHECKING:
    from omegaconf import DictConfig  # imported when used, because it takes 50 ms, which comparisons do not need

# Settings that may change when a run is resumed: they do not change what is trained.
MAY_CHANGE = {
    "iterations", "run_dir", "data_root", "log_every", "sample_every", "evaluate_every", "checkpoint_every", "workers",
    "callback", "recovery", "logger", "trainer", "metric", "features", "protocol", "optimized_metric", "name",
}  # fmt: skip
MUST_MATCH = {"trainer.precision"}  # settings inside these that change what is trained
MAY_MOVE = {"data.path"}  # settings that only locate the data


def find_changes(former: "DictConfig", present: "DictConfig", data_may_move: bool) -> list[str]:
    """Return a clause for each setting that differs and changes what is trained: "seed was 0, now 1"."""
    plain = _plain(present)
    before, after = (flatten(deduplicate({**EARLIER_VALUES, **settings})) for settings in (_plain(former), plain))
    ignored = MAY_MOVE if data_may_move else set()
    keys = [
        key
        for key in {**before, **after}
        if key not in ignored and (key.split(".")[0] not in MAY_CHANGE or key in MUST_MATCH)
    ]
    missing = object()
    return [
        f"{key} was {before.get(key, 'absent')}, now {after.get(key, 'absent')}"
        for key in keys
        if before.get(key, missing) != after.get(key, missing)
        and not (_repeats_setting(key, before) and _repeats_setting(key, after))
        and not (key not in before and is_new_default(key, plain))
    ]


def _plain(config: "DictConfig") -> dict[str, Any]:
    from omegaconf import OmegaConf

    return cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))


def _repeats_setting(key: str, config: dict[str, Any]) -> bool:
    """Return whether a setting inside a group repeats one of MAY_CHANGE of the same name: data.data_root."""
    name = key.rpartition(".")[2]
    return name in MAY_CHANGE and name in config and config.get(key) == config[name]


def deduplicate(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration without the sections of a group that repeat another whole group."""
    groups = [value for value in config.values() if isinstance(value, Mapping)]
    return {
        key: _without_repeats(value, groups) if isinstance(value, Mapping) else value for key, value in config.items()
    }


def _without_repeats(group: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    rest = {name: inner for name, inner in group.items() if not (isinstance(inner, Mapping) and inner in groups)}
    return rest if len(rest) < len(group) else group
