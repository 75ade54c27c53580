"""The rules of the tree: who may import whom, and what a class may be."""

import ast
import inspect
from abc import ABC
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Protocol

import pytest

import ganlab

ROOT = Path(ganlab.__file__).parent
# Every other module beside these is a command: the last layer.
LAYERS = (
    {"tree", "random", "interfaces", "round", "errors", "late_imports", "figures", "fields"},
    {"layers"},
    {
        "generators",
        "discriminators",
        "losses",
        "regularizers",
        "augments",
        "latents",
        "optimizers",
        "ema",
        "schedule",
        "lr_schedule",
    },
    {"games"},
    {"data", "metrics", "sampler", "theory", "truncation"},
    {
        *("module", "callbacks", "loggers", "checkpoints", "run_directory", "liveness", "comparison"),
        *("processes", "clock", "account", "copies", "continuation", "observations"),
    },
    {"config", "check", "rules", "overrides", "rehearsal", "schema", "trial", "values"},
)
PLAIN_TORCH, PARTS, COMMANDS = 3, 2, len(LAYERS)
HYDRA = {"config", "overrides", "sweeps", "train"}
FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def dotted(path):
    return ".".join(("ganlab", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


NAMES = {dotted(path) for path in FILES}


def layer(name):
    top = name.split(".")[1]
    return next((number for number, tops in enumerate(LAYERS) if top in tops), COMMANDS)


def imported(nodes):
    """Yield the modules that import statements name; `from ganlab import tree` names ganlab.tree."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((each if each in NAMES else node.module) for each in inner)


def parse(path):
    return ast.parse(path.read_text())


every_file = pytest.mark.parametrize("path", FILES, ids=dotted)


@every_file
def test_imports_go_to_smaller_layers(path):
    mine, name = layer(dotted(path)), dotted(path)
    for other in imported(ast.walk(parse(path))):
        if other.startswith("ganlab."):
            assert layer(other) <= mine, f"{name} (layer {mine}) imports {other} (layer {layer(other)})"
            if mine == PARTS and layer(other) == PARTS:
                package = path.name == "__init__.py" and other.startswith(f"{name}.")
                assert package, f"{name} imports {other}: parts never import each other"


@every_file
def test_frameworks_stay_in_their_layers(path):
    name = dotted(path)
    frameworks = {each.split(".")[0] for each in imported(ast.walk(parse(path)))}
    assert "lightning" not in frameworks, f"{name} imports lightning; the package is pytorch_lightning"
    if layer(name) <= PLAIN_TORCH or layer(name) == LAYERS.index(next(s for s in LAYERS if "config" in s)):
        assert "pytorch_lightning" not in frameworks, f"{name} imports pytorch_lightning"
    if name.split(".")[1] not in HYDRA:
        assert "hydra" not in frameworks, f"{name} imports hydra"
    if layer(name) <= PLAIN_TORCH:
        assert "omegaconf" not in frameworks, f"{name} imports omegaconf"


@every_file
def test_only_config_builds_and_nothing_unpickles(path):
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("hydra"):
            assert "instantiate" not in {alias.name for alias in node.names} or dotted(path) == "ganlab.config"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("torch.load", "load_from_checkpoint"):
            safe = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}.get("weights_only")
            assert safe == "True", f"{path}:{node.lineno} loads without weights_only=True"


def test_no_module_needs_itself():
    graph = {}
    for path in FILES:  # what runs at import: statements at the top level, not within functions or TYPE_CHECKING
        graph[dotted(path)] = {other for other in imported(parse(path).body) if other in NAMES} - {dotted(path)}
    packages = {dotted(path) for path in FILES if path.name == "__init__.py"}
    for name, others in graph.items():  # a module of a package does not need the names its package shows
        graph[name] = {other for other in others if not (other in packages and name.startswith(f"{other}."))}
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_every_layer_is_there():
    tops = {name.split(".")[1] for name in NAMES}
    assert set().union(*LAYERS) <= tops


def classes():
    for name in sorted(NAMES - {"ganlab.__main__"}):
        for each in vars(import_module(name)).values():
            if inspect.isclass(each) and each.__module__ == name:
                yield each


@pytest.mark.parametrize(
    "kind", sorted(classes(), key=lambda c: (c.__module__, c.__qualname__)), ids=lambda c: c.__name__
)
def test_every_class_is_abstract_or_final(kind):
    # Exceptions are told apart by their bases, which is what bases are for there.
    for base in kind.__bases__ if not issubclass(kind, BaseException) else ():
        if base.__module__.split(".")[0] == "ganlab":
            abstract = inspect.isabstract(base) or not {ABC, Protocol}.isdisjoint(base.__bases__)
            assert abstract, f"{kind.__name__} extends {base.__name__}, which is not abstract"
