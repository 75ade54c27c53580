"""scikit-learn's digits, without scikit-learn."""

import torch
from sklearn.datasets import load_digits

from ganlab.data.digits import _read


def test_they_are_those_that_scikit_learn_loads() -> None:
    images, classes = _read()
    bunch = load_digits()
    assert torch.equal(images, torch.from_numpy(bunch.images).float()[:, None] * (255 / 16))
    assert torch.equal(classes, torch.from_numpy(bunch.target))
