"""Sheets of sequences: one panel each, on axes that do not depend on the samples."""

import numpy as np
import pytest
import torch

from ganlab.data import SineWaves
from ganlab.kinds import SequenceKind, Sheet
from ganlab.kinds.density import rgb
from ganlab.kinds.sequence import COLOURS, SequenceBackdrop

KIND = SequenceKind()


def coloured(picture, colour: str) -> tuple[np.ndarray, np.ndarray]:
    return np.nonzero(np.abs(np.asarray(picture).astype(int) - rgb(colour)).sum(-1) < 60)


def test_sheets_of_at_least_sixteen_have_one_size() -> None:
    data = SineWaves(channels=2)
    sizes = {data.sample_sheet(data.reference(count).sample).size for count in (16, 17, 40)}
    assert len(sizes) == 1
    assert data.sample_sheet(data.reference(1).sample).width == next(iter(sizes))[0]


def test_a_line_is_where_its_values_are() -> None:
    data = SineWaves(length=50)
    high, low = (coloured(data.sample_sheet(torch.full((1, 50, 1), value)), COLOURS[0]) for value in (0.5, -0.5))
    assert len(high[0]) > 500
    assert high[0].max() < low[0].min()  # rows grow downwards
    assert np.ptp(high[1]) > 700  # over the whole panel


def test_channels_have_their_own_colours_and_a_legend() -> None:
    data = SineWaves(channels=3)
    picture = data.sample_sheet(torch.tensor([0.5, 0.0, -0.5]).expand(1, 32, 3))
    rows = [coloured(picture, colour)[0] for colour in COLOURS[:3]]
    assert all(len(each) > 500 for each in rows)
    assert all(each.min() < 50 for each in rows)  # the legend
    assert picture.height > SineWaves().sample_sheet(torch.zeros(1, 32, 1)).height


def test_no_number_is_cut_off_at_the_first_panel() -> None:
    data = SineWaves()
    data.__dict__["backdrop"] = SequenceBackdrop(-1.0, 1.0)  # a tick is close to the upper border of a panel
    picture = np.asarray(data.sample_sheet(torch.zeros(16, 32, 1)).convert("L"))
    assert (picture[26] == 255).all()  # below the header
    assert (picture[:, :2] == 255).all()
    assert (picture[-2:] == 255).all()


def test_values_that_are_not_finite_leave_a_gap() -> None:
    data, wave = SineWaves(length=50), torch.zeros(1, 50, 1)
    complete = len(coloured(data.sample_sheet(wave), COLOURS[0])[0])
    wave[:, 10:30] = torch.nan
    assert 0 < len(coloured(data.sample_sheet(wave), COLOURS[0])[0]) < 0.7 * complete
    assert not len(coloured(data.sample_sheet(wave.fill_(torch.inf)), COLOURS[0])[0])


def test_labelled_sequences_have_names() -> None:
    sequences = torch.zeros(4, 20, 1)
    named = KIND.draw(Sheet(sequences, labels=torch.tensor([1, 0, 1, 0]), class_names=["low", "high"]))
    assert named.height > KIND.draw(Sheet(sequences)).height


def test_no_sequence_is_refused_and_constant_ones_are_drawn() -> None:
    with pytest.raises(ValueError, match="at least one sequence, got 0"):
        KIND.draw(Sheet(torch.zeros(0, 5, 1)))
    assert KIND.draw(Sheet(torch.full((3, 1, 2), 7.0))).width == 800


def test_whole_rows_are_shown_if_the_sheet_has_columns() -> None:
    heights = {columns: KIND.draw(Sheet(torch.zeros(60, 5, 1), columns=columns)).height for columns in (5, 8, 20)}
    assert heights[5] > heights[8] > heights[20]
