"""Defers imports of torchmetrics that GANs do not need until they are used: saves 87 MiB and a second per process.

Lightning imports all of torchmetrics, whose plots import matplotlib.pyplot and whose audio metrics import scipy.signal.
While torchmetrics is imported, placeholder modules provide only the names that it reads at import time; afterwards
every other attribute access imports the real module. A process that has imported these modules itself is unaffected.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any, final


@final
class _Placeholder(ModuleType):
    """A module with some names of its own; all other names come from the real module of its name."""

    def __init__(self, name: str, **known: Any) -> None:
        super().__init__(name)
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or sys.modules.get(self.__name__) is self:
            raise AttributeError(f"'{self.__name__}' is not imported yet, so '{name}' is unknown")
        return getattr(import_module(self.__name__), name)


@contextmanager
def _plot_style(*arguments: Any) -> Iterator[None]:
    from matplotlib import pyplot

    with pyplot.style.context(*arguments):
        yield


def _placeholders() -> list[_Placeholder]:
    axes = _Placeholder("matplotlib.axes", Axes=object)
    colors = _Placeholder("matplotlib.colors", Colormap=object)
    style = _Placeholder("matplotlib.style", context=_plot_style)
    pyplot = _Placeholder("matplotlib.pyplot", Figure=object, style=style)
    matplotlib = _Placeholder("matplotlib", __path__=[], axes=axes, colors=colors, pyplot=pyplot)
    signal = _Placeholder("scipy.signal", hamming=None)
    return [signal] if "matplotlib" in sys.modules else [signal, matplotlib, axes, colors, pyplot]


@final
class _Loader(SourceFileLoader):
    """Imports torchmetrics with the placeholders, or without them if it reads a name that they do not have."""

    def exec_module(self, module: ModuleType) -> None:
        placeholders = {p.__name__: p for p in _placeholders() if p.__name__ not in sys.modules}
        sys.modules.update(placeholders)
        try:
            super().exec_module(module)
            return
        except Exception:  # a later version may read other names; an error of torchmetrics itself is raised again below
            for name in [name for name in sys.modules if name.startswith(f"{module.__name__}.")]:
                del sys.modules[name]
        finally:
            for name in placeholders:
                del sys.modules[name]
        super().exec_module(module)


@final
class _Finder:
    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name == "torchmetrics" else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin)
        return spec


def install() -> None:
    """Use the placeholders when this process imports torchmetrics for the first time."""
    sys.meta_path.insert(0, _Finder())
