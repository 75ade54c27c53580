"""How functions, methods and classes are called, as source text from their syntax trees."""

import ast
from typing import NamedTuple

# Decorators that matter to a caller.
DECORATORS = {"abstractmethod", "cached_property", "classmethod", "property", "staticmethod"}


class Call(NamedTuple):
    """How something is called: decorators, `class` or `def`, name, arguments and result, all as source text."""

    decorators: tuple[str, ...]
    keyword: str
    name: str
    arguments: tuple[str, ...] = ()
    result: str = ""


def method(node: ast.FunctionDef) -> Call:
    """Return the call of a method or property."""
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    shown = tuple(f"@{name}" for name in decorators if name in DECORATORS)
    first = 0 if "staticmethod" in decorators else 1  # without self or cls
    return Call(shown, "def", node.name, arguments(node)[first:], result(node))


def result(node: ast.FunctionDef) -> str:
    """Return the type of the result, empty without an annotation."""
    return ast.unparse(node.returns) if node.returns else ""


def arguments(node: ast.FunctionDef) -> tuple[str, ...]:
    """Return the arguments of a function, each with its type and default."""
    parameters = node.args
    places = [*parameters.posonlyargs, *parameters.args]
    missing = len(places) - len(parameters.defaults)
    texts = [
        _annotated(place, parameters.defaults[i - missing] if i >= missing else None) for i, place in enumerate(places)
    ]
    if parameters.vararg:
        texts.append(f"*{_annotated(parameters.vararg)}")
    elif parameters.kwonlyargs:
        texts.append("*")
    texts += [_annotated(*pair) for pair in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)]
    if parameters.kwarg:
        texts.append(f"**{_annotated(parameters.kwarg)}")
    return tuple(texts)


def _annotated(node: ast.arg, default: ast.expr | None = None) -> str:
    kind = ast.unparse(node.annotation) if node.annotation else ""
    return argument(node.arg, kind, ast.unparse(default) if default else "")


def argument(name: str, kind: str, default: str) -> str:
    """Return an argument as source text, without the type or the default if that is empty."""
    if not default:
        return f"{name}: {kind}" if kind else name
    return f"{name}: {kind} = {default}" if kind else f"{name}={default}"
