"""The mean of what a part returned."""

import torch
from torch import Tensor

from ganlab.core.errors import UserError


def mean(values: Tensor, part: object) -> Tensor:
    """Return the mean of values by a loss or a regularizer; raises UserError, naming it, where they are no tensor."""
    if not torch.is_tensor(values):
        raise UserError(
            f"{type(part).__name__} returned {values!r} where a tensor is wanted: a loss has a value for each logit, "
            "and a penalty for each sample"
        )
    return values.mean()
