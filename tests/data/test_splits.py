import pytest
import torch

from ganlab.data import Digits, Mnist
from ganlab.data.splits import divide


def test_the_splits_are_disjoint_complete_and_the_same_in_every_run() -> None:
    first, second = divide(100, 0, 0.1, 0), divide(100, 0, 0.1, 0)
    assert (len(first["train"]), len(first["validation"])) == (90, 10)
    assert torch.cat([first["train"], first["validation"]]).sort().values.equal(torch.arange(100))
    assert first["train"].equal(second["train"])


def test_test_means_the_official_test_samples() -> None:
    parts = divide(100, 20, "test", 0)
    assert parts["validation"].equal(torch.arange(100, 120))
    assert parts["train"].sort().values.equal(torch.arange(100))


def test_a_limit_keeps_the_first_shuffled_samples_so_that_small_sets_lie_in_larger_ones() -> None:
    small, large = (divide(100, 0, 0.1, limit)["train"] for limit in (10, 50))
    assert len(small) == 10
    assert small.equal(large[:10])
    assert not set(small.tolist()) & set(divide(100, 0, 0.1, 10)["validation"].tolist())


@pytest.mark.parametrize("validation", [-0.1, 1, 1.0, "test", "half", 0.999])
def test_a_share_that_leaves_nothing_is_refused(validation: float | str) -> None:
    with pytest.raises(ValueError, match="validation must be a share from 0 to below 1 of 100 samples"):
        divide(100, 0, validation, 0)


@pytest.mark.parametrize("limit", [-1, 91])
def test_a_limit_beyond_the_data_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit must be from 0 .all. to the 90 training samples, got {limit}"):
        divide(100, 0, 0.1, limit)


def test_reals_are_distinct_unflipped_samples_of_one_split(mnist_root) -> None:
    data = Mnist(str(mnist_root), flip=True)
    for split, count in (("train", 30), ("validation", 12)):
        batches = list(data.reals(0, seed=3, split=split, chunk=8))
        samples = torch.cat([batch.sample for batch in batches])
        assert [len(batch.sample) for batch in batches][:-1] == [8] * (len(batches) - 1)
        expected = data.images.take(data.split(split))
        assert sorted(samples.flatten(1).tolist()) == sorted(expected.flatten(1).tolist())
        assert len(samples) == count
    first, other = (torch.cat([batch.sample for batch in data.reals(5, seed)]) for seed in (1, 2))
    assert first.equal(torch.cat([batch.sample for batch in data.reals(5, 1)]))
    assert not first.equal(other)


def test_an_empty_split_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="no validation images"):
        Digits(resolution=8, validation=0).reals(split="validation")
    with pytest.raises(ValueError, match="split must be one of train, validation, got 'test'"):
        Digits(resolution=8).split("test")
