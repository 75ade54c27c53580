"""One page for each config group: every choice with its class, docstring, settings and command line."""

import ast
import re

from config_groups import Group
from configuration_files import CONF, Choice, Include, Setting, choices, default_choices, read
from markdown_text import cell, code, docstring, escape, fence, first_sentence, join, table
from source_code import ROOT, Definition, find, source_link

CITED = ("loss", "regularizer")  # groups whose yaml files open with a citation; the docstring has a description
WIRING = re.compile(r"\$\{(\w+)\}$")
ARROWS = {True: "higher is better", False: "lower is better", None: "no direction"}


def group_page(group: Group) -> str:
    """Return the page of a group."""
    members, defaults = choices(group.path), default_choices().get(group.path, [])
    lines = [f"# {group.title}", "", f"{group.summary} Config group: `{group.path}`.", ""]
    if group.notes:
        lines += [group.notes, ""]
    if group.guides:
        lines += [f"Guides: {', '.join(f'[{title}](../{page})' for title, page in group.guides)}.", ""]
    rows = [
        (f"[{member.name}](#{member.name})" + " (default)" * (member.name in defaults), cell(summary(member)))
        for member in members
    ]
    lines += table(("choice", "summary"), rows)
    for member in members:
        lines += _choice(group, member)
    return join(lines)


def summary(choice: Choice) -> str:
    """Return one sentence on a choice: the header of its yaml, or the first sentence of the docstring."""
    header = " ".join(choice.header)
    definitions = _definitions(_inherited_targets(choice))
    if definitions and (not header or choice.group in CITED):
        return first_sentence(definitions[0].docstring)
    return first_sentence(header)


def setting_table(settings: tuple[Setting, ...] | list[Setting]) -> list[str]:
    """Return a table of settings; both players' equal settings share a row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for setting in settings:
        twin = re.sub(r"\.(discriminator|generator)\.", ".PLAYER.", setting.key)
        rows.setdefault((twin, setting.default, setting.comment), []).append(setting.key)
    return table(
        ("setting", "default", "meaning"),
        [
            ("<br>".join(code(key) for key in keys), code(default), cell(comment))
            for (_, default, comment), keys in rows.items()
        ],
    )


def _choice(group: Group, choice: Choice) -> list[str]:
    definitions = _definitions(choice.targets)
    lines = [f"## {choice.name}", ""]
    header = " ".join(choice.header)
    if header and not any(first_sentence(header) == first_sentence(each.docstring) for each in definitions):
        lines += [escape(header), ""]
    lines += [_origin(choice), ""]
    for definition in definitions:
        lines += docstring(definition.docstring)
    lines += _facts(group, definitions)
    lines += fence("bash", [group.command.replace("NAME", choice.name)])
    lines += [f"Includes {_includes(choice)}.", ""] if choice.includes else []
    wiring = [setting for setting in choice.settings if _is_wiring(setting)]
    if wiring:
        names = dict.fromkeys(setting.default.strip("${}") for setting in wiring)
        lines += [f"Built from {', '.join(f'[{name}]({name}.md)' for name in names)}.", ""]
    lines += setting_table([setting for setting in choice.settings if setting not in wiring])
    if choice.base:
        lines += [f"All other settings are those of [{choice.base}](#{choice.base}).", ""]
    return lines


def _origin(choice: Choice) -> str:
    """Return links to the class, which may be that of the base, and to the yaml file."""
    links = []
    for target in _inherited_targets(choice):
        links.append(source_link(find(target).path, target) if target.startswith("ganlab.") else f"`{target}`")
    return " · ".join([*links, source_link(choice.path, choice.path.relative_to(ROOT).as_posix())])


def _definitions(targets: tuple[str, ...]) -> list[Definition]:
    return [find(target) for target in targets if target.startswith("ganlab.")]


def _inherited_targets(choice: Choice) -> tuple[str, ...]:
    if choice.targets or not choice.base:
        return choice.targets
    return _inherited_targets(read(choice.path.with_stem(choice.base)))


def _is_wiring(setting: Setting) -> bool:
    """Return whether a setting only repeats another group, as game.loss does."""
    match = WIRING.match(setting.default)
    return match is not None and (CONF / match[1]).is_dir()


def _includes(choice: Choice) -> str:
    return ", ".join(f"`{include.place or include.group}`: {links_to_choices(include)}" for include in choice.includes)


def links_to_choices(include: Include) -> str:
    """Return links to the choices that an entry of a defaults list selects."""
    page = f"{include.group.rpartition('/')[2]}.md"
    return " + ".join(f"[{name}]({page}#{name})" for name in include.names) or "none"


def _facts(group: Group, definitions: list[Definition]) -> list[str]:
    """Return what a class states besides its docstring: formulas, the player, the scores."""
    lines = []
    for definition in definitions:
        if group.path == "loss":
            formulas = {method.call.name: _formula(method.docstring) for method in definition.methods()}
            lines += [
                f"- {player.capitalize()}: {escape(formulas[player])}" for player in ("discriminator", "generator")
            ]
        if group.path == "regularizer" and definition.value("player"):
            lines.append(f"- Player: {ast.literal_eval(str(definition.value('player')))}")
        if group.path == "metric" and definition.value("scores"):
            scores = ast.literal_eval(str(definition.value("scores")))
            lines.append("- Scores: " + ", ".join(f"`{name}` ({ARROWS[way]})" for name, way in scores.items()))
    return [*lines, ""] if lines else []


def _formula(text: str) -> str:
    first = " ".join(text.split("\n\n")[0].split())
    return re.split(r"[;.] [Rr]aises", first.removeprefix("Return ").removesuffix("."))[0]
