"""The rules of the tree: which folder may import which, and that every class is abstract or final."""

import ast
import inspect
from abc import ABC
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Protocol

import pytest

import ganlab

ROOT = Path(ganlab.__file__).parent
# The folders of ganlab/, lowest first: a folder imports from itself and from those before it. Folders on one line are
# component groups that never import each other. CONTRIBUTING.md has the same list as a picture.
LAYERS = (
    ("core",),
    ("layers",),
    ("kinds",),
    (
        *("generators", "discriminators", "latents", "losses", "regularizers", "augments", "conditioning"),
        *("optimizers", "schedules", "lr_schedules", "ema", "corruptions"),
    ),
    ("games",),
    ("data",),
    ("features",),
    ("protocols",),
    ("metrics",),
    ("runs",),
    ("loggers",),
    ("engine",),
    ("callbacks",),
    ("training_hooks", "recovery"),
    ("config",),
    ("training",),
    ("analysis",),
    ("sweeps",),
    ("commands",),
)
ORDER = {folder: number for number, folders in enumerate(LAYERS) for folder in folders}
PLAIN_TORCH = ORDER["games"]
HYDRA = {"config", "sweeps", "commands"}
LIGHTNING = {"loggers", "engine", "callbacks", "training_hooks", "recovery", "training", "analysis", "data"}
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT)


def dotted(path):
    return ".".join(("ganlab", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


NAMES = {dotted(path) for path in FILES}


def folder(name):
    return name.split(".")[1]


def imported(nodes):
    """Yield the modules that import statements name; `from ganlab import tree` names ganlab.core.tree."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((each if each in NAMES else node.module) for each in inner)


@cache
def nodes(path):
    return tuple(ast.walk(ast.parse(path.read_text())))


def files_of(place):
    """Yield the paths and dotted names of a folder's files."""
    for path in FILES:
        if folder(dotted(path)) == place:
            yield path, dotted(path)


every_folder = pytest.mark.parametrize("place", ORDER)


@every_folder
def test_imports_go_to_lower_folders(place):
    for path, name in files_of(place):
        for other in imported(nodes(path)):
            if other.startswith("ganlab.") and folder(other) != place:
                assert ORDER[folder(other)] < ORDER[place], f"{name} imports {other}, which is not below it"


@pytest.mark.parametrize("place", ["generators", "discriminators", "losses", "regularizers", "augments"])
def test_components_of_one_group_never_import_each_other(place):
    for path, name in files_of(place):
        for other in imported(nodes(path)):
            same = other.startswith("ganlab.") and folder(other) == place
            assert not same or path.name == "__init__.py", f"{name} imports {other}"


@every_folder
def test_frameworks_stay_in_their_folders(place):
    for path, name in files_of(place):
        check_frameworks(path, name)


def check_frameworks(path, name):
    frameworks = {module.split(".")[0] for module in imported(nodes(path))}
    assert "lightning" not in frameworks, f"{name} imports lightning; the package is pytorch_lightning"
    if folder(name) not in LIGHTNING:
        assert "pytorch_lightning" not in frameworks, f"{name} imports pytorch_lightning"
    if folder(name) not in HYDRA:
        assert "hydra" not in frameworks, f"{name} imports hydra"
    if ORDER[folder(name)] <= PLAIN_TORCH:
        assert "omegaconf" not in frameworks, f"{name} imports omegaconf"


@every_folder
def test_only_config_builds_and_nothing_unpickles(place):
    for path, name in files_of(place):
        check_building(path, name)


def check_building(path, name):
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("hydra"):
            assert "instantiate" not in {alias.name for alias in node.names} or name == "ganlab.config.targets"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("torch.load", "load_from_checkpoint"):
            safe = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}.get("weights_only")
            assert safe == "True", f"{path}:{node.lineno} loads without weights_only=True"


def test_no_circles_between_files():
    graph = {}
    for path in FILES:  # imports within functions and under TYPE_CHECKING count, too
        graph[dotted(path)] = {other for other in imported(nodes(path)) if other in NAMES} - {dotted(path)}
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_every_folder_has_its_place():
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == {*ORDER}
    assert {path.name for path in ROOT.glob("*.py")} == {"__init__.py", "__main__.py"}


def classes(place):
    for _, name in files_of(place):
        for each in vars(import_module(name)).values():
            if inspect.isclass(each) and each.__module__ == name:
                yield each


@every_folder
def test_every_class_is_abstract_or_final(place):
    # Exceptions are distinguished by their bases.
    for kind in classes(place):
        for base in kind.__bases__ if not issubclass(kind, BaseException) else ():
            if base.__module__.split(".")[0] == "ganlab":
                abstract = inspect.isabstract(base) or not {ABC, Protocol}.isdisjoint(base.__bases__)
                assert abstract, f"{kind.__name__} extends {base.__name__}, which is not abstract"
