"""REINFORCE: returns in closed form, an unbiased gradient, the baseline, and what the generator learns of a reward."""

from pathlib import Path

import pytest
import torch
from support.short_texts import NARROW, encode, spec_of, text_lines
from support.small_runs import QUIET, assert_same, go, state

from ganlab.augments import Identity
from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.discriminators import SequenceRecurrent
from ganlab.games import Reinforce
from ganlab.games.player_updates import PlayerUpdates, backward
from ganlab.games.reinforce import DensityRatio, MovingBaseline, Probability
from ganlab.generators import Recurrent
from ganlab.latents import Gumbel
from ganlab.losses import NonSaturating
from ganlab.schedules import Alternating

SHORT = spec_of(2)  # an empty text, or a symbol


class PrefersA(torch.nn.Module):
    """A discriminator whose logit is 2 for texts with an a, and −1 for others."""

    def __init__(self, spec):
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, samples, cond=None):
        return 3 * samples[..., 3].sum(1).clamp(0, 1) - 1 + 0 * self.unused


def build(discriminator=PrefersA, spec=SHORT, **settings):
    torch.manual_seed(0)
    generator = Recurrent(spec, width=6, embedding=4)
    parts = (lambda spec: generator, discriminator, NonSaturating(), {}, Identity(), Gumbel())
    return Reinforce(spec, *parts, **settings)


def test_rewards_are_functions_of_logits() -> None:
    logits = torch.tensor([0.0, 1.0, -2.0])
    torch.testing.assert_close(Probability()(logits), 2 * logits.sigmoid() - 1)
    ratios = logits.sigmoid() / (1 - logits.sigmoid())
    torch.testing.assert_close(DensityRatio()(logits), ratios / ratios.mean())


def test_returns_are_discounted_means_of_what_follows() -> None:
    rewards, is_symbol = torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([[True, True, False]])
    game = build(discount=0.5)
    assert game.returns(rewards, is_symbol).tolist() == [[pytest.approx((1 + 0.5 * 2) / 1.5), 2.0, 0.0]]
    assert build(discount=0.0).returns(rewards, is_symbol).tolist() == [[1.0, 2.0, 0.0]]
    assert game.returns(torch.tensor([3.0]), is_symbol).tolist() == [[3.0, 3.0, 0.0]]


def test_the_gradient_is_that_of_the_expected_reward() -> None:
    game = build()
    game.baseline.means.fill_(0.3)
    count = 40_000
    game.losses("generator", Batch(torch.zeros(count, *SHORT.sample)), 0)["adversarial"].backward()
    found = torch.cat([weight.grad.flatten() for weight in game.generator.parameters()])
    game.generator.zero_grad()
    texts = encode("", "a", "b", "c", length=2)
    rewards = Probability()(game.discriminator(texts).detach())
    (-(game.generator.log_probabilities(texts).sum(1).exp() * rewards).sum()).backward()
    expected = torch.cat([weight.grad.flatten() for weight in game.generator.parameters()])
    assert (found - expected).norm() < 0.1 * expected.norm()


def test_the_generator_learns_what_is_rewarded() -> None:
    game = build()
    adam = {player: lambda weights: torch.optim.Adam(weights, 0.03) for player in ("generator", "discriminator")}
    updates = PlayerUpdates(game, adam, Alternating())
    updates.backward, updates.step_optimizer = backward, updates.clip_and_step
    for _ in range(60):
        updates.step(Batch(encode(*["a"] * 32, length=2)))
    samples = game.generator(game.latent.sample(200, Random(1)))
    assert samples[..., 3].sum() > 190
    assert game.baseline.means[0] > 0.5


def test_the_baseline_is_a_moving_mean_of_positions_with_symbols() -> None:
    baseline = MovingBaseline(2, momentum=0.75)
    returns, is_symbol = torch.tensor([[4.0, 8.0], [2.0, 99.0]]), torch.tensor([[True, True], [True, False]])
    assert baseline(returns, is_symbol).tolist() == [0, 0]
    baseline.apply_batch_sums()
    assert baseline.means.tolist() == [0.75, 2.0]
    baseline(returns * 0, torch.tensor([[True, False]] * 2))
    baseline.apply_batch_sums()
    assert baseline.means.tolist() == [0.5625, 2.0]


def test_settings_out_of_range_are_refused() -> None:
    for settings, message in (
        ({"discount": 1.1}, "discount must be from 0 to 1, got 1.1"),
        ({"momentum": -0.1}, "momentum must be from 0 to 1"),
        ({"reward": "none"}, "reward must be one of probability, density_ratio, got 'none'"),
    ):
        with pytest.raises(ValueError, match=message):
            build(**settings)


def test_a_discriminator_of_symbols_rewards_each_of_them_and_a_run_is_resumed_exactly(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    assert SequenceRecurrent(SHORT, width=3)(encode("a", "", length=2)).shape == (2, 2)
    lines = [*text_lines(), *NARROW, *QUIET, "game=reinforce", "discriminator=sequence_recurrent", "batch_size=8"]
    lines += ["game.pretraining_steps=2", "iterations=5"]
    go(tmp_path / "whole", *lines)
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=4"]
    assert go(tmp_path / "parts", *lines, *stop).interrupted
    go(tmp_path / "parts", *lines)
    assert_same(state(tmp_path / "whole"), state(tmp_path / "parts"))
    assert any(name.endswith("baseline.means") for name in state(tmp_path / "whole"))
