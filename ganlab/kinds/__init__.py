"""Kinds of data: images, points, numbers, sequences, sound; one file for each, which says all that is special to it."""

from importlib import import_module
from pkgutil import iter_modules

from ganlab.core.interfaces import Spec
from ganlab.kinds.base import Kind, Sheet
from ganlab.kinds.image import ImageKind
from ganlab.kinds.number import NumberKind
from ganlab.kinds.other import OtherKind
from ganlab.kinds.point import PointKind
from ganlab.kinds.sequence import SequenceKind

# Of samples whose data does not say their kind, the first that accepts their shape is meant.
BY_SHAPE: tuple[Kind, ...] = (ImageKind(), NumberKind(), PointKind(), SequenceKind(), OtherKind())

for _module in iter_modules(__path__):  # so that a file of this folder is all that a kind needs
    import_module(f"{__name__}.{_module.name}")


def all_kinds() -> dict[str, type[Kind]]:
    """Return the classes of all kinds by name, those of imported packages included."""
    return dict(Kind.registered)


def kind_of(spec: Spec) -> Kind:
    """Return the kind of samples with this spec; raises ValueError for an unknown kind, or facts that do not fit it."""
    if not spec.kind:
        return next(kind for kind in BY_SHAPE if kind.accepts(spec.sample))
    if spec.kind not in Kind.registered:
        raise ValueError(f"there is no kind of data '{spec.kind}'; choose {', '.join(Kind.registered)}")
    try:
        return Kind.registered[spec.kind](**spec.facts)
    except TypeError as error:
        reason = str(error).rpartition("__init__() ")[2]
        raise ValueError(
            f"the facts {dict(spec.facts)} do not describe data of the kind {spec.kind}: {reason}"
        ) from error


__all__ = [
    "BY_SHAPE",
    "ImageKind",
    "Kind",
    "NumberKind",
    "OtherKind",
    "PointKind",
    "SequenceKind",
    "Sheet",
    "all_kinds",
    "kind_of",
]
