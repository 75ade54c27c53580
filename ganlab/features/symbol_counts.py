"""Features of sequences of symbols: how often each symbol occurs, and the length."""

from typing import Any, final

import torch
from torch import Tensor, nn

from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.layers.tokens import SPECIAL, are_tokens


@final
class SymbolCounts(Features):
    """The number of times that each symbol of the alphabet occurs in a sample, and the sample's length in symbols.

    They know nothing of the order; `ngram_divergence` and other metrics of sequences read the samples themselves.
    Raises ValueError if the samples are no sequences of symbols.
    """

    name = "symbol_counts"

    def __init__(self, data: Source) -> None:
        if not are_tokens(data.spec):
            raise ValueError(
                f"features=symbol_counts reads sequences of symbols, such as text, but the data's samples have shape "
                f"{data.spec.sample}; choose features=auto"
            )
        super().__init__(nn.Identity(), width=data.spec.sample[1] - SPECIAL + 1)  # type: ignore[index]

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Count the symbols of one-hot rows (n, length, alphabet)."""
        counts = samples[..., SPECIAL:].float().sum(1)
        return FeatureBatch(torch.cat([counts, counts.sum(1, keepdim=True)], 1))

    def describe(self) -> dict[str, Any]:
        """Return the settings; there are no weights."""
        return {"name": self.name, "weights": None, "resize": None, "resolution": None, "width": self.width}
