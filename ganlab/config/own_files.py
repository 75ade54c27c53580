"""Checks of the yaml files in a user's config folders before Hydra reads them; each issue names the file."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ganlab.config.groups import LIST_GROUPS

PACKAGE = re.compile(r"^#\s*@package\s+(\S+)\s*$", re.MULTILINE)  # as in Hydra, in the comments at the top
UNNAMED = "<unicode string>"  # PyYAML's name of a text
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class OwnFile(NamedTuple):
    """A choice of a config group and its file."""

    group: str
    name: str
    path: Path


def find_file_issues(group: str, names: Sequence[str], directories: Sequence[Path]) -> list[str]:
    """Return a sentence for each file of the user that the choices `names` of a group read and that does not work.

    The first directory has the shipped files, which are not checked. Files that these files select by their defaults
    list are checked, too.
    """
    issues = list(_find_issues(group, names, directories, ()))
    return list(dict.fromkeys(issues))


def find_overwritten(
    group: str, names: Sequence[str], held: Collection[str], directories: Sequence[Path]
) -> Iterator[str]:
    """Yield a sentence for each of the user's files that would replace a component that a list already holds."""
    for name in names:
        file = locate_file(group, name, directories)
        if file is None or _is_shipped(file, directories):
            continue
        claim = claimed_name(file)
        if claim in {f"{group}.{key}" for key in held if key != name}:
            yield f"{name} fills {claim}, which the list already holds; {_advise_on_package(file)}"


def claimed_name(file: OwnFile) -> str:
    """Return the part of the configuration that a file fills, which its `@package` line names."""
    text = file.path.read_text(encoding="utf-8", errors="replace")
    match = PACKAGE.search(text[: _end_of_comments(text)])
    return match[1].replace("_group_", file.group) if match else file.group


def locate_file(group: str, name: str, directories: Sequence[Path]) -> OwnFile | None:
    """Return the file that Hydra reads for a choice: that of the first directory that has one."""
    paths = (directory / group / f"{name}.yaml" for directory in directories)
    return next((OwnFile(group, name, path) for path in paths if path.is_file()), None)


def _find_issues(
    group: str, names: Sequence[str], directories: Sequence[Path], parents: tuple[Path, ...]
) -> Iterator[str]:
    files = [file for name in names if (file := locate_file(group, name, directories))]
    for file in files:
        yield from _find_ignored(file, directories)
        if _is_shipped(file, directories):
            continue
        if file.path in parents:
            yield f"{parents[-1]} selects {file.path} in its defaults list, which leads back to it; remove one of them"
            continue
        content, problem = read_settings(file.path)
        if problem:
            yield f"{file.path} {problem}"
            continue
        for inner_group, inner_names in selected_choices(content, group):
            yield from _find_issues(inner_group, inner_names, directories, (*parents, file.path))
    if group in LIST_GROUPS:
        yield from _find_doubles(files, directories)


def _find_ignored(file: OwnFile, directories: Sequence[Path]) -> Iterator[str]:
    """Yield an issue for each other file of this name, which Hydra ignores, unless it is a copy."""
    for directory in directories[1:]:
        other = directory / file.group / file.path.name
        if other != file.path and other.is_file() and other.read_bytes() != file.path.read_bytes():
            yield f"{other} is ignored, because {file.path} has the same name and comes first; rename it"


def _find_doubles(files: Sequence[OwnFile], directories: Sequence[Path]) -> Iterator[str]:
    """Yield an issue for each of the user's files that fills the same part as another file of the list."""
    if all(_is_shipped(file, directories) for file in files):
        return
    first: dict[str, OwnFile] = {}
    for file in files:
        claim = claimed_name(file)
        other = first.setdefault(claim, file)
        if other.path != file.path:
            own = other if _is_shipped(file, directories) else file
            yield (
                f"{other.name} and {file.name} both fill {claim}, so one of them would be lost; "
                f"{_advise_on_package(own)}"
            )


def _is_shipped(file: OwnFile, directories: Sequence[Path]) -> bool:
    return file.path.is_relative_to(directories[0])


def _advise_on_package(file: OwnFile) -> str:
    return f"write '# @package {file.group}.{file.name}' as the first line of {file.path}"


def read_settings(path: Path) -> tuple[Mapping[Any, Any], str]:
    """Return the settings in a file, and what is wrong with it or an empty string."""
    try:
        text = path.read_text(encoding="utf-8")
        if _refers_to_itself(yaml.compose(text, Loader=Loader)):
            return {}, "refers to itself by an anchor (&) inside of which its alias (*) stands; write the value out"
        content = yaml.load(text, Loader=Loader)
    except UnicodeDecodeError as error:
        return {}, f"is not UTF-8 text (byte {error.start + 1} is 0x{error.object[error.start]:02x}); save it as UTF-8"
    except OSError as error:
        return {}, f"cannot be read ({error.strerror}); correct its permissions"
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split()).replace(f'in "{UNNAMED}", ', "at ")
        return {}, f"is not valid YAML ({reason})"
    except (RecursionError, ValueError) as error:  # too many levels, or a number of too many digits
        return {}, f"cannot be read ({' '.join(str(error).split())}); simplify it"
    if not content:
        return {}, "holds no settings; write at least '_target_: …' or a defaults list, or do not select it"
    if not isinstance(content, dict):
        kind = "a list" if isinstance(content, list) else f"the text '{content!s:.40}'"
        return {}, f"must hold settings, one KEY: VALUE per line, but it holds {kind}"
    return content, ""


def _refers_to_itself(node: yaml.Node | None) -> bool:
    """Return whether a node contains itself, as an alias inside of its own anchor does."""
    open_nodes, closed_nodes = set[int](), set[int]()  # an alias may repeat a large node often

    def contains_itself(inner: yaml.Node) -> bool:
        if id(inner) in closed_nodes:
            return False
        if id(inner) in open_nodes:
            return True
        open_nodes.add(id(inner))
        if any(map(contains_itself, _children(inner))):
            return True
        closed_nodes.add(id(inner))
        return False

    return node is not None and contains_itself(node)


def _children(node: yaml.Node) -> list[yaml.Node]:
    match node:
        case yaml.MappingNode():
            return [part for pair in node.value for part in pair]
        case yaml.SequenceNode():
            return list(node.value)
    return []


def selected_choices(content: Mapping[Any, Any], group: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the groups and choices that a file selects by its defaults list."""
    defaults = content.get("defaults")
    for entry in defaults if isinstance(defaults, list) else ():
        if isinstance(entry, str) and entry != "_self_":
            inner, _, name = entry.rpartition("/")
            yield inner.strip("/") or group, [name]
        elif isinstance(entry, dict):
            for key, value in entry.items():
                inner = str(key).split()[-1].split("@")[0].strip("/")
                names = value if isinstance(value, list) else [value]
                yield inner, [str(name) for name in names if name is not None]


def _end_of_comments(text: str) -> int:
    """Return where the comments at the top of a file end."""
    end = 0
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith("#"):
            break
        end += len(line)
    return end
