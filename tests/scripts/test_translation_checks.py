"""The checks of translated images by scikit-learn, on real digits in place of outputs."""

import sys
from pathlib import Path

import pytest
import torch

from ganlab.data import Digits

sys.path.append(str(Path(__file__).parents[2] / "scripts" / "tables"))
import translation_checks


@pytest.fixture(scope="module")
def digits():
    data = Digits(resolution=8)
    batches = list(data.real_samples())
    images = torch.cat([batch.sample for batch in batches]).float() / 127.5 - 1
    return images, torch.cat([batch.cond for batch in batches]).numpy()


def test_real_digits_keep_their_class(digits):
    images, labels = digits
    test = images[1000:], labels[1000:]
    shares = translation_checks.check_outputs(images[1000:], test, (images[:1000], labels[:1000]), test)
    assert shares["kept_svc"] == shares["truth_svc"] == shares["input_svc"] > 0.95
    assert shares["kept_logistic"] > 0.9


def test_swapped_classes_are_noticed(digits):
    images, labels = digits
    inputs = -images[1000:, :, ::2], labels[1000:]
    outputs = images[1000:].roll(1, 0)
    training, truth = (images[:1000], labels[:1000]), (images[1000:], labels[1000:])
    shares = translation_checks.check_outputs(outputs, inputs, training, truth)
    assert shares["kept_svc"] < 0.2 < 0.95 < shares["truth_svc"]
    assert "input_svc" not in shares  # which has another shape
