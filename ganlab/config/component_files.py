"""The yaml files of components with their comments, which document every setting."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple, final

import yaml

from ganlab.core.errors import UserError

PACKAGE = re.compile(r"#\s*@package\s+(\S+)")
GLOBAL = "_global_"
FACT = re.compile(r"[a-z]+: ")  # the start of a line of an experiment's header such as "time: 2 minutes"


class Setting(NamedTuple):
    """A setting: its dotted key, the class that takes it, its default as the file has it, and the comment behind it."""

    key: str
    target: str
    default: str
    comment: str

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition(".")[2]


@final
@dataclass(frozen=True)
class ComponentFile:
    """One choice of a config group.

    `selections` are its defaults list: the choice that it is based on has the key "", others the group that they are
    selected for.
    """

    path: Path
    group: str
    package: str
    header: tuple[str, ...]
    selections: tuple[tuple[str, str], ...]
    target: str
    settings: tuple[Setting, ...]

    @property
    def name(self) -> str:
        """The name by which it is chosen."""
        return self.path.stem

    @property
    def summary(self) -> str:
        """The first sentence of its header."""
        text = takewhile(lambda line: not FACT.match(line), self.header)
        lines = [line for line in text if not line.startswith("ganlab ")]
        return re.split(r"\.\s+(?=[A-Z])", " ".join(lines), maxsplit=1)[0].rstrip(".")


def read_component(path: Path, group: str) -> ComponentFile:
    """Read the file of a component; raises UserError if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        root, content = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"{path} cannot be read ({' '.join(str(error).split())})") from error
    header = [line.removeprefix("#").strip() for line in _opening(text)]
    packages = [match[1] for line in _opening(text) if (match := PACKAGE.match(line))]
    package = packages[0] if packages else group.replace("/", ".")
    prefix = () if package == GLOBAL else (package,)
    content = content if isinstance(content, dict) else {}
    return ComponentFile(
        path,
        group,
        package,
        tuple(line for line in header if not PACKAGE.match(f"# {line}")),
        tuple(_selections(content.get("defaults"))),
        str(content.get("_target_", "")),
        tuple(_settings(root, text, prefix)),
    )


def _opening(text: str) -> list[str]:
    """Return the comment lines that a file opens with."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line)
    return lines


def _selections(defaults: Any) -> Iterator[tuple[str, str]]:
    for entry in defaults if isinstance(defaults, list) else []:
        if isinstance(entry, str) and entry != "_self_":
            yield "", entry.partition("@")[0]
        elif isinstance(entry, dict):
            for key, value in entry.items():
                names = value if isinstance(value, list) else [value]
                yield str(key).removeprefix("override ").strip("/ "), ",".join(map(str, names))


def _settings(node: yaml.Node | None, text: str, prefix: tuple[str, ...]) -> Iterator[Setting]:
    """Yield the settings of a mapping and of those inside it."""
    if not isinstance(node, yaml.MappingNode):
        return
    target = next((value.value for key, value in node.value if key.value == "_target_"), "")
    for key, value in node.value:
        parts = (*prefix, str(key.value))
        if isinstance(value, yaml.MappingNode) and value.value:
            yield from _settings(value, text, parts)
        elif key.value != "defaults" and not key.value.startswith("_"):
            default = " ".join(text[value.start_mark.index : value.end_mark.index].split())
            comment = text[value.end_mark.index :].split("\n", 1)[0].strip().lstrip("#").strip()
            yield Setting(".".join(parts), target, default, comment)
