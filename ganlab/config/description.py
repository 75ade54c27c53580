"""Describes components, groups, experiments and settings as text, from their files and the source of their classes."""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, final

from ganlab.config.class_source import find_source
from ganlab.config.component_files import GLOBAL, ComponentFile, Setting, read_component
from ganlab.config.groups import LIST_GROUPS, choices, conf_directory, sweep_choices
from ganlab.config.help import setting_lines
from ganlab.config.update_settings import UPDATE_SETTINGS, is_update_setting
from ganlab.core.errors import UserError, suggest
from ganlab.core.shell_lines import ganlab_line

GROUP_REFERENCE = re.compile(r"\$\{(\w+)\}")
CITING = ("loss", "regularizer")  # groups whose files open with a citation, so that the class says what they are
GIVEN = ("data", "spec", "features")  # parameters that ganlab passes, which no file sets
SETTING_FILES = ("train", "evaluate")  # of the settings outside of components
# Packages that a configuration may use without permission; "" is that of no class.
SHIPPED_PACKAGES = ("", "ganlab", "torch", "torchvision", "torchmetrics", "pytorch_lightning")


class Row(NamedTuple):
    """A setting as a line of a table."""

    key: str
    type: str
    default: str
    comment: str


@final
class Catalogue:
    """All components in the shipped folder of config groups, and in further ones."""

    def __init__(self, config_dirs: Sequence[Path] = ()) -> None:
        self.directories = [conf_directory(), *config_dirs]
        self.groups: dict[str, list[str]] = choices(self.directories) | sweep_choices(conf_directory())

    def describe(self, name: str) -> str:
        """Return the description of a group, GROUP.NAME, a setting, or the only component of that name.

        Raises UserError with similar names if there is nothing of that name.
        """
        name = re.sub(r"^\+?([\w/]+)=\[?([\w]+)\]?$", r"\1.\2", name)
        group, _, inner = name.partition(".")
        if "/" in name and group not in self.groups:  # GROUP/NAME, as in the path of its file
            group, _, inner = name.rpartition("/")
        if group in self.groups:
            return self._describe_inside(group, inner) if inner else self.describe_group(group)
        if lines := list(_root_settings(name)):
            return "\n".join(lines)
        groups = [group for group, names in self.groups.items() if name in names]
        if len(groups) == 1:
            return self.describe_component(groups[0], name)
        if groups:
            raise UserError(
                f"'{name}' is a choice of several groups: write {' or '.join(f'{g}.{name}' for g in groups)}"
            )
        known = [*self.groups, *_root_names(), *(each for names in self.groups.values() for each in names)]
        raise UserError(
            f"there is no group, component or setting '{name}'; ganlab describe lists the groups{suggest(name, known)}"
        )

    def describe_groups(self) -> str:
        """Return the groups with their choices, one line each."""
        return "\n".join(f"{group:28} {', '.join(names)}" for group, names in self.groups.items())

    def describe_group(self, group: str) -> str:
        """Return the choices of a group with one sentence each."""
        members = [self._read(group, name) for name in self.groups[group]]
        width = max(len(member.name) for member in members)
        kind = "a list: GROUP=[A,B] replaces it, +GROUP=[C] appends" if group in LIST_GROUPS else "GROUP=NAME"
        lines = [f"{group} ({kind.replace('GROUP', group)})", ""]
        lines += [f"  {member.name:{width}}  {_summary(member)}".rstrip() for member in members]
        return "\n".join([*lines, "", f"ganlab describe {group}.NAME prints the settings of one of them"])

    def describe_component(self, group: str, name: str) -> str:
        """Return a component's file, class, description, settings and command."""
        member = self._read(group, name)
        target = self._target(member)
        origin = f"{target}, {_place(member.path)}" if target else _place(member.path)
        lines = [f"{group}.{name} ({origin})", ""]
        if member.header:
            lines += [*member.header, ""]
        docstring = find_source(target).docstring if target and target == member.target else ""
        if docstring and docstring.rstrip(".") != " ".join(member.header).rstrip("."):
            lines += [docstring, ""]
        rows, references = self._rows(member)
        if rows:
            lines += [*_table(rows), ""]
        base = [chosen for selected, chosen in member.selections if not selected]
        others = [f"{selected}={chosen}" for selected, chosen in member.selections if selected]
        lines += [f"based on: {', '.join(base)}"] if base else []
        lines += [f"selects: {', '.join(others)}"] if others else []
        lines += [f"built from: {', '.join(references)}"] if references else []
        return "\n".join([*lines, f"use it: {self._command(member, target)}"])

    def _command(self, member: ComponentFile, target: str) -> str:
        """Return a command that uses a component; one of the user's needs its folder and its package."""
        words = ["evaluate", "run=DIR"] if member.group == "protocol" else ["train"]
        words += ["-m"] if "/" in member.group else []
        package = target.partition(".")[0]
        if not member.path.is_relative_to(conf_directory()):
            words += ["--config-dir", str(member.path.parents[1 + member.group.count("/")])]
        choice = f"+{member.group}=[{member.name}]" if member.group in LIST_GROUPS else f"{member.group}={member.name}"
        return ganlab_line([*words, choice], "" if package in SHIPPED_PACKAGES else package)

    def _describe_inside(self, group: str, inner: str) -> str:
        """Describe GROUP.NAME, GROUP.NAME.KEY or, for a group of one component, GROUP.KEY."""
        name, _, key = inner.partition(".")
        names = self.groups[group]
        if name in names and not key:
            return self.describe_component(group, name)
        members = [name] if name in names else names
        rows = {each: self._rows(self._read(group, each))[0] for each in members}
        found = [(each, row) for each in members for row in rows[each] if row.key in (f"{group}.{inner}", inner)]
        if not found:
            known = [*names, *(row.key.partition(".")[2] for each in members for row in rows[each])]
            raise UserError(
                f"{group}: there is no '{inner}'; choose {', '.join(names)}, or a setting of one{suggest(inner, known)}"
            )
        if is_update_setting(group, inner) and len({row for _, row in found}) == 1:  # the same of every network
            return "\n".join(_table([found[0][1]]))
        lines = [f"of {group}.{each}: {row.comment}".rstrip(": ") for each, row in found]
        cells = [row._replace(comment=line) for (_, row), line in zip(found, lines, strict=True)]
        return "\n".join(_table(cells))

    def _rows(self, member: ComponentFile) -> tuple[list[Row], list[str]]:
        """Return the settings of a component, with those of its base and those its file leaves out, and its groups."""
        settings = {setting.key: setting for setting in self._settings(member)}
        rows: dict[Row, None] = {}
        share = _shared_key if member.group == "optimizer" else str
        references = []
        classes = {member.package: self._target(member)} if member.package != GLOBAL else {}
        for setting in settings.values():
            match = GROUP_REFERENCE.fullmatch(setting.default)
            if match and match[1] in self.groups:
                references.append(match[1])
                continue
            type_name = find_source(setting.target).parameters.get(setting.name, ("",))[0]
            rows[Row(share(setting.key), type_name, setting.default, setting.comment)] = None
            classes[setting.key.rpartition(".")[0]] = setting.target
        for prefix, target in classes.items():
            for name, parameter in find_source(target).parameters.items():
                if parameter.default and name not in GIVEN and f"{prefix}.{name}" not in settings:
                    rows[Row(share(f"{prefix}.{name}"), parameter.type, parameter.default, "")] = None
        rows |= dict.fromkeys(_update_rows(member.group, {row.key for row in rows}))
        return [*rows], references

    def _settings(self, member: ComponentFile) -> list[Setting]:
        """Return the settings of the component's base, then its own, each with the class that takes it."""
        settings = {setting.key: setting for base in self._bases(member) for setting in self._settings(base)}
        for setting in member.settings:
            former = settings.get(setting.key)
            if former and not setting.target:
                setting = setting._replace(target=former.target, comment=setting.comment or former.comment)
            settings[setting.key] = setting
        return [*settings.values()]

    def _target(self, member: ComponentFile) -> str:
        """Return the class of a component or of the one that it is based on."""
        return member.target or next(filter(None, map(self._target, self._bases(member))), "")

    def _bases(self, member: ComponentFile) -> list[ComponentFile]:
        names = [name for group, name in member.selections if not group and name in self.groups[member.group]]
        return [self._read(member.group, name) for name in names]

    def _read(self, group: str, name: str) -> ComponentFile:
        paths = [directory / group / f"{name}.yaml" for directory in self.directories]
        return read_component(next(path for path in paths if path.is_file()), group)


