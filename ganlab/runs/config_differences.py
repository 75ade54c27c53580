"""What tells configurations apart, said as shortly as it can be: loss=Hinge, generator.width=64."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ganlab.core.fields import canonical, flatten, text
from ganlab.runs.resume_compatibility import MAY_CHANGE, deduplicated

# Seeds of one configuration differ in these. How long a run trained decides its scores, though it may be continued.
APART = MAY_CHANGE - {"iterations"} | {"seed"}
OUT, ABSENT = object(), object()  # not looked at here; looked at, and not there
Labels = dict[str, list[str | None]]  # by setting: its text for each configuration, None where it has none


def training_configs(configs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return of each configuration what decides the training, apart from the seed."""
    copies = _copies(configs)
    return [_without(_own(config), copies) for config in configs]


def labels(configs: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return for each of some essences, no two alike, the settings that differ from others' and their values."""
    found = _shortened(_varying(list(configs), ""), configs)
    return [
        {key: shown for key, texts in found.items() if (shown := texts[i]) is not None} for i in range(len(configs))
    ]


def _own(config: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in config.items() if key not in APART}
    precision = (config.get("trainer") or {}).get("precision")
    if precision is not None:  # the one setting of the trainer that changes numbers
        kept["trainer"] = {"precision": precision}
    return deduplicated(kept)


def _copies(configs: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the dotted names, inside parts, that only ever repeat a root setting of APART: data.data_root."""
    alike: dict[str, bool] = {}
    for config in configs:
        for name, value in flatten(config).items():
            root = name.rpartition(".")[2]
            if root != name and root in APART:
                alike[name] = alike.get(name, True) and value == config.get(root, OUT)
    return {name for name, always in alike.items() if always}


def _without(value: Any, names: set[str], path: str = "") -> Any:
    if not isinstance(value, Mapping):
        return value
    paths = {key: f"{path}.{key}" if path else str(key) for key in value}
    return {key: _without(inner, names, paths[key]) for key, inner in value.items() if paths[key] not in names}


def _varying(nodes: list[Any], path: str) -> Labels:
    """Return what differs between nodes at one place of several configurations."""
    kinds = [None if node is OUT else _kind(node) for node in nodes]
    distinct = list(dict.fromkeys(kind for kind in kinds if kind is not None))
    if len(distinct) > 1:
        found: Labels = {path: _shown(nodes)}
        for kind in distinct:
            alike = [node if mine == kind else OUT for node, mine in zip(nodes, kinds, strict=True)]
            _join(found, _varying(alike, path))
        return found
    maps = [node for node in nodes if isinstance(node, Mapping)]
    if len({canonical(each) for each in maps}) < 2:
        return {}
    found = {}
    missing: Any = ABSENT
    if path and all(_is_list_of_parts(each) for each in maps):
        missing = OUT
        if len({frozenset(each) for each in maps}) > 1:
            found[path] = [None if node is OUT else f"[{','.join(node)}]" for node in nodes]
    for key in dict.fromkeys(key for each in maps for key in each):
        inner = [node.get(key, missing) if isinstance(node, Mapping) else OUT for node in nodes]
        _join(found, _varying(inner, f"{path}.{key}" if path else str(key)))
    return found


def _kind(node: Any) -> str:
    if isinstance(node, Mapping):
        return f"a {node.get('_target_', 'mapping')}"
    return "absent" if node is ABSENT else f"={canonical(node)}"


def _is_list_of_parts(node: Mapping[str, Any]) -> bool:
    return all(isinstance(part, Mapping) and "_target_" in part for part in node.values())


def _shown(nodes: Iterable[Any]) -> list[str | None]:
    nodes = list(nodes)
    targets = {str(node["_target_"]) for node in nodes if isinstance(node, Mapping) and "_target_" in node}
    classes = [target.rpartition(".")[2] for target in targets]

    def show(node: Any) -> str | None:
        if isinstance(node, Mapping) and "_target_" in node:
            target = str(node["_target_"])
            short = target.rpartition(".")[2]
            return short if classes.count(short) == 1 else target
        if isinstance(node, Mapping):
            return f"[{','.join(map(str, node))}]"
        return None if node is OUT else "absent" if node is ABSENT else text(node)

    return [show(node) for node in nodes]


def _join(found: Labels, more: Labels) -> None:
    for key, texts in more.items():
        mine = found.setdefault(key, [None] * len(texts))
        found[key] = [old if new is None else new for old, new in zip(mine, texts, strict=True)]


def _shortened(found: Labels, configs: Sequence[Mapping[str, Any]]) -> Labels:
    """Say once what all members of a group share: optimizer.lr for optimizer.generator.lr and its sibling's."""
    short: Labels = {}
    for key, texts in found.items():
        group, _, rest = key.partition(".")
        members = {member for config in configs for member in _members(config.get(group))} if rest else set()
        _, dot, tail = rest.partition(".")
        family = [f"{group}.{member}{dot}{tail}" for member in members]
        shared = len(family) > 1 and all(found.get(each) == texts for each in family)
        short[f"{group}{dot}{tail}" if shared else key] = texts
    return short


def _members(group: Any) -> Iterable[str]:
    return group if isinstance(group, Mapping) else ()
