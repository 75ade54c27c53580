"""Sets of samples to score, real or generated."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import torch
from torch import Tensor


class ScoredBatch(NamedTuple):
    """Samples (n, …) to score; their classes (n,) if they are known, and the real samples that belong to them."""

    sample: Tensor
    labels: Tensor | None = None
    truth: Tensor | None = None  # of outputs of paired data


@final
@dataclass(frozen=True)
class Samples:
    """A sample set: uint8 images, or points in the data's own coordinates, with labels if they are known.

    `batches(first, stride)` yields every `stride`-th batch, starting with batch number `first`. `key` identifies the
    content for the cache; None means that statistics of these samples are not cached.
    """

    batches: Callable[[int, int], Iterator[ScoredBatch]]
    count: int
    key: Mapping[str, Any] | None = None
    name: str = "samples"

    def select(self, indices: Tensor) -> Tensor:
        """Return single samples by their indices, which must ascend."""
        selected, start = [], 0
        for batch in self.batches(0, 1):
            stop = start + len(batch.sample)
            selected.append(batch.sample[indices[(indices >= start) & (indices < stop)] - start])
            start = stop
        return torch.cat(selected)
