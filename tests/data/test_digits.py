"""scikit-learn's digits, read without importing scikit-learn."""

import torch
from sklearn.datasets import load_digits

from ganlab.data.digits import read_digits


def test_pixels_and_classes_equal_those_of_load_digits() -> None:
    images, classes = read_digits()
    bunch = load_digits()
    assert torch.equal(images, torch.from_numpy(bunch.images).float()[:, None] * (255 / 16))
    assert torch.equal(classes, torch.from_numpy(bunch.target))
