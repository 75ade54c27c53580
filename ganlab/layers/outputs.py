"""Last layers of generators, by name: how numbers without bounds become pixels in [-1, 1]."""

from collections.abc import Callable, Mapping
from typing import Any, final

import torch
from torch import Tensor, nn

from ganlab.layers.checks import look_up

LIMIT = 1.5  # to which gradients may lead: beyond 1, so that a saturated pixel stays so if its value varies a little


@final
class _ClampFunction(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        context.save_for_backward(values)
        return values.clamp(-1, 1)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        (values,) = context.saved_tensors
        leads_out = (values > LIMIT) & (gradient < 0) | (values < -LIMIT) & (gradient > 0)
        return gradient.masked_fill(leads_out, 0)


@final
class Clamp(nn.Module):
    """Cuts values off at -1 and 1, which images with saturated pixels have exactly; tanh only comes close.

    Gradients pass as if nothing was cut off, except those that would lead further than 1.5, so no pixel is lost.
    """

    def forward(self, values: Tensor) -> Tensor:
        """Return values in [-1, 1]."""
        return _ClampFunction.apply(values)


OUTPUTS: Mapping[str, Callable[[], nn.Module]] = {"tanh": nn.Tanh, "clamp": Clamp}


def build_image_output(name: str) -> nn.Module:
    """Build the last layer of a generator of images; raises ValueError for an unknown name."""
    return look_up("output", name, OUTPUTS)()
