"""Conditions from a data set, and samplers and sheets that read them."""

import pytest
import torch
from support.negatives import Negatives
from torch import nn

from ganlab.core.interfaces import Game, Spec
from ganlab.core.random import Random
from ganlab.data import Digits
from ganlab.data.comparison_sheet import comparison_sheet
from ganlab.data.condition_source import ConditionSource, build_sampler
from ganlab.games.sampler import Sampler
from ganlab.latents import NoLatents


class Negative(Game):
    """A game whose generator returns the negative of its condition."""

    def __init__(self):
        super().__init__()
        self.latent, self.sampler = NoLatents(), Invert()

    def players(self):
        return {"generator": self.sampler}

    def losses(self, player, batch, step):
        return {}


class Invert(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(-torch.ones(()))

    def forward(self, latents, cond):
        assert latents.shape == (len(cond), 0)
        return self.weight * cond


def test_training_batches_have_their_conditions():
    batch = Negatives().batch(torch.tensor([3, 5]), Random())
    assert torch.equal(batch.cond, 255 - batch.sample)


def test_the_default_conditions_are_those_of_real_samples():
    data = Negatives()
    own, default = list(data.conditions(5)), list(super(Negatives, data).conditions(5))
    assert torch.equal(own[0].cond, default[0].cond)
    assert torch.equal(own[0].truth, default[0].truth)


def test_classes_are_no_conditions_that_a_data_set_yields():
    with pytest.raises(ValueError, match="no conditions other than classes"):
        next(Digits(labels=True).conditions())


@pytest.mark.parametrize("n", [0, 3, 10, 25])
def test_after_the_last_condition_they_begin_again(n):
    data = Negatives()
    (known,) = data.conditions(0, split="validation")
    cond = ConditionSource(data, "validation")(n)
    assert cond is None if n == 0 else torch.equal(cond, known.cond.repeat(3, 1, 1, 1)[:n])


@pytest.mark.parametrize("size", [3, 100, 7])
def test_a_sampler_translates_the_data(size):
    data, game = Negatives(count=900), Negative()
    (known,) = data.conditions(230, split="validation", chunk=230)
    sampler = build_sampler(game, game.sampler, data, "validation")
    expected = known.truth.float() / 127.5 - 1
    assert torch.allclose(sampler.sample(len(expected)), expected, atol=1e-6)
    parts = [batch.sample for batch in sampler.batches(len(expected), size)]
    assert torch.allclose(torch.cat(parts), expected, atol=1e-6)


def test_without_data_conditions_must_be_given_and_have_the_right_shape():
    game = Negative()
    sampler = Sampler(game, game.sampler, Spec((1, 4, 4), (1, 4, 4), paired=True), lambda x: x)
    with pytest.raises(ValueError, match=r"condition of shape \(1, 4, 4\).*give cond"):
        sampler.sample(2)
    with pytest.raises(ValueError, match=r"must have shape \(1, 4, 4\), got \(1, 5, 4\)"):
        sampler.sample(2, cond=torch.zeros(2, 1, 5, 4))
    with pytest.raises(ValueError, match="one entry per sample, 2, got 3"):
        sampler.sample(2, cond=torch.zeros(3, 1, 4, 4))
    assert torch.equal(sampler.sample(1, cond=torch.zeros(1, 1, 4, 4, dtype=torch.uint8)), torch.ones(1, 1, 4, 4))
    assert sampler.sample(0, cond=torch.zeros(0, 1, 4, 4)).shape == (0, 1, 4, 4)


def test_nested_conditions_are_checked_part_by_part():
    game = Negative()
    sampler = Sampler(game, game.sampler, Spec((1,), {"image": (1, 4, 4), "mask": (4,)}), lambda x: x)
    with pytest.raises(ValueError, match=r"must have shape .*'mask': .4,"):
        sampler.sample(2, cond={"image": torch.zeros(2, 1, 4, 4), "mask": torch.zeros(2, 5)})


def test_a_sheet_shows_input_output_and_truth_of_held_out_data():
    data = Negatives()
    sheet = comparison_sheet(data, 12, lambda cond: -(cond.float() / 127.5 - 1), "step 3")
    assert sheet.columns == 12
    assert sheet.facts() == ["step 3", "input | output | truth", "validation data"]
    assert list(sheet.captions[:4]) == ["input", "output", "truth", "input"]
    (known,) = data.conditions(4, split="validation")
    images = sheet.samples.unflatten(0, (4, 3))
    assert torch.allclose(images[:, 0], known.cond.float() / 127.5 - 1)
    assert torch.allclose(images[:, 1], images[:, 2], atol=1e-6)
    assert data.draw_sheet(sheet).width > 300


def test_a_sheet_of_unpaired_data_has_no_truth():
    sheet = comparison_sheet(Negatives(paired=False), 8, lambda cond: cond.float() / 127.5 - 1)
    assert sheet.facts() == ["input | output", "validation data"]


def test_parts_of_other_sizes_and_channels_are_shown_alike():
    kind = Negatives().kind
    parts = {"input": torch.zeros(2, 4, 4, 4), "output": torch.ones(2, 3, 8, 8), "truth": torch.zeros(2, 1, 8, 8)}
    assert {part.shape for part in kind.comparable(parts, "output").values()} == {(2, 3, 8, 8)}
    grey = {"input": torch.zeros(2, 2, 4, 4), "output": torch.ones(2, 1, 8, 8)}
    assert {part.shape for part in kind.comparable(grey, "output").values()} == {(2, 1, 8, 8)}
