"""Docstrings and parameters of classes and functions, read from their source: nothing is imported or executed."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import NamedTuple, final

import ganlab
from ganlab.core.renamed import current_target

FIELD_CLASSES = {"NamedTuple", "dataclass"}  # the constructor of such a class takes its fields
Definition = ast.ClassDef | ast.FunctionDef


class Parameter(NamedTuple):
    """The type and the default of a parameter as the source has them; each is empty if there is none."""

    type: str = ""
    default: str = ""


@final
@dataclass(frozen=True)
class Source:
    """What the source of a class or function says about it."""

    docstring: str = ""
    parameters: dict[str, Parameter] = field(default_factory=dict)


def find_source(target: str) -> Source:
    """Return the docstring and the parameters of a dotted name, both empty if its source is not found."""
    module, _, name = current_target(target).rpartition(".")
    for place, node in _search(module, name):
        return Source(ast.get_docstring(node) or "", _parameters(place, node))
    return Source()


def _parameters(module: str, node: Definition) -> dict[str, Parameter]:
    if isinstance(node, ast.FunctionDef):
        return _arguments(node.args, skipped=0)
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name in ("__init__", "__new__"):
            return _arguments(statement.args, skipped=1)
    marks = {ast.unparse(each).split("(")[0].rpartition(".")[2] for each in (*node.bases, *node.decorator_list)}
    if not FIELD_CLASSES.isdisjoint(marks):
        return {
            statement.target.id: Parameter(_text(statement.annotation), _text(statement.value))
            for statement in node.body
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        }
    for base in node.bases:
        for place, definition in _search(module, ast.unparse(base)):
            if parameters := _parameters(place, definition):
                return parameters
    return {}


def _arguments(arguments: ast.arguments, skipped: int) -> dict[str, Parameter]:
    """Return the parameters without the first `skipped` ones, *args and **kwargs."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + [*arguments.defaults]
    pairs = [*list(zip(plain, defaults, strict=True))[skipped:]]
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return {each.arg: Parameter(_text(each.annotation), _text(default)) for each, default in pairs}


def _text(node: ast.expr | None) -> str:
    return ast.unparse(node) if node is not None else ""


def _search(module: str, name: str, depth: int = 0) -> Iterator[tuple[str, Definition]]:
    """Yield the definition of a name of a module, and the module that has it; imports of the name are followed."""
    path = _file(module)
    if path is None or depth > 8:  # names that refer to each other
        return
    for node in _parse(path).body:
        if isinstance(node, Definition) and node.name == name:
            yield module, node
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    yield from _search(_origin(module, path, node), alias.name, depth + 1)
    if module == ganlab.__name__ and name in ganlab._MODULES:  # which it imports when they are first used
        yield from _search(ganlab._MODULES[name], name, depth + 1)


def _origin(module: str, path: Path, node: ast.ImportFrom) -> str:
    """Return the absolute name of the module from which a statement imports."""
    if not node.level:
        return str(node.module)
    parts = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


@cache
def _file(module: str) -> Path | None:
    """Return the source file of a module, without importing the packages that contain it."""
    top, *inner = module.split(".")
    spec = PathFinder.find_spec(top, [path or "." for path in sys.path]) if top else None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    path = Path(spec.origin)
    if inner:
        path = path.parent.joinpath(*inner)
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return path if path.is_file() else None


@cache
def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return ast.Module([], [])
