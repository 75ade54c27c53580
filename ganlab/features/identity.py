"""The samples themselves as features."""

import math
from collections.abc import Sequence
from typing import Any, final

from torch import Tensor, nn

from ganlab.features.base import FeatureBatch, Features, Source


@final
class Identity(Features):
    """The flattened samples, for points and sequences; raises ValueError for samples that are nests of tensors."""

    name = "identity"

    def __init__(self, data: Source) -> None:
        match data.spec.sample:
            case Sequence() as shape:
                super().__init__(nn.Flatten(), math.prod(shape))
            case other:
                raise ValueError(f"features=identity reads one tensor per sample, but the data's samples are {other}")

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Flatten the samples."""
        return FeatureBatch(self.network(samples).float())

    def describe(self) -> dict[str, Any]:
        """Return the name and the width."""
        return {"name": self.name, "weights": None, "resize": None, "resolution": None, "width": self.width}
