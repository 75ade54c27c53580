"""Kinds of data: images, points, numbers, sequences; one file for each, which says all that is special to it."""

from ganlab.core.interfaces import Spec
from ganlab.kinds.base import Kind, Sheet
from ganlab.kinds.image import ImageKind
from ganlab.kinds.number import NumberKind
from ganlab.kinds.other import OtherKind
from ganlab.kinds.point import PointKind
from ganlab.kinds.sequence import SequenceKind

# The first kind that accepts a shape is meant, unless the data says its kind.
KINDS: tuple[Kind, ...] = (ImageKind(), NumberKind(), PointKind(), SequenceKind(), OtherKind())


def kind_of(spec: Spec) -> Kind:
    """Return the kind of samples with this spec; raises ValueError if it names an unknown kind."""
    if not spec.kind:
        return next(kind for kind in KINDS if kind.accepts(spec.sample))
    named = {kind.name: kind for kind in KINDS}
    if spec.kind not in named:
        raise ValueError(f"there is no kind of data '{spec.kind}'; choose {', '.join(named)}")
    return named[spec.kind]


__all__ = ["KINDS", "ImageKind", "Kind", "NumberKind", "OtherKind", "PointKind", "SequenceKind", "Sheet", "kind_of"]
