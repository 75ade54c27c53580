"""Sheets of one-dimensional data have one axis: histograms over it, and a line for each sample."""

import numpy as np
import pytest
import torch

from ganlab.core.figures import SAMPLE
from ganlab.core.interfaces import Batch
from ganlab.data import Dirac, Distribution
from ganlab.kinds import NumberKind, Sheet
from ganlab.kinds.density import rgb
from ganlab.kinds.number import BELOW, BIN_WIDTH, BINS, HEIGHT, MARGIN, REAL, RUG


def columns_of(picture, colour: str) -> np.ndarray:
    """Return the columns inside of the axes that hold a colour."""
    box = np.asarray(picture).astype(int)[-BELOW - HEIGHT - RUG : -BELOW, MARGIN : MARGIN + BINS * BIN_WIDTH]
    return np.nonzero((np.abs(box - rgb(colour)).sum(-1) < 6).any(0))[0]


def test_the_point_mass_and_the_generated_point_are_where_they_are() -> None:
    picture = Dirac().draw_sheet(Sheet(torch.full((64, 1), 1.0), "generated samples", "step 40"))
    width = BINS * BIN_WIDTH
    assert columns_of(picture, REAL).mean() == pytest.approx(width / 2, abs=BIN_WIDTH)
    assert columns_of(picture, SAMPLE).mean() == pytest.approx((1 + 1.25) / 2.5 * width, abs=BIN_WIDTH)


def test_bars_have_the_shares_of_the_samples_on_one_scale() -> None:
    class Coin(Distribution):
        def __init__(self):
            super().__init__((1,), 1.0, ("coin",), False, 0)

        def draw(self, count, random):
            return Batch(torch.tensor([[-1.0], [1.0]]).repeat(count // 2, 1))

    picture = np.asarray(Coin().draw_sheet(Sheet(torch.tensor([[-1.0], [-1.0], [-1.0], [1.0]])))).astype(int)
    box = picture[-BELOW - HEIGHT - RUG : -BELOW - RUG - 1, MARGIN : MARGIN + BINS * BIN_WIDTH]
    heights = (np.abs(box - rgb(SAMPLE)).sum(-1) < 6).sum(0)
    left, right = heights[: len(heights) // 2].max(), heights[len(heights) // 2 :].max()
    assert right / left == pytest.approx(1 / 3, abs=0.02)


def test_samples_outside_are_counted_and_not_drawn(monkeypatch) -> None:
    lines = []
    monkeypatch.setattr("ganlab.kinds.number.add_header", lambda picture, facts: lines.extend(facts) or picture)
    data = Dirac()
    picture = data.draw_sheet(Sheet(torch.tensor([[99.0], [torch.inf], [torch.nan]])))
    assert lines == ["3 samples", "3 outside the axes"]
    assert not len(columns_of(picture, SAMPLE))


@pytest.mark.parametrize("samples", [torch.zeros(0, 1), torch.full((4, 1), torch.nan), torch.full((3, 1), 1e6)])
def test_any_samples_are_drawn_without_data(samples) -> None:
    assert NumberKind().draw(Sheet(samples)).width == BINS * BIN_WIDTH + 2 * MARGIN
