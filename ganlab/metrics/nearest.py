"""Nearest neighbours by blocks: exact distances, in memory that does not grow with the product of two tables.

Rows are ranked by |t|² − 2 q·t in float64 around the table's mean, which BLAS computes fast, and the distances of the
chosen pairs are measured once more without its cancellation, so that equal rows are at distance 0.
"""

import torch
from torch import Tensor
from tqdm import tqdm

BLOCK = 2048  # rows of either table at a time: 32 MiB of products
# Below this share of the largest norm, squared, float64 cannot tell a squared distance from 0.
ROUNDING = 1e-14


def nearest(queries: Tensor, table: Tensor, block: int = BLOCK, skip: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return distances (n,) in float64 from queries (n, d) to their nearest rows of a table (m, d), and the rows (n,).

    `skip` (n,) names one row of the table for each query that is left out: the query itself, where it is one. Raises
    ValueError where that leaves no row.
    """
    distances, indices = k_nearest(queries, table, 1, block, skip)
    return distances[:, 0], indices[:, 0]


def nearest_other(rows: Tensor, block: int = BLOCK) -> Tensor:
    """Return the distance (n,) of each row to the nearest of the others; raises ValueError for fewer than 2 rows."""
    return radii(rows, 1, block)


def radii(rows: Tensor, k: int, block: int = BLOCK) -> Tensor:
    """Return the distance (n,) of each row to the k-th nearest of the others; raises ValueError for fewer than k."""
    return k_nearest(rows, rows, k, block, torch.arange(len(rows)))[0][:, -1]


def k_nearest(
    queries: Tensor, table: Tensor, k: int, block: int = BLOCK, skip: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return distances (n, k) to the k nearest rows of a table, nearest first, and the rows (n, k), as `nearest`."""
    left = len(table) - (skip is not None)
    if not 1 <= k <= left:
        raise ValueError(f"{k} nearest neighbours need at least {k} other rows, got {max(left, 0)}")
    centre = table.mean(0, dtype=torch.float64)
    found = []
    for start in _blocks(queries, block):
        query, own = queries[start : start + block], None if skip is None else skip[start : start + block]
        rows = _ranked(query.double() - centre, table, centre, k, block, own)
        distances, order = (query.double()[:, None] - table[rows].double()).norm(dim=2).sort(dim=1, stable=True)
        found.append((distances, rows.gather(1, order)))
    if not found:
        return torch.empty(0, k, dtype=torch.float64), torch.empty(0, k, dtype=torch.long)
    return torch.cat([distances for distances, _ in found]), torch.cat([rows for _, rows in found])


def pairs_within(rows: Tensor, radius: float, block: int = BLOCK) -> int:
    """Return how many pairs of rows (n, d) are at most `radius` apart; float64's rounding counts as no distance."""
    centre = rows.mean(0, dtype=torch.float64)
    squares = torch.cat([(part.double() - centre).square().sum(1) for part in rows.split(block)])
    bound = radius**2 + ROUNDING * float(squares.max())
    total = 0
    for start in _blocks(rows, block):
        one = rows[start : start + block].double() - centre
        for first in range(start, len(rows), block):
            other = rows[first : first + block].double() - centre
            square = torch.addmm(squares[first : first + block], one, other.T, alpha=-2)
            close = square + squares[start : start + block, None] <= bound
            total += int((close.triu(1) if first == start else close).sum())
    return total


def groups(rows: Tensor, size: int) -> list[Tensor]:
    """Cut rows into groups of exactly `size` and leave the remainder out."""
    return list(rows[: len(rows) // size * size].split(size))


def closeness(real: Tensor, size: int, quantile: float) -> float:
    """Return how close two of `size` samples have to be so that it hardly happens among real ones.

    It is the quantile of real samples' distances to the nearest of `size` − 1 others: nearest neighbours come closer
    where there are more of them, so whoever uses it compares groups of that `size`. Rounds the rank down, so that
    some real sample always has this distance.
    """
    distances = torch.cat([nearest_other(group) for group in groups(real, size)]).sort().values
    return float(distances[int(quantile * (len(distances) - 1))])


def _ranked(query: Tensor, table: Tensor, centre: Tensor, k: int, block: int, skip: Tensor | None) -> Tensor:
    best = torch.empty(len(query), 0, dtype=torch.float64)
    rows = torch.empty(len(query), 0, dtype=torch.long)
    for first in range(0, len(table), block):
        part = table[first : first + block].double() - centre
        score = torch.addmm(part.square().sum(1), query, part.T, alpha=-2)
        if skip is not None:
            own = skip - first
            inside = ((own >= 0) & (own < len(part))).nonzero()[:, 0]
            score[inside, own[inside]] = torch.inf
        value, column = score.topk(min(k, len(part)), largest=False)
        best, chosen = torch.cat([best, value], 1).sort(dim=1, stable=True)
        rows = torch.cat([rows, column + first], 1).gather(1, chosen)[:, :k]
        best = best[:, :k]
    return rows


def _blocks(rows: Tensor, block: int) -> "tqdm[int]":
    starts = range(0, len(rows), block)
    return tqdm(starts, desc="nearest neighbours", unit="block", delay=2, leave=False, disable=None)
