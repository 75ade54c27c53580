"""The page of the commands: what `ganlab COMMAND --help` prints, without the lists of settings and choices."""

from markdown_text import cell, fence, join, table
from source_code import ROOT, literals, source_link

COMMANDS = ROOT / "ganlab" / "commands"
USAGES = {"train": "TRAIN_USAGE", "evaluate": "EVALUATE_USAGE"}  # in config/help.py; all others are HELP


def commands_page() -> str:
    """Return the page."""
    summaries = literals(COMMANDS / "cli.py")["COMMANDS"]
    assert isinstance(summaries, dict)
    helps = {name: _help(name) for name in summaries}
    rows = [
        (f"[ganlab {name}](#ganlab-{name})" if helps[name] else f"ganlab {name}", cell(summary))
        for name, summary in summaries.items()
    ]
    lines = ["# Commands", "", "`ganlab COMMAND --help` prints these texts.", "", *table(("command", "summary"), rows)]
    for name, text in helps.items():
        if text:
            lines += [f"## ganlab {name}", "", source_link(COMMANDS / f"{name}.py", f"ganlab/commands/{name}.py"), ""]
            lines += fence("text", text.strip().splitlines())
        if name in USAGES:
            lines += [f"Its settings are on the page [Settings](settings.md#ganlab-{name}).", ""]
    return join(lines)


def _help(name: str) -> str:
    """Return the help of a command without its first line, which is its summary; empty if it has no constant for it."""
    path = ROOT / "ganlab" / "config" / "help.py" if name in USAGES else COMMANDS / f"{name}.py"
    text = literals(path).get(USAGES.get(name, "HELP"), "") if path.exists() else ""
    return str(text).partition("\n")[2]
