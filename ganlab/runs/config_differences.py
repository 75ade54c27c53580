"""Differences between run configurations, as short labels: loss=Hinge, generator.width=64."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ganlab.core.fields import canonical_json, format_value
from ganlab.runs.new_settings import EARLIER_VALUES
from ganlab.runs.resume_compatibility import MAY_CHANGE, deduplicate

# Runs that differ only in these are seeds of one configuration. `iterations` may change when a run is resumed, but it
# decides the scores.
IGNORED = MAY_CHANGE - {"iterations"} | {"seed"}
SKIPPED, ABSENT = object(), object()  # a configuration that is not compared at a path; one without the setting
Labels = dict[str, list[str | None]]  # by setting: its text in each configuration, None if it needs no label


def training_configs(configs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return of each configuration, in plain dicts, the settings that decide the training, except the seed."""
    configs = _with_new_settings(configs)
    copies = _copies(configs)
    outer = {".".join(parts[:end]) for name in copies for parts in [name.split(".")] for end in range(1, len(parts))}
    return [_without(_training_settings(config), copies, outer) for config in configs]


def label_differences(configs: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return for each training configuration, all different, the settings that differ from others' and their values."""
    labels = _merge_shared(_differences(list(configs), ""), configs)
    return [{key: text for key, texts in labels.items() if (text := texts[i]) is not None} for i in range(len(configs))]


def _with_new_settings(configs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give all configurations the settings that earlier versions lacked, or none of them if no run has changed it."""
    changed = {key: v for key, v in EARLIER_VALUES.items() if any(config.get(key, v) != v for config in configs)}
    unchanged = EARLIER_VALUES.keys() - changed.keys()
    return [changed | {key: value for key, value in config.items() if key not in unchanged} for config in configs]


def _training_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    settings = {key: value for key, value in config.items() if key not in IGNORED}
    precision = (config.get("trainer") or {}).get("precision")
    if precision is not None:  # the only setting of the trainer that changes numbers
        settings["trainer"] = {"precision": precision}
    return deduplicate(settings)


def _copies(configs: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the dotted names, inside groups, that in all configurations repeat an ignored setting: data.data_root."""
    repeats: dict[str, bool] = {}
    for config in configs:
        for name, root, value in _ignored_names(config):
            repeats[name] = repeats.get(name, True) and value == config.get(root, SKIPPED)
    return {name for name, always in repeats.items() if always}


def _ignored_names(settings: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield the dotted name, the last part and the value of settings inside groups that have an ignored name."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _ignored_names(value, f"{path}.{key}" if path else str(key))
        elif path and key in IGNORED:
            yield f"{path}.{key}", key, value


def _without(settings: Mapping[str, Any], names: set[str], outer: set[str], path: str = "") -> dict[str, Any]:
    """Return settings without some dotted names; groups that are not in `outer` contain none and are not copied."""
    rest = {}
    for key, value in settings.items():
        name = f"{path}.{key}" if path else str(key)
        if name not in names:
            is_outer = name in outer and isinstance(value, dict)
            rest[key] = _without(value, names, outer, name) if is_outer else value
    return rest


def _differences(nodes: list[Any], path: str) -> Labels:
    """Return the differences between the configurations' nodes at one dotted path."""
    if all(node is nodes[0] for node in nodes):
        return {}
    kinds = [None if node is SKIPPED else _kind(node) for node in nodes]
    distinct = list(dict.fromkeys(kind for kind in kinds if kind is not None))
    if len(distinct) > 1:
        labels: Labels = {path: _texts(nodes)}
        for kind in dict.fromkeys(k for k, node in zip(kinds, nodes, strict=True) if isinstance(node, Mapping)):
            same_kind = [node if own_kind == kind else SKIPPED for node, own_kind in zip(nodes, kinds, strict=True)]
            _update(labels, _differences(same_kind, path))
        return labels
    mappings = [node for node in nodes if isinstance(node, Mapping)]
    if _are_equal(mappings):
        return {}
    labels = {}
    missing: Any = ABSENT
    if path and all(_is_list_of_components(mapping) for mapping in mappings):
        missing = SKIPPED
        if len({frozenset(mapping) for mapping in mappings}) > 1:
            labels[path] = [None if node is SKIPPED else f"[{','.join(node)}]" for node in nodes]
    for key in dict.fromkeys(key for mapping in mappings for key in mapping):
        inner = [node.get(key, missing) if isinstance(node, Mapping) else SKIPPED for node in nodes]
        _update(labels, _differences(inner, f"{path}.{key}" if path else str(key)))
    return labels


def _are_equal(values: Sequence[Any]) -> bool:
    """Return whether all values are written alike, which is found out at the first that is not."""
    texts = (canonical_json(value) for value in values)
    first = next(texts, "")
    return all(text == first for text in texts)


def _kind(node: Any) -> str:
    if isinstance(node, Mapping):
        return f"a {node.get('_target_', 'mapping')}"
    return "absent" if node is ABSENT else f"={canonical_json(node)}"


def _is_list_of_components(node: Mapping[str, Any]) -> bool:
    return all(isinstance(component, Mapping) and "_target_" in component for component in node.values())


def _texts(nodes: Iterable[Any]) -> list[str | None]:
    """Return each node as text; a component is the name of its class, or the dotted name if two have the same."""
    nodes = list(nodes)
    targets = {str(node["_target_"]) for node in nodes if isinstance(node, Mapping) and "_target_" in node}
    classes = [target.rpartition(".")[2] for target in targets]

    def text(node: Any) -> str | None:
        if isinstance(node, Mapping) and "_target_" in node:
            target = str(node["_target_"])
            name = target.rpartition(".")[2]
            return name if classes.count(name) == 1 else target
        if isinstance(node, Mapping):
            return f"[{','.join(map(str, node))}]"
        if node is SKIPPED:
            return None
        return "absent" if node is ABSENT else format_value(node)

    return [text(node) for node in nodes]


def _update(labels: Labels, more: Labels) -> None:
    for key, texts in more.items():
        former = labels.setdefault(key, [None] * len(texts))
        labels[key] = [old if new is None else new for old, new in zip(former, texts, strict=True)]


def _merge_shared(labels: Labels, configs: Sequence[Mapping[str, Any]]) -> Labels:
    """Merge labels that all members of a group share: optimizer.lr instead of one for each player's optimizer."""
    merged: Labels = {}
    for key, texts in labels.items():
        group, _, rest = key.partition(".")
        members = {member for config in configs for member in _members(config.get(group))} if rest else set()
        _, dot, tail = rest.partition(".")
        siblings = [f"{group}.{member}{dot}{tail}" for member in members]
        shared = len(siblings) > 1 and all(labels.get(sibling) == texts for sibling in siblings)
        merged[f"{group}{dot}{tail}" if shared else key] = texts
    return merged


def _members(group: Any) -> Iterable[str]:
    return group if isinstance(group, Mapping) else ()
