"""The default feature space of a data set (`features=auto`)."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ganlab.features.base import Features
from ganlab.kinds import kind_of


def auto_features(data: Any) -> Features:
    """Return the feature space that the kind of data names as its default; raises ValueError if there is no such one.

    A space is found by its `name`: that of its module in this folder, or of a class that an imported package defines.
    """
    kind = kind_of(data.spec)
    name = kind.default_features(data.spec.sample, data.classes_available)
    module = f"{__package__}.{name}"
    if name not in Features.registered and find_spec(module):
        import_module(module)
    if name not in Features.registered:
        raise ValueError(
            f"data of the kind {kind.name} has features={name} as its default, but no imported module defines it; "
            "choose features, or import its module"
        )
    return Features.registered[name](data)
