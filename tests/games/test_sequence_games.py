"""Games of sequences: phases, what is kept of them, gradients, and runs that are resumed or refused."""

import math
from pathlib import Path

import pytest
import torch
from support.config_issues import issues_of
from support.short_texts import NARROW, NETWORKS, encode, spec_of, write_lines
from support.small_runs import QUIET, assert_same, go, state

from ganlab.augments import Identity
from ganlab.core.interfaces import Batch
from ganlab.discriminators import SequenceCNN
from ganlab.ema import HalfLife
from ganlab.games import GumbelGame, Likelihood
from ganlab.games.player_updates import PlayerUpdates, backward
from ganlab.generators import MLP, Recurrent
from ganlab.latents import Gumbel, Normal
from ganlab.losses import NonSaturating
from ganlab.schedules import Alternating

SPEC = spec_of(6)
REAL = Batch(encode("abc", "ab", "ca", "abca"))


def recurrent(spec):
    return Recurrent(spec, width=8, embedding=4)


def convolutional(spec):
    return SequenceCNN(spec, width=4, embedding=4)


def build(game=GumbelGame, generator=recurrent, **settings):
    torch.manual_seed(0)
    return game(SPEC, generator, convolutional, NonSaturating(), {}, Identity(), Gumbel(), **settings)


def updates_of(game, rate=0.05, ema=None):
    adam = {player: lambda weights: torch.optim.Adam(weights, rate) for player in ("generator", "discriminator")}
    updates = PlayerUpdates(game, adam, Alternating(), ema)
    updates.backward, updates.step_optimizer = backward, updates.clip_and_step
    return updates


def test_phases_update_the_generator_then_the_discriminator_then_both() -> None:
    game = build(pretraining_steps=2, discriminator_steps=1)
    updates, names = updates_of(game), []
    for _ in range(4):
        before = {player: [w.clone() for w in network.parameters()] for player, network in game.players().items()}
        terms = updates.step(REAL)
        names.append(sorted(terms))
        moved = {player for player, network in game.players().items() if _differ(before[player], network)}
        assert moved == {name.split("/")[0] for name in terms}
    likelihood, single = ["generator/likelihood"], ["discriminator/adversarial"]
    assert names == [likelihood, likelihood, single, [*single, "generator/adversarial"]]


def _differ(before, network):
    return any(not torch.equal(old, new) for old, new in zip(before, network.parameters(), strict=True))


def test_the_average_at_the_end_of_pretraining_is_kept() -> None:
    game = build(pretraining_steps=3)
    ema = HalfLife(game.sampler, half_life_samples=10)
    updates = updates_of(game, ema=ema)
    for _ in range(3):
        updates.step(REAL)
    kept = {name: weight.clone() for name, weight in ema.network.state_dict().items()}
    for _ in range(2):
        updates.step(REAL)
    assert all(torch.equal(weight, kept[name]) for name, weight in game.pretrained.state_dict().items())
    assert _differ(list(kept.values()), ema.network)
    assert not any(weight.requires_grad for weight in game.pretrained.parameters())


def test_likelihood_learns_the_frequencies_of_sequences() -> None:
    torch.manual_seed(0)
    game = Likelihood(SPEC, recurrent, Gumbel())
    updates = updates_of(game, rate=0.05)
    for _ in range(100):
        terms = updates.step(REAL)
    assert terms["generator/likelihood"].item() == pytest.approx(math.log(4), abs=0.05)  # four texts, equally often


def test_a_likelihood_next_to_the_adversary_is_weighted() -> None:
    losses = build(likelihood=0.5).losses("generator", REAL, 0)
    alone = Likelihood(SPEC, recurrent, Gumbel())
    alone.generator.load_state_dict(build().generator.state_dict())
    expected = alone.losses("generator", REAL, 0)["likelihood"]
    assert losses["likelihood"].item() == pytest.approx(0.5 * expected.item())
    assert build().losses("generator", REAL, 0).keys() == {"adversarial"}


def test_the_relaxation_falls_by_one_factor_a_step() -> None:
    game = build(pretraining_steps=10, relaxation=2.0, final_relaxation=0.5, annealing_steps=4)
    assert game.temperature(0) == game.temperature(10) == 2.0
    assert [game.temperature(step) for step in (12, 14, 99)] == pytest.approx([1.0, 0.5, 0.5])
    assert build(relaxation=2.0, final_relaxation=0.5).temperature(0) == 0.5


def test_microbatches_are_one_batch() -> None:
    weights = []
    for microbatches in (1, 2):
        game = build()
        updates = updates_of(game)
        updates.microbatches = microbatches
        for _ in range(2):
            updates.step(REAL)
        weights.append(torch.cat([weight.detach().flatten() for weight in game.parameters()]))
    torch.testing.assert_close(*weights, rtol=1e-3, atol=1e-4)


def test_settings_and_generators_that_do_not_fit_are_refused() -> None:
    for settings, message in (
        ({"pretraining_steps": -1}, "pretraining_steps must be at least 0"),
        ({"likelihood": -0.1}, "likelihood must be at least 0"),
        ({"relaxation": 0.0}, "relaxation must be above 0"),
        ({"final_relaxation": -1.0}, "final_relaxation must be above 0"),
        ({"annealing_steps": -1}, "annealing_steps must be at least 0"),
    ):
        with pytest.raises(ValueError, match=message):
            build(**settings)
    with pytest.raises(ValueError, match="needs the likelihood of sequences, which Linear does not have"):
        build(generator=lambda spec: torch.nn.Linear(1, 1))
    with pytest.raises(ValueError, match="Likelihood needs the likelihood of sequences, which MLP does not have"):
        Likelihood(SPEC, MLP, Gumbel()).fit(Normal(2))


def settings_of(folder: Path, *more: str) -> list[str]:
    path = write_lines(folder / "lines.txt")
    data = ["data=text_file", f"data.path={path}"]
    return [*data, *NETWORKS, *NARROW, *QUIET, "game=gumbel", "batch_size=8", *more]


def test_a_run_that_is_resumed_in_any_phase_is_an_uninterrupted_one_bit_for_bit(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    phases = settings_of(tmp_path, "game.pretraining_steps=3", "game.discriminator_steps=1")
    go(tmp_path / "whole", *phases, "iterations=7")
    for step in (2, 4, 6):  # of the likelihood, of the discriminator alone, and of both
        stop = ["callback.stop._target_=support.small_runs.Stop", f"callback.stop.at={step}"]
        assert go(tmp_path / "parts", *phases, *stop, "iterations=7").interrupted
    go(tmp_path / "parts", *phases, "iterations=7")
    assert_same(state(tmp_path / "whole"), state(tmp_path / "parts"))
    assert any("game.pretrained." in name for name in state(tmp_path / "whole"))


def test_a_run_needs_a_share_of_adversarial_steps(tmp_path: Path) -> None:
    (issue,) = issues_of(
        *settings_of(tmp_path, "iterations=10", "game.pretraining_steps=7", "game.discriminator_steps=1")
    )
    assert issue == (
        "game.pretraining_steps=7 + game.discriminator_steps=1 is more than 70 % of iterations=10, so too little is "
        "adversarial; lower it, raise iterations to at least 12, or write game=likelihood for no adversary"
    )
