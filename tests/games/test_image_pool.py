import pytest
import torch

from ganlab.core.random import Random
from ganlab.games.image_pool import ImagePool


def numbered(first, count):
    return torch.arange(first, first + count, dtype=torch.float32)[:, None]


def steps(pool, count, batch, seed=0):
    """Return what the pool gives for batches of the numbers 1, 2, …"""
    random, given = Random(seed), []
    for step in range(count):
        given.append(pool(numbered(1 + step * batch, batch), random.seek(step)))
        pool.apply_batch_sums()
    return torch.cat(given)[:, 0]


def test_the_first_samples_fill_the_pool_and_are_returned_as_they_are():
    pool = ImagePool(6, (1,))
    assert steps(pool, 2, 3).tolist() == [1, 2, 3, 4, 5, 6]
    assert pool.images[:, 0].tolist() == [1, 2, 3, 4, 5, 6]
    assert int(pool.count) == 6


def test_half_of_the_samples_of_a_full_pool_are_past_ones():
    given = steps(ImagePool(50, (1,)), 500, 4)
    new = given[50:] == torch.arange(51, 2001)
    assert new.float().mean().item() == pytest.approx(0.5, abs=4 * 0.5 / 1950**0.5)
    assert (given <= torch.arange(1, 2001)).all()  # none comes from the future


def test_a_sample_that_is_replaced_is_in_the_pool_and_one_that_is_returned_is_not():
    pool = ImagePool(4, (1,))
    given = steps(pool, 40, 1)
    kept = set(pool.images[:, 0].tolist())
    returned_at_once = {
        number for number, value in zip(range(1, 41), given.tolist(), strict=True) if number == value > 4
    }
    assert not kept & returned_at_once
    assert len(kept) == 4


def test_a_batch_that_is_larger_than_the_rest_of_the_pool_fills_it_and_goes_on():
    pool = ImagePool(3, (1,))
    given = steps(pool, 4, 8)
    assert given[:8].tolist()[:3] == [1, 2, 3]
    assert set(pool.images[:, 0].tolist()) <= set(range(1, 33))
    assert int(pool.count) == 3


def test_parts_of_a_batch_give_what_the_whole_batch_gives():
    whole, parts, total = ImagePool(5, (1,)), [ImagePool(5, (1,)) for _ in range(2)], []
    expected = steps(whole, 6, 4)
    for step in range(6):
        batch = numbered(1 + step * 4, 4)
        total += [pool(batch[rank * 2 : rank * 2 + 2], Random().seek(step, rank, 2)) for rank, pool in enumerate(parts)]
        sums = [sum(values) for values in zip(*(pool.batch_sums() for pool in parts), strict=True)]
        for pool in parts:
            for own, joined in zip(pool.batch_sums(), sums, strict=True):
                own.copy_(joined)
            pool.apply_batch_sums()
    assert torch.cat(total)[:, 0].equal(expected)
    assert all(pool.images.equal(whole.images) and pool.count.equal(whole.count) for pool in parts)


def test_microbatches_give_what_the_whole_batch_gives():
    whole, cut = ImagePool(5, (1,)), ImagePool(5, (1,))
    expected, given = steps(whole, 6, 4), []
    for step in range(6):
        given += [cut(numbered(1 + step * 4 + i * 2, 2), Random().seek(step, i, 2)) for i in (0, 1)]
        cut.apply_batch_sums()
    assert torch.cat(given)[:, 0].equal(expected)
    assert cut.images.equal(whole.images)


def test_a_pool_of_size_0_returns_every_sample():
    pool = ImagePool(0, (1,))
    assert steps(pool, 3, 2).tolist() == [1, 2, 3, 4, 5, 6]
    assert pool.batch_sums() == []


def test_half_precision_samples_stay_half_precision():
    pool = ImagePool(2, (1,))
    for step in range(3):
        given = pool(numbered(1, 2).bfloat16(), Random().seek(step))
        pool.apply_batch_sums()
    assert given.dtype == torch.bfloat16
    assert pool.images.dtype == torch.float32


def test_a_negative_size_is_refused():
    with pytest.raises(ValueError, match=r"^pool must be at least 0, got -1$"):
        ImagePool(-1, (1,))
