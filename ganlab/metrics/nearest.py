"""Exact nearest neighbours in blocks: memory does not grow with the product of the two tables' sizes.

Rows are ranked by |t|² − 2 q·t in float64 around the table's mean, which BLAS computes fast. The distances of the
selected pairs are then computed directly, without cancellation, so equal rows are at distance 0.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from ganlab.core.progress import progress

BLOCK = 2048  # rows of each table per block: 32 MiB of products
# A squared distance below this share of the largest squared norm may be rounding of 0 in float64.
ROUNDING = 1e-14


def nearest(queries: Tensor, table: Tensor, block: int = BLOCK, skip: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return float64 distances (n,) from queries (n, d) to the nearest rows of a table (m, d), and their indices (n,).

    `skip` (n,) holds one table index per query that is excluded, e.g. of the query itself. Raises ValueError if no row
    is left.
    """
    distances, indices = k_nearest(queries, table, 1, block, skip)
    return distances[:, 0], indices[:, 0]


def nearest_other(rows: Tensor, block: int = BLOCK) -> Tensor:
    """Return the distance (n,) of each row to the nearest other row; raises ValueError for fewer than 2 rows."""
    return radii(rows, 1, block)


def radii(rows: Tensor, k: int, block: int = BLOCK) -> Tensor:
    """Return the distance (n,) of each row to its k-th nearest other row; raises ValueError for fewer than k others."""
    return k_nearest(rows, rows, k, block, torch.arange(len(rows)))[0][:, -1]


def k_nearest(
    queries: Tensor, table: Tensor, k: int, block: int = BLOCK, skip: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return distances (n, k) to the k nearest rows of a table, nearest first, and their indices (n, k).

    Otherwise like `nearest`. Raises ValueError if the table has fewer than k other rows.
    """
    available = len(table) - (skip is not None)
    if not 1 <= k <= available:
        raise ValueError(f"{k} nearest neighbours need at least {k} other rows, got {max(available, 0)}")
    centre = table.mean(0, dtype=torch.float64)
    blocks = []
    for start in _block_starts(queries, block):
        query, excluded = queries[start : start + block], None if skip is None else skip[start : start + block]
        indices = _rank_rows(query.double() - centre, table, centre, k, block, excluded)
        distances, order = (query.double()[:, None] - table[indices].double()).norm(dim=2).sort(dim=1, stable=True)
        blocks.append((distances, indices.gather(1, order)))
    if not blocks:
        return torch.empty(0, k, dtype=torch.float64), torch.empty(0, k, dtype=torch.long)
    return torch.cat([distances for distances, _ in blocks]), torch.cat([indices for _, indices in blocks])


def count_pairs_within(rows: Tensor, radius: float, block: int = BLOCK) -> int:
    """Return the number of pairs of rows (n, d) at most `radius` apart, up to the rounding of float64."""
    centre = rows.mean(0, dtype=torch.float64)
    squares = torch.cat([(part.double() - centre).square().sum(1) for part in rows.split(block)])
    bound = radius**2 + ROUNDING * float(squares.max())
    total = 0
    for start in _block_starts(rows, block):
        first = rows[start : start + block].double() - centre
        for other_start in range(start, len(rows), block):
            second = rows[other_start : other_start + block].double() - centre
            distance = torch.addmm(squares[other_start : other_start + block], first, second.T, alpha=-2)
            close = distance + squares[start : start + block, None] <= bound  # squared distances
            total += int((close.triu(1) if other_start == start else close).sum())
    return total


def split_groups(rows: Tensor, size: int) -> list[Tensor]:
    """Split rows into groups of exactly `size` and ignore the remainder."""
    return list(rows[: len(rows) // size * size].split(size))


def duplicate_distance(real: Tensor, size: int, quantile: float) -> float:
    """Return the distance up to which two of `size` samples count as duplicates.

    It is the `quantile` of the distances of real samples to the nearest of `size` − 1 others. The more samples, the
    closer are nearest neighbours, so compare groups of the same `size`. The rank is rounded down, so there is always a
    real sample at this distance.
    """
    distances = torch.cat([nearest_other(group) for group in split_groups(real, size)]).sort().values
    return float(distances[int(quantile * (len(distances) - 1))])


def _rank_rows(query: Tensor, table: Tensor, centre: Tensor, k: int, block: int, skip: Tensor | None) -> Tensor:
    """Return the indices (n, k) of the k nearest table rows; `query` is relative to `centre`."""
    best = torch.empty(len(query), 0, dtype=torch.float64)
    indices = torch.empty(len(query), 0, dtype=torch.long)
    for start in range(0, len(table), block):
        part = table[start : start + block].double() - centre
        score = torch.addmm(part.square().sum(1), query, part.T, alpha=-2)
        if skip is not None:
            column = skip - start
            inside = ((column >= 0) & (column < len(part))).nonzero()[:, 0]
            score[inside, column[inside]] = torch.inf
        value, column = score.topk(min(k, len(part)), largest=False)
        best, order = torch.cat([best, value], 1).sort(dim=1, stable=True)
        indices = torch.cat([indices, column + start], 1).gather(1, order)[:, :k]
        best = best[:, :k]
    return indices


def _block_starts(rows: Tensor, block: int) -> Iterator[int]:
    starts = range(0, len(rows), block)
    return progress(starts, "nearest neighbours", "block")
