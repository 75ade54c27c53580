"""The page of the settings that belong to no component: conf/train.yaml and conf/evaluate.yaml."""

from configuration_files import CONF, read
from markdown_text import cell, code, join, table
from source_code import ROOT, find, literals, source_link

SCHEMA = ROOT / "ganlab" / "config" / "schema.py"
COMMANDS = (("train", "Root"), ("evaluate", "Evaluation"))


def settings_page() -> str:
    """Return the page."""
    lines = [
        "# Settings of train and evaluate",
        "",
        "Write a setting as `KEY=VALUE` on the command line, such as `ganlab train iterations=500`. Settings of "
        "components are on the pages of their [config groups](index.md).",
        "",
    ]
    for command, root in COMMANDS:
        choice = read(CONF / f"{command}.yaml")
        kinds = {field.name: field.kind for field in find(f"ganlab.config.schema.{root}").attributes()}
        settings = [setting for setting in choice.settings if setting.key in kinds and setting.default != "{}"]
        rows = [
            (code(setting.key), cell(_allowed(setting.key, kinds)), code(setting.default), cell(setting.comment))
            for setting in settings
        ]
        lines += [f"## ganlab {command}", "", f"From {source_link(choice.path, f'conf/{command}.yaml')}.", ""]
        lines += table(("setting", "type", "default", "meaning"), rows)
    return join(lines)


def _allowed(name: str, kinds: dict[str, str]) -> str:
    """Return the type of a setting with its bound or its choices."""
    constants = literals(SCHEMA)
    bounds, options = constants["BOUNDS"], constants["CHOICES"]
    assert isinstance(bounds, dict)
    assert isinstance(options, dict)
    kind = kinds[name].replace(" | None", " or null")
    if name in options:
        return ", ".join(options[name])
    return f"{kind}, at least {bounds[name]}" if name in bounds else kind
