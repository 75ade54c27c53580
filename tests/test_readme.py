"""README is short, its commands and examples work, and everything that it or docs/ link to exists."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from PIL import Image

import ganlab
from ganlab.commands.cli import COMMANDS as SUBCOMMANDS
from ganlab.commands.exit_codes import guarded
from ganlab.commands.train import main
from ganlab.config import conf_directory
from ganlab.config.groups import choices

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TEXTS = {
    path.relative_to(ROOT).as_posix(): path.read_text() for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
}
README = TEXTS["README.md"]
WRITTEN = {name: text for name, text in TEXTS.items() if not name.startswith("docs/reference/")}  # by hand
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)\s#]+)(?:#[^)\s]*)?\)")
FILE = re.compile(r"```(?:python|yaml)\n# ((?:my_gan|conf)/\S+)\n(.*?)```", re.DOTALL)
# In a command: a sweep, folders of the reader's, runs that a page made before, and values left out.
NEEDS_MORE = (" -m ", "--", "run_dir=", "DIR", "…", "GANLAB_ALLOW")


def commands(text):
    """Return every line of a code block that starts with ganlab, without prompt and comment."""
    blocks = [*FENCED.findall(text), *re.findall(r"^ {4}ganlab .*$", text.replace("\\\n", " "), re.MULTILINE)]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    lines = [line.removeprefix("    ").removeprefix("$ ") for line in lines]
    return [line.partition("   #")[0].strip() for line in lines if line.startswith("ganlab ")]


COMMANDS = [
    (page, command)
    for page, text in WRITTEN.items()
    for command in commands(text)
    if command.startswith("ganlab train ") and not any(word in command for word in NEEDS_MORE)
]
REFUSED = "\nthis configuration cannot be built:"
VALID = [(page, command) for page, command in COMMANDS if f"{command}{REFUSED}" not in WRITTEN[page]]


def test_readme_fits_on_a_few_screens():
    assert len(README.splitlines()) <= 150


def test_readme_links_every_page():
    linked = set(LINK.findall(README))
    pages = {name for name in WRITTEN if name != "README.md"} | {"CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff"}
    assert pages <= linked
    assert not re.search(r"`docs/[\w/.]+`", README), "a document is named without a link"


@pytest.mark.parametrize("page", TEXTS)
def test_every_relative_link_leads_to_a_file(page):
    for target in LINK.findall(FENCED.sub("", TEXTS[page])):
        assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize(("page", "command"), VALID)
def test_commands_compose(page, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photos = tmp_path / "photos"  # the reader's
    photos.mkdir()
    Image.new("RGB", (40, 40)).save(photos / "one.png")
    ganlab.compose(shlex.split(command)[2:])


def test_every_named_command_exists():
    named = {words[1] for text in WRITTEN.values() for line in commands(text) if (words := line.split())[1][0] != "-"}
    named |= set(re.findall(r"(?:`|\$\()ganlab (\w+)", "".join(WRITTEN.values())))
    assert named <= set(SUBCOMMANDS)
    assert set(SUBCOMMANDS) <= named


def test_the_table_of_components_names_every_choice():
    page = TEXTS["docs/configuration.md"].split("## Components and groups")[1].split("## Where values come from")[0]
    groups = choices([conf_directory()])
    rows = {
        group: set(re.findall(r"\w+", row.split("|")[3]))
        for row in page.splitlines()
        for group in re.findall(r"`([\w/]+)`", row.split("|")[1] if row.startswith("| `") else "")
    }
    assert set(groups) <= set(rows)
    rows["experiment"] |= set(re.findall(r"\w+", TEXTS["docs/experiments.md"]))
    missing = {f"{group}={name}" for group, names in groups.items() for name in names if name not in rows[group]}
    assert not missing


def test_configuration_errors_look_as_shown(capsys):
    for page in ("docs/configuration.md", "docs/quickstart.md"):
        ((command, shown),) = re.findall(r"\$ (ganlab train loss=hing [^\n]*)\n(.*?)```", TEXTS[page], re.DOTALL)
        assert guarded(main, shlex.split(command)[2:]) == 2
        printed = capsys.readouterr().err.splitlines()
        for line, expected in zip(printed, shown.splitlines(), strict=True):
            start, _, end = expected.partition("…")
            assert line.startswith(start), page
            assert line.endswith(end), page


def test_the_component_of_readme_trains(tmp_path, monkeypatch, fresh_my_gan):
    files = dict(FILE.findall(README))
    assert len(files) == 2
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (words,) = re.findall(r"    GANLAB_ALLOW=my_gan ganlab train (.*)", README)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("GANLAB_ALLOW", "my_gan")
    short = ["trainer=smoke", "iterations=3", "callback.samples.count=8", "run_dir=run"]
    assert guarded(main, [*shlex.split(words), *short]) == 0
    assert (tmp_path / "run" / "samples" / "00000003.png").exists()


def test_the_python_example_runs(tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\nimport ganlab\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names = {"ganlab": ganlab}
    exec(
        example.replace("iterations=500", "iterations=3").replace(
            '"experiment=ring"', '"experiment=ring", "trainer=smoke"'
        ),
        names,
    )
    assert names["points"].shape == (1000, 2)


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (citation["title"], citation["license"], citation["type"]) == ("ganlab", project["license"], "software")
    assert citation["version"] == ganlab.__version__
