"""Reads classes and functions of ganlab from its source, without importing it: no torch, and no side effects."""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from signatures import Call, argument, arguments, method, result

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
FIELD_CLASSES = {"NamedTuple", "dataclass"}  # their constructor takes the fields
FACTORY = re.compile(r"field\(default_factory=([\w.]+)\)")


class Attribute(NamedTuple):
    """A public attribute of a class, with the comment behind it."""

    name: str
    kind: str
    default: str
    comment: str


class Method(NamedTuple):
    """A method or property, and its docstring."""

    call: Call
    docstring: str


@dataclass(frozen=True)
class Definition:
    """A class or function: the dotted name by which users import it, its file and its syntax tree."""

    name: str
    path: Path
    node: ast.ClassDef | ast.FunctionDef

    @property
    def docstring(self) -> str:
        """The docstring, without indentation."""
        return ast.get_docstring(self.node) or ""

    @property
    def call(self) -> Call:
        """The constructor or function as a user calls it, with types and defaults."""
        short = self.name.rpartition(".")[2]
        if isinstance(self.node, ast.FunctionDef):
            return Call((), "def", short, arguments(self.node), result(self.node))
        constructor = _constructor(self)
        if constructor is not None:
            return Call((), "class", short, arguments(constructor)[1:])
        fields = self.attributes() if _has_fields(self.node) else []
        return Call((), "class", short, tuple(argument(field.name, field.kind, field.default) for field in fields))

    def attributes(self) -> list[Attribute]:
        """Return the public attributes that the class body declares with a type, or sets."""
        assert isinstance(self.node, ast.ClassDef)
        return [
            Attribute(name, kind, default, _comment(self.path, statement))
            for statement in self.node.body
            for name, kind, default in _assignment(statement)
            if not name.startswith("_")
        ]

    def value(self, name: str) -> str | None:
        """Return what the class body sets an attribute to, as source text; None if it does not."""
        return {attribute.name: attribute.default for attribute in self.attributes()}.get(name)

    def methods(self) -> list[Method]:
        """Return the public methods and properties that the class itself defines, in the order of the file."""
        assert isinstance(self.node, ast.ClassDef)
        return [
            Method(method(node), ast.get_docstring(node) or "")
            for node in self.node.body
            if isinstance(node, ast.FunctionDef) and (node.name == "__call__" or not node.name.startswith("_"))
        ]


def find(dotted: str) -> Definition:
    """Return the definition of a dotted name such as ganlab.losses.Hinge; raises LookupError if there is none."""
    module, _, name = dotted.rpartition(".")
    for path, node in _search(module, name):
        return Definition(dotted, path, node)
    raise LookupError(f"{dotted} is not defined in {_file(module)}")


def source_link(path: Path, text: str) -> str:
    """Return a link from a page of the reference to a file of the repository."""
    return f"[`{text}`]({Path(os.path.relpath(path, FOLDER)).as_posix()})"


def public_names() -> dict[str, str]:
    """Return the names of the package ganlab and the modules that they come from."""
    for statement in _parse(_file("ganlab")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "_MODULES":
            modules: dict[str, str] = ast.literal_eval(statement.value)
            return modules
    raise LookupError("ganlab/__init__.py has no _MODULES")


def literals(path: Path) -> dict[str, object]:
    """Return the constants that a module assigns literally, by name."""
    constants = {}
    for statement in _parse(path).body:
        for name, _, default in _assignment(statement):
            try:
                constants[name] = ast.literal_eval(default)
            except (ValueError, SyntaxError):
                continue
    return constants


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()  # columns of the syntax tree count bytes


def _file(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _search(module: str, name: str) -> Iterator[tuple[Path, ast.ClassDef | ast.FunctionDef]]:
    path = _file(module)
    if not path.exists():
        return
    for node in _parse(path).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            yield path, node
        elif isinstance(node, ast.ImportFrom) and name in {alias.asname or alias.name for alias in node.names}:
            yield from _search(str(node.module), name)
    if module == "ganlab" and name in public_names():
        yield from _search(public_names()[name], name)


def _assignment(statement: ast.stmt) -> list[tuple[str, str, str]]:
    """Return the names that a statement sets or declares, each with its type and its value, as source text."""
    if isinstance(statement, ast.AnnAssign):
        value = FACTORY.sub(r"\1()", ast.unparse(statement.value)) if statement.value else ""
        return [(ast.unparse(statement.target), ast.unparse(statement.annotation), value)]
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return [(statement.targets[0].id, "", ast.unparse(statement.value))]
    return []


def _comment(path: Path, statement: ast.stmt) -> str:
    line = _lines(path)[(statement.end_lineno or 0) - 1][statement.end_col_offset :]
    return line.decode().strip().lstrip("#").strip()


def _has_fields(node: ast.ClassDef) -> bool:
    bases = {ast.unparse(base) for base in node.bases}
    decorators = {ast.unparse(decorator).split("(")[0] for decorator in node.decorator_list}
    return not FIELD_CLASSES.isdisjoint(bases | decorators)


def _constructor(definition: Definition) -> ast.FunctionDef | None:
    """Return the `__init__` of a class or of the nearest of its bases within ganlab."""
    assert isinstance(definition.node, ast.ClassDef)
    for node in definition.node.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            return node
    module = ".".join(definition.path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for base in definition.node.bases:
        for path, node in _search(module, ast.unparse(base)):
            if isinstance(node, ast.ClassDef):
                return _constructor(Definition(definition.name, path, node))
    return None
