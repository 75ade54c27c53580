"""What torchmetrics imports and no GAN needs waits until somebody reads from it: 87 MiB and a second of each process.

Lightning imports the whole of torchmetrics, whose plots import matplotlib.pyplot and whose metrics of sound import
scipy.signal. While torchmetrics is being imported these are stand-ins that know only the names it reads at once; later
they pass every question on to the real module. Nothing changes for a process that has imported them itself.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any, final


@final
class _StandIn(ModuleType):
    """A module that knows some names, and asks the real one of its name for all others."""

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


def _stand_ins() -> list[_StandIn]:
    axes = _StandIn("matplotlib.axes", Axes=object)
    colors = _StandIn("matplotlib.colors", Colormap=object)
    pyplot = _StandIn("matplotlib.pyplot", Figure=object, style=_StandIn("matplotlib.style", context=_plot_style))
    matplotlib = _StandIn("matplotlib", __path__=[], axes=axes, colors=colors, pyplot=pyplot)
    signal = _StandIn("scipy.signal", hamming=None)
    return [signal] if "matplotlib" in sys.modules else [signal, matplotlib, axes, colors, pyplot]


@final
class _Loader(SourceFileLoader):
    """Imports torchmetrics beside the stand-ins, or without them where it reads more from them than they know."""

    def exec_module(self, module: ModuleType) -> None:
        present = {each.__name__: each for each in _stand_ins() if each.__name__ not in sys.modules}
        sys.modules.update(present)
        try:
            super().exec_module(module)
            return
        except Exception:  # whatever a version to come makes of them; a mistake of its own shows itself once more below
            for name in [name for name in sys.modules if name.startswith(f"{module.__name__}.")]:
                del sys.modules[name]
        finally:
            for name in present:
                del sys.modules[name]
        super().exec_module(module)


@final
class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name == "torchmetrics" else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin)
        return spec


def install() -> None:
    """Let the process's first import of torchmetrics find the stand-ins."""
    sys.meta_path.insert(0, _Finder())
