from collections.abc import Iterator

import pytest
import torch
from support.metric_sources import Pictures, normal

from ganlab.features import RandomConvolution
from ganlab.features.base import full_precision


@pytest.fixture(autouse=True)
def _restore_precision() -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    yield
    torch.set_float32_matmul_precision(before)


def test_matrix_products_ignore_the_precision_of_the_run() -> None:
    left, right = normal(64, 256), normal(256, 256, seed=1)
    exact = left @ right
    torch.set_float32_matmul_precision("medium")
    coarse = left @ right
    with full_precision():
        assert torch.equal(left @ right, exact)
    assert torch.equal(left @ right, coarse)
    assert torch.get_float32_matmul_precision() == "medium"


def test_features_do_not_depend_on_the_precision_of_the_run() -> None:
    features, images = RandomConvolution(Pictures()), next(Pictures().real_samples()).sample
    exact = features(images).features
    torch.set_float32_matmul_precision("medium")
    assert torch.equal(features(images).features, exact)
