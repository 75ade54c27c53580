"""Rows of tables as metrics read them."""

from collections.abc import Sequence
from typing import final

import numpy as np

from ganlab.core.interfaces import Batch
from ganlab.data import DataSet
from ganlab.features.base import Source
from ganlab.kinds import kind_of
from ganlab.kinds.table import TableKind
from ganlab.metrics.metric import UnsuitableMetricError
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
class TableRows:
    """Reads the values (n, columns) of a table's rows from statistics of samples.

    Raises UnsuitableMetricError, with the name of the metric, if the data is no table.
    """

    def __init__(self, data: Source | None, metric: str) -> None:
        kind = None if data is None else kind_of(data.spec)
        if not isinstance(kind, TableKind):
            plural = "none" if kind is None else kind.plural
            raise UnsuitableMetricError(
                f"metric={metric} reads rows of tables, but the data has {plural}; choose data=table, or remove "
                f"{metric} from metric"
            )
        self.kind = kind
        self.by_category = bool(data is not None and data.spec.classes and not kind.conditional)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All samples, and their classes if these are no part of them."""
        is_labelled = self.kind.conditional or self.by_category
        return [AllValues("samples"), *([AllValues("labels")] if is_labelled else [])]

    def values(self, samples: SampleStatistics) -> np.ndarray:
        """Return the values, with those of the target."""
        labels = samples.rows("labels") if self.kind.conditional else None
        return self.kind.decode(samples.rows("samples"), labels)

    def features(self, values: np.ndarray) -> np.ndarray:
        """Return the features (n, k) of all columns, a class that is the networks' condition included."""
        parts = [column.to_features(values[:, place]) for place, column in enumerate(self.kind.all_columns)]
        return np.concatenate(parts, 1)

    def both(self, real: SampleStatistics, fake: SampleStatistics) -> tuple[np.ndarray, np.ndarray]:
        """Return the values of real and of generated rows, of which as many are left out as give the classes' shares.

        A conditional generator's classes are drawn uniformly, which real ones need not be.
        """
        first, second = self.values(real), self.values(fake)
        place = self.kind.target_place
        if self.by_category:
            return first, second[matched_rows(self.kind.belongs(first).sum(0), fake.rows("labels").cpu().numpy())]
        if not self.kind.conditional or place is None:
            return first, second
        counts = np.bincount(first[:, place].astype(int), minlength=1)
        return first, second[matched_rows(counts, second[:, place].astype(int))]


def matched_rows(wanted: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """Return the first rows of each class (n,) that have the shares of the counts `wanted` (k,), as many as there are.

    Empty if a class with a count above 0 was not generated.
    """
    wanted = np.pad(wanted, (0, max(0, int(fake.max(initial=-1)) + 1 - len(wanted))))
    available = np.bincount(fake, minlength=len(wanted))
    factor = min((available[wanted > 0] / wanted[wanted > 0]).tolist(), default=0.0)
    counts = np.floor(wanted * factor + 1e-9).astype(int)
    chosen = [np.flatnonzero(fake == label)[:count] for label, count in enumerate(counts.tolist())]
    return np.sort(np.concatenate(chosen))


@final
class TrainingRows:
    """The values of a data set's training rows, which privacy metrics read next to the held-out rows.

    Raises UnsuitableMetricError, with the name of the metric, if the samples are finished ones in files.
    """

    def __init__(self, data: Source | None, rows: TableRows, metric: str) -> None:
        if not isinstance(data, DataSet):
            raise UnsuitableMetricError(
                f"metric={metric} compares training rows with held-out rows, which only a run has; score a run, or "
                f"remove {metric} from metric"
            )
        self.data, self.rows = data, rows

    def values(self, count: int = 0) -> np.ndarray:
        """Return the values of at most `count` (0: all) training rows, chosen with a fixed seed."""
        batch = Batch.cat(self.data.real_samples(count))
        return self.rows.kind.decode(batch.sample, batch.cond if self.rows.kind.conditional else None)


def area_under_curve(positive: np.ndarray, negative: np.ndarray) -> float:
    """Return the probability that a positive value is above a negative one; equal values count half."""
    ordered = np.sort(negative)
    below, up_to = (np.searchsorted(ordered, positive, side) for side in ("left", "right"))
    return float((below + up_to).mean() / (2 * len(negative)))