def _update_rows(group: str, known: Collection[str]) -> Iterator[Row]:
    """Yield the settings of networks that are no arguments of their classes, unless a class has one of that name."""
    for name, setting in UPDATE_SETTINGS.items():
        if is_update_setting(group, name) and f"{group}.{name}" not in known:
            yield Row(f"{group}.{name}", setting.type_name, setting.default, setting.comment)


def _summary(member: ComponentFile) -> str:
    """Return one sentence on a component: the header of its file, or the first line of its class's docstring."""
    if member.target and (member.group in CITING or not member.header):
        docstring = find_source(member.target).docstring
        if docstring:
            return docstring.splitlines()[0].rstrip(".")
    return member.summary


def _shared_key(key: str) -> str:
    """Return the key of an optimizer's setting with PLAYER for both players, which have the same."""
    return re.sub(r"^optimizer\.(discriminator|generator)\.", "optimizer.PLAYER.", key)


def _table(rows: Sequence[Row]) -> list[str]:
    """Return the rows as lines below a header, without the columns that are empty."""
    cells: list[Sequence[str]] = [Row("setting", "type", "default", "meaning"), *rows]
    used = [number for number in range(len(cells[0])) if any(row[number] for row in rows)]
    cells = [[row[number] for number in used] for row in cells]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _root_settings(name: str) -> Iterator[str]:
    """Yield a line for each command that has a setting outside of the components."""
    for command in SETTING_FILES:
        lines = setting_lines(conf_directory() / f"{command}.yaml")
        if name in lines:
            yield f"{lines[name][0]}  ({lines[name][1]}; a setting of ganlab {command})"


def _root_names() -> list[str]:
    return [name for command in SETTING_FILES for name in setting_lines(conf_directory() / f"{command}.yaml")]


def _place(path: Path) -> str:
    """Return the path of a shipped file from conf/ on, and that of another one as it is."""
    shipped = conf_directory()
    return path.relative_to(shipped.parent).as_posix() if path.is_relative_to(shipped) else str(path)
