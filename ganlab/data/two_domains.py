"""`TwoDomains`, the base class of images of two domains without pairs, of which one is translated to the other."""

from abc import ABC
from collections.abc import Callable, Iterator, Mapping

from torch import Tensor

from ganlab.core.interfaces import Batch, Conditions
from ganlab.core.random import Random
from ganlab.core.tree import Tree
from ganlab.corruptions.enlargement import enlargement_baseline
from ganlab.data.dataset import check_split
from ganlab.data.image_pairs import ImagePairs
from ganlab.data.pair_augmentation import PairAugmentation
from ganlab.data.readers.image_storage import Images


class TwoDomains(ImagePairs, ABC):
    """Base class of two tables of images, targets and sources, with splits and known classes of their own.

    A training sample comes with a source drawn at random; both are augmented by themselves. `target_labels` and
    `source_labels` (table,) are known classes, for scores alone.
    """

    noun = "target images"

    def __init__(
        self,
        target: Images,
        source: Images,
        splits: Mapping[str, Tensor],
        source_splits: Mapping[str, Tensor],
        augmentation: PairAugmentation,
        target_labels: Tensor | None = None,
        source_labels: Tensor | None = None,
    ) -> None:
        self._target, self._source, self._augmentation = target, source, augmentation
        self._source_splits, self._source_labels = dict(source_splits), source_labels
        self.needs_workers = source.needs_workers or target.needs_workers
        super().__init__(target.shape, source.shape, splits, target_labels, paired=False)  # type: ignore[arg-type]

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Gather targets and as many sources drawn at random, each cut and mirrored by itself."""
        choices = self._source_splits["train"]
        rows = choices[random.integers("source", len(choices), (len(indices),))]
        (target,) = self._augmentation.change([self.targets(indices)], random, "target")
        (source,) = self._augmentation.change([self.sources(rows)], random, "source")
        return Batch(target, source)

    def targets(self, indices: Tensor) -> Tensor:
        """Gather targets as they are."""
        return self._target.take(indices)

    def sources(self, indices: Tensor) -> Tensor:
        """Gather sources as they are; the indices are their own, not those of targets."""
        return self._source.take(indices)

    def conditions(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Conditions]:
        """Yield distinct sources of a split with their known classes; no target belongs to them.

        Raises ValueError if the split is empty.
        """
        check_split(split)
        rows = self._shuffled(self._source_splits[split], split, seed, "conditions")
        return (
            Conditions(self.sources(part), None, self._classes(part)) for part in rows[: count or None].split(chunk)
        )

    def condition_count(self, requested: int = 0, split: str = "train") -> int:
        """Return how many conditions `conditions` yields if `requested` (0: all) are requested."""
        check_split(split)
        available = len(self._source_splits[split])
        return min(requested or available, available)

    def source_digest(self) -> str:
        """Return the hashes of both domains, and the splits of the sources."""
        splits = {name: rows.tolist() for name, rows in sorted(self._source_splits.items())}
        return f"{self._source.digest} {self._target.digest} {splits}"

    def baselines(self) -> Mapping[str, Callable[[Tree], Tree]]:
        """Return the input itself; none if the channels differ."""
        return enlargement_baseline(1) if self.spec.sample == self.spec.cond else {}

    def summary(self) -> str:
        """Return the sizes of the splits of both domains."""
        train, validation, test = (f"{self.condition_count(0, name):,}" for name in ("train", "validation", "test"))
        return f"{super().summary()}; sources: {train} training, {validation} validation, {test} test"

    def _classes(self, rows: Tensor) -> Tensor | None:
        return None if self._source_labels is None else self._source_labels[rows]
