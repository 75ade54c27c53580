"""What a class of torchmetrics reads: its `update` says so."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

FIELDS = ("features", "logits", "spatial")  # of a feature batch, for an argument of this name; others are the samples
BASE_SETTINGS = (  # of torchmetrics.Metric itself, which takes them by **kwargs
    "compute_on_cpu", "dist_sync_on_step", "process_group", "dist_sync_fn", "distributed_available_fn",
    "sync_on_compute", "compute_with_cache",
)  # fmt: skip


COLLECTING = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@final
@dataclass(frozen=True)
class Inputs:
    """The field of feature batches that `update` receives, and whether it also asks which samples are real."""

    field: str
    takes_real: bool
    as_uint8: bool = False  # images from 0 to 255, else float32 from 0 to 1
    as_rgb: bool = False  # grey images get three equal channels, for a feature network of photographs

    def prepare(self, values: Tensor) -> Tensor:
        """Return samples, features or logits as the metric expects them."""
        if self.field != "samples" or values.dtype != torch.uint8:
            return values
        if self.as_rgb and values.shape[1] == 1:
            values = values.expand(-1, 3, -1, -1)
        return values if self.as_uint8 else values.float() / 255


def read_inputs(kind: type, settings: Mapping[str, Any]) -> Inputs:
    """Return what `kind.update` reads; raises ValueError with a sentence if it needs what a GAN does not have."""
    parameters = list(inspect.signature(kind.update).parameters.values())[1:]  # type: ignore[attr-defined]
    names = [parameter.name for parameter in parameters]
    required = [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]
    if not names or (len(required) > 1 and required[1:] != ["real"]):
        raise ValueError(
            f"{kind.__name__} compares {' with '.join(required) or 'nothing'}, but generated samples have no targets; "
            "choose a class whose update takes (images), (images, real), (features) or (features, real)"
        )
    constructor = inspect.signature(kind).parameters
    normalize = constructor.get("normalize")
    as_uint8 = normalize is not None and not settings.get("normalize", normalize.default)
    field = names[0] if names[0] in FIELDS else "samples"
    has_own_network = _declares(kind, "feature_network") and isinstance(settings.get("feature", ""), int | str)
    return Inputs(field, "real" in names, as_uint8, as_rgb=has_own_network)


def _declares(kind: type, name: str) -> bool:
    return any(name in vars(base) for base in kind.__mro__)


def find_unknown_settings(kind: Callable[..., Any], settings: Mapping[str, Any]) -> list[str]:
    """Return the settings that no constructor among the bases of a class takes."""
    known = set(BASE_SETTINGS)
    for base in inspect.getmro(kind):  # type: ignore[arg-type]
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]  # type: ignore[misc]
        known |= {parameter.name for parameter in parameters if parameter.kind not in COLLECTING}
    return [name for name in settings if name not in known]
