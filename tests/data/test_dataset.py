import pytest
import torch
from PIL import Image

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data import Distribution


def test_subclasses_may_define_methods_under_their_former_names() -> None:
    with pytest.warns(FutureWarning) as warnings:

        class Coin(Distribution):
            decodes = True

            def __init__(self) -> None:
                super().__init__((1,), 1.0, ("coin",), False, 0)

            def draw(self, count: int, random: Random) -> Batch:
                return Batch(torch.zeros(count, 1))

            def census(self) -> str:
                return "two sides"

            def sheet(self, samples: torch.Tensor) -> Image.Image:
                return Image.new("L", (8, 8))

    data = Coin()
    assert (data.summary(), data.needs_workers, data.sample_sheet(torch.zeros(1, 1)).size) == (
        "two sides",
        True,
        (8, 8),
    )
    assert {str(warning.message) for warning in warnings} == {
        "Coin.census is now called summary",
        "Coin.decodes is now called needs_workers",
        "Coin.sheet is now called sample_sheet",
    }
