"""Reads the yaml files of conf/ with their comments, which are the documentation of every setting."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

CONF = Path(__file__).parents[2] / "conf"
PACKAGE = re.compile(r"# @package (\S+)$")


class Setting(NamedTuple):
    """One setting: its dotted key, its default as the file has it, and the comment behind it."""

    key: str
    default: str
    comment: str


class Include(NamedTuple):
    """An entry of a defaults list: choices of a group, and the place in the configuration where they go."""

    group: str
    names: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class Choice:
    """One yaml file: a choice of a config group."""

    path: Path
    group: str
    name: str
    header: tuple[str, ...]
    base: str
    includes: tuple[Include, ...]
    targets: tuple[str, ...]
    settings: tuple[Setting, ...]
    body: str


@cache
def read(path: Path) -> Choice:
    """Read one yaml file of conf/."""
    text = path.read_text()
    group = path.parent.relative_to(CONF).as_posix()
    header, package = _header(text)
    package = package or ("_global_" if group == "." else group.replace("/", "."))
    nodes = dict(_walk(yaml.compose(text, Loader=yaml.SafeLoader), () if package == "_global_" else (package,)))
    plain = yaml.safe_load(text) or {}
    defaults = plain.get("defaults", [])
    return Choice(
        path=path,
        group=group,
        name=path.stem,
        header=header,
        base=next((entry.split("@")[0] for entry in defaults if isinstance(entry, str) and entry != "_self_"), ""),
        includes=tuple(_include(entry, group) for entry in defaults if isinstance(entry, dict)),
        targets=tuple(dict.fromkeys(node.value for key, node in nodes.items() if key[-1] == "_target_")),
        settings=tuple(
            Setting(".".join(key), _source(text, node), _comment(text, node))
            for key, node in nodes.items()
            if not key[-1].startswith("_")
        ),
        body=_body(text),
    )


def choices(group: str) -> list[Choice]:
    """Return the choices of a group, by name."""
    return [read(path) for path in sorted((CONF / group).glob("*.yaml"))]


def groups() -> list[str]:
    """Return the groups that there are."""
    folders = {path.parent.relative_to(CONF).as_posix() for path in CONF.rglob("*.yaml")} - {"."}
    return sorted(folders)


def default_choices() -> dict[str, list[str]]:
    """Return the names that conf/train.yaml, and the sweeper with groups of its own, select by default."""
    defaults: dict[str, list[str]] = {}
    for path in (CONF / "train.yaml", CONF / "hydra" / "sweeper" / "optuna.yaml"):
        folder = path.parent.relative_to(CONF).as_posix()
        for entry in yaml.safe_load(path.read_text())["defaults"]:
            if isinstance(entry, str):
                continue
            for key, names in entry.items():
                group = key.removeprefix("override ").strip("/")
                group = group if folder == "." else f"{folder}/{group}"
                defaults[group] = names if isinstance(names, list) else [names]
    return defaults


def _header(text: str) -> tuple[tuple[str, ...], str | None]:
    """Return the comment lines that a file opens with, and the package that one of them states."""
    lines, package = [], None
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if match := PACKAGE.match(line):
            package = match[1]
        else:
            lines.append(line.removeprefix("#").removeprefix(" ").rstrip())
    return tuple(lines), package


def _body(text: str) -> str:
    """Return a file without its opening comment and its defaults list."""
    lines = text.splitlines()
    while lines and (lines[0].startswith(("#", "defaults:", "  - ")) or not lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines)


def _walk(node: yaml.Node | None, key: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], yaml.Node]]:
    """Yield every value below a mapping that is not itself a mapping with entries, by its key."""
    if not isinstance(node, yaml.MappingNode):
        return
    for name, value in node.value:
        inner = (*key, name.value)
        if isinstance(value, yaml.MappingNode) and value.value:
            yield from _walk(value, inner)
        elif name.value != "defaults":
            yield inner, value


def _source(text: str, node: yaml.Node) -> str:
    return " ".join(text[node.start_mark.index : node.end_mark.index].split())


def _comment(text: str, node: yaml.Node) -> str:
    rest = text[node.end_mark.index :].split("\n", 1)[0]
    return rest.strip().lstrip("#").strip()


def _include(entry: dict[str, str | list[str] | None], group: str) -> Include:
    ((key, value),) = entry.items()
    chosen, _, place = key.removeprefix("override ").partition("@")
    chosen = chosen.removeprefix("/") if chosen.startswith("/") else f"{group}/{chosen}"
    names = [value] if isinstance(value, str) else value or []
    return Include(chosen, tuple(names), place.removeprefix("_global_."))
