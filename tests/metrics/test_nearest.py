import pytest
import torch
from support.metric_sources import normal

from ganlab.metrics.nearest import count_pairs_within, duplicate_distance, k_nearest, nearest, nearest_other, radii


@pytest.mark.parametrize("block", [3, 16, 100])
def test_blocks_of_any_size_give_the_same_neighbours_as_all_distances(block: int) -> None:
    queries, table = normal(20, 5), normal(30, 5, seed=1)
    distances = torch.cdist(queries.double(), table.double())
    one, indices = nearest(queries, table, block)
    torch.testing.assert_close(one, distances.min(1).values)
    assert torch.equal(indices, distances.argmin(1))
    four, indices = k_nearest(queries, table, 4, block)
    torch.testing.assert_close(four, distances.sort(1).values[:, :4])
    assert torch.equal(indices, distances.argsort(1)[:, :4])


@pytest.mark.parametrize("block", [4, 64])
def test_a_row_is_not_its_own_neighbour(block: int) -> None:
    rows = normal(25, 3)
    distances = torch.cdist(rows.double(), rows.double()).fill_diagonal_(torch.inf)
    torch.testing.assert_close(nearest_other(rows, block), distances.min(1).values)
    torch.testing.assert_close(radii(rows, 3, block), distances.sort(1).values[:, 2])
    two, indices = nearest(rows[[7, 3]], rows, block, skip=torch.tensor([7, 3]))
    assert torch.equal(indices, distances.argmin(1)[[7, 3]])
    torch.testing.assert_close(two, distances.min(1).values[[7, 3]])


def test_equal_rows_far_from_the_origin_are_at_distance_zero() -> None:
    rows = 1e4 + normal(40, 6)
    distances, indices = nearest(rows, rows)
    assert torch.equal(indices, torch.arange(40))
    assert distances.max() == 0


def test_too_few_rows_are_an_error() -> None:
    with pytest.raises(ValueError, match="3 nearest neighbours need at least 3 other rows, got 2"):
        k_nearest(normal(4, 2), normal(2, 2), 3)
    with pytest.raises(ValueError, match="1 nearest neighbours need at least 1 other rows, got 0"):
        nearest_other(normal(1, 2))


@pytest.mark.parametrize("block", [5, 64])
def test_pairs_are_counted_once(block: int) -> None:
    rows = normal(31, 2)
    distances = torch.pdist(rows.double())
    for radius in (0.05, 0.5, 2.0):
        assert count_pairs_within(rows, radius, block) == int((distances <= radius).sum())
    assert count_pairs_within(rows.repeat(2, 1), 0.0, block) == 31


def test_duplicate_distance_is_a_quantile_of_neighbours_within_groups() -> None:
    rows = torch.tensor([[0.0], [1.0], [10.0], [13.0], [20.0], [25.0], [99.0]])
    assert duplicate_distance(rows, 2, 0.001) == 1  # groups (0, 1), (10, 13), (20, 25); the last row is ignored
    assert duplicate_distance(rows, 2, 0.7) == 3  # distances 1, 1, 3, 3, 5, 5, and the rank is rounded down
    assert duplicate_distance(rows, 7, 0.001) == 1
