import pytest
import torch

from ganlab.data import Digits, Mnist
from ganlab.data.splits import seeded_permutation, split_indices


def test_the_splits_are_disjoint_complete_and_the_same_in_every_run() -> None:
    first, second = split_indices(100, 0, 0.1, 0.2, 0), split_indices(100, 0, 0.1, 0.2, 0)
    assert {name: len(rows) for name, rows in first.items()} == {"train": 70, "validation": 10, "test": 20}
    assert torch.cat(list(first.values())).sort().values.equal(torch.arange(100))
    assert all(first[name].equal(second[name]) for name in first)


def test_official_test_samples_are_the_test_split() -> None:
    splits = split_indices(100, 20, 0.1, 0.5, 0)
    assert splits["test"].equal(torch.arange(100, 120))
    assert torch.cat([splits["train"], splits["validation"]]).sort().values.equal(torch.arange(100))


def test_a_smaller_limit_selects_a_subset_of_a_larger_one() -> None:
    small, large = (split_indices(100, 0, 0.1, 0.1, limit) for limit in (10, 50))
    assert len(small["train"]) == 10
    assert small["train"].equal(large["train"][:10])
    assert small["validation"].equal(large["validation"])


def test_every_split_has_its_share_of_each_class() -> None:
    labels = torch.tensor([0] * 60 + [1] * 30 + [2] * 10)[seeded_permutation(100, "mixed")]
    limited = split_indices(100, 0, 0.1, 0.2, 30, labels)
    counts = {name: labels[rows].bincount(minlength=3).tolist() for name, rows in limited.items()}
    assert counts == {"validation": [6, 3, 1], "test": [12, 6, 2], "train": [18, 9, 3]}
    whole = split_indices(100, 0, 0.1, 0.2, 0, labels)
    assert torch.cat(list(whole.values())).sort().values.equal(torch.arange(100))
    assert whole["train"][:30].equal(limited["train"])


def test_a_class_of_two_samples_keeps_one_to_train_on() -> None:
    labels = torch.arange(3).repeat_interleave(2)
    assert set(labels[split_indices(6, 0, 0.2, 0.2, 0, labels)["train"]].tolist()) == {0, 1, 2}


@pytest.mark.parametrize("share", [-0.1, 1, 1.0])
def test_a_share_outside_its_bounds_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="validation must be a share of the samples from 0 to below 1"):
        split_indices(100, 0, share, 0.1, 0)
    with pytest.raises(ValueError, match="test must be a share of the samples from 0 to below 1"):
        split_indices(100, 0, 0.1, share, 0)


def test_something_must_be_left_to_train_on() -> None:
    with pytest.raises(ValueError, match=r"validation=0\.5 and test=0\.5 must leave something of 100 samples"):
        split_indices(100, 0, 0.5, 0.5, 0)
    with pytest.raises(ValueError, match=r"validation=0\.999 must leave something"):
        split_indices(100, 20, 0.999, 0.0, 0)


def test_a_limit_beyond_the_data_is_refused() -> None:
    with pytest.raises(ValueError, match=r"limit must be from 0 .all. to the 90 training samples, got 91"):
        split_indices(100, 0, 0.1, 0.0, 91)
    with pytest.raises(ValueError, match="limit must be at least 0, which is all training samples, got -1"):
        split_indices(100, 0, 0.1, 0.0, -1)


def test_real_samples_are_distinct_unflipped_samples_of_one_split(mnist_root) -> None:
    data = Mnist(str(mnist_root), flip=True)
    for split, count in (("train", 27), ("validation", 3), ("test", 12)):
        batches = list(data.real_samples(0, seed=3, split=split, chunk=8))
        samples = torch.cat([batch.sample for batch in batches])
        assert [len(batch.sample) for batch in batches][:-1] == [8] * (len(batches) - 1)
        expected = data.images.take(data.split(split))
        assert sorted(samples.flatten(1).tolist()) == sorted(expected.flatten(1).tolist())
        assert len(samples) == count
    first, other = (torch.cat([batch.sample for batch in data.real_samples(5, seed)]) for seed in (1, 2))
    assert first.equal(torch.cat([batch.sample for batch in data.real_samples(5, 1)]))
    assert not first.equal(other)


def test_the_message_for_an_empty_split_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="no validation images"):
        Digits(resolution=8, validation=0).real_samples(split="validation")
    with pytest.raises(ValueError, match=r"no test images among its 1797: raise data\.test"):
        Digits(resolution=8, test=0).real_samples(split="test")
    with pytest.raises(ValueError, match="split must be one of train, validation, test, got 'tset'"):
        Digits(resolution=8).split("tset")
