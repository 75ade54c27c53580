import torch

from ganlab.core.interfaces import Batch


def test_map_changes_every_tensor_of_a_batch():
    batch = Batch({"x": torch.ones(2, 3)}, torch.tensor([1, 2])).map(lambda values: values * 2)
    assert batch.sample["x"].equal(torch.full((2, 3), 2.0))
    assert batch.cond.equal(torch.tensor([2, 4]))
    assert Batch(torch.ones(2)).map(torch.neg).cond is None


def test_cat_joins_samples_and_conditions():
    first, second = Batch([torch.zeros(1, 2)], torch.tensor([5])), Batch([torch.ones(2, 2)], torch.tensor([6, 7]))
    joined = Batch.cat(batch for batch in (first, second))
    assert joined.sample[0].equal(torch.tensor([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]]))
    assert joined.cond.tolist() == [5, 6, 7]
    assert Batch.cat([Batch(torch.zeros(1)), Batch(torch.ones(1))]).cond is None
