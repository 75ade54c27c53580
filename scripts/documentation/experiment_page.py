"""The page of all experiments."""

import re

from config_groups import EXPERIMENT
from configuration_files import Choice, choices
from group_pages import links_to_choices
from markdown_text import cell, escape, fence, first_sentence, join, table
from source_code import ROOT, source_link


def experiment_page() -> str:
    """Return the page of all experiments."""
    members = choices(EXPERIMENT)
    lines = [
        "# Experiments",
        "",
        "Complete recipes: components, settings, and the score to expect. Config group: `experiment`.",
        "",
        "Further settings on the command line override those of the experiment. Naming a component, as in "
        "`experiment=digits loss=hinge`, resets the group to that component's own defaults.",
        "",
        "Guides: [Experiments](../experiments.md), [Measured results](../reports/results.md).",
        "",
    ]
    entries = [(member, _read_header(member)) for member in members]
    rows = [
        (f"[{member.name}](#{member.name})", cell(first_sentence(header["text"])), cell(header.get("time", "")))
        for member, header in entries
    ]
    lines += table(("experiment", "summary", "time"), rows)
    for member, header in entries:
        lines += _experiment(member, header)
    return join(lines)


def _read_header(choice: Choice) -> dict[str, str]:
    """Return the parts of an experiment's header: commands, text, expect, time, parameters and notes."""
    parts: dict[str, str] = {"commands": "", "text": "", "notes": ""}
    current = "text"
    for line in choice.header:
        if line.startswith("ganlab "):
            parts["commands"] += re.sub(r"  +\((.*)\)$", r"  # \1", line) + "\n"
            continue
        if match := re.match(r"(expect|time|parameters): (.*)", line):
            current = match[1]
            parts[current] = match[2]
            continue
        if current != "text" and not line.startswith("  "):
            current = "notes"
        parts[current] += f" {line.strip()}"
    return {name: text.strip() for name, text in parts.items()}


def _experiment(choice: Choice, header: dict[str, str]) -> list[str]:
    lines = [f"## {choice.name}", "", escape(header["text"]), ""]
    lines += fence("bash", header["commands"].splitlines())
    titles = {"expect": "Expected", "time": "Time", "parameters": "Parameters"}
    lines += [f"- {title}: {escape(header[name])}" for name, title in titles.items() if header.get(name)]
    if choice.includes:
        lines.append("- Components: " + ", ".join(f"{each.group} {links_to_choices(each)}" for each in choice.includes))
    lines.append(f"- File: {source_link(choice.path, choice.path.relative_to(ROOT).as_posix())}")
    lines += ["", escape(header["notes"]), ""] if header["notes"] else [""]
    lines += [f"Based on [{choice.base}](#{choice.base}), with these changes:", ""] if choice.base else []
    return [*lines, *fence("yaml", choice.body.splitlines())]
