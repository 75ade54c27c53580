"""Samples that the baselines of a data set draw, to score as those of a generator without conditions of the data."""

from collections.abc import Iterator
from functools import partial

from ganlab.core.random import Random, derive
from ganlab.data import DataSet
from ganlab.data.dataset import DrawSamples
from ganlab.features.base import scored_samples
from ganlab.metrics.scoring.samples import Samples, ScoredBatch
from ganlab.protocols import Protocol


def drawn_samples(data: DataSet, protocol: Protocol) -> dict[str, Samples]:
    """Return by name as many samples of each baseline as the protocol generates; classes are drawn uniformly."""

    def batches(name: str, draw: DrawSamples, first: int, stride: int) -> Iterator[ScoredBatch]:
        size, classes = protocol.batch_size, data.spec.classes
        random = Random(derive(protocol.seed, "baseline", name))
        for number in range(first, -(-protocol.samples // size), stride):
            random.seek(number)
            count = min(size, protocol.samples - number * size)
            labels = random.integers("labels", classes, (count,)) if classes else None
            yield ScoredBatch(scored_samples(data.decode(draw(count, labels, random)), data.spec), labels)

    return {
        name: Samples(partial(batches, name, draw), protocol.samples, name=f"baseline {name}")
        for name, draw in data.drawn_baselines().items()
    }
