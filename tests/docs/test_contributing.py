"""CONTRIBUTING.md, docs/design.md and docs/glossary.md name what there is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
PICTURE = re.compile(r"^ ?(\d+)  (\w+) {2,}\S", re.MULTILINE)
PATH = re.compile(r"`([\w/]+(?:\.\w+|/))`")
NAME = re.compile(r"`([A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*)`")
TEXTS = {name: (ROOT / name).read_text() for name in ("CONTRIBUTING.md", "docs/design.md", "docs/glossary.md")}
SOURCES = "\n".join(
    path.read_text()
    for folder, pattern in (("ganlab", "*.py"), ("conf", "*.yaml"), ("scripts", "*"))
    for path in sorted((ROOT / folder).rglob(pattern))
    if path.is_file() and path.suffix != ".pyc"
)
FOREIGN = {"hasattr", "requires_grad", "DistributedDataParallel", "NAME", "GROUP"}  # not of ganlab
NOT_HERE = {"utils.py", "samples/"}  # a file that shall not exist, and a folder of a run


def layers():
    """Return LAYERS of tests/test_layers.py, without importing that module, which imports all of ganlab."""
    for statement in ast.parse((ROOT / "tests" / "test_layers.py").read_text()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "LAYERS":
            return eval(ast.unparse(statement.value))
    raise LookupError("LAYERS")


def test_the_picture_has_the_folders_of_the_layers_in_their_order():
    listed = [(int(number), folder) for number, folder in PICTURE.findall(CONTRIBUTING)]
    assert listed == [(number, folder) for number, folders in enumerate(layers(), 1) for folder in folders]


def test_contributing_fits_on_a_few_screens():
    assert len(CONTRIBUTING.splitlines()) <= 120


@pytest.mark.parametrize("name", TEXTS)
def test_named_files_and_folders_exist(name):
    for path in PATH.findall(TEXTS[name]):
        if path in NOT_HERE or not {"NAME", "GROUP", "PROTOCOL"}.isdisjoint(re.split(r"[/._]", path)):
            continue
        if Path(path).suffix in ("", ".py", ".md"):
            places = [ROOT / path, ROOT / "ganlab" / path, ROOT / "ganlab" / "core" / "interfaces" / path]
            assert any(place.exists() for place in places), f"{name} names {path}"


@pytest.mark.parametrize("name", TEXTS)
def test_named_classes_functions_and_settings_exist(name):
    for text in NAME.findall(TEXTS[name]):
        for word in set(text.split(".")) - FOREIGN:
            assert re.search(rf"\b{word}\b", SOURCES), f"{name} names {text}"
