"""Duality gaps of the Dirac-GAN, G(z) = θ and D(x) = ψ x with data at 0 (Mescheder et al. 2018), in closed form."""

import math
from functools import partial
from typing import Any

import pytest
import torch
from support.metric_contexts import assert_unchanged, build_context, build_game, disturbable_game
from support.metric_sources import Points, normal

from ganlab import discriminators, generators
from ganlab.core.interfaces import Batch, Spec
from ganlab.features import Identity
from ganlab.games import BiGAN
from ganlab.latents import Normal
from ganlab.losses import Hinge, NonSaturating, Wasserstein
from ganlab.metrics import DualityGap
from ganlab.regularizers import R1, Dragan, GradientPenalty, InstanceNoise, WeightClip

LINE = Spec((1,))
ZERO = Batch(torch.zeros(6, 1))


def gap_of(context: Any, **settings: float) -> float:
    settings = {"steps": 40, "lr": 0.01, "samples": 100, "batch_size": 4} | settings
    return DualityGap(Identity(Points()), **settings).measure(context)["duality_gap"]


@pytest.fixture
def gap(dirac):
    """Return the duality gap of a Dirac-GAN at (θ, ψ)."""

    def measure(theta, psi, loss=None, terms=(), **settings):
        game = build_game(*dirac, LINE, loss or NonSaturating(), Normal(1), terms)
        with torch.no_grad():
            game.generator.theta.fill_(theta)
            game.discriminator.psi.fill_(psi)
        with assert_unchanged(game):
            return gap_of(build_context(game, LINE, train=ZERO, test=ZERO), **settings)

    return measure


@pytest.mark.parametrize("loss", [Wasserstein(), NonSaturating(), Hinge()], ids=lambda loss: type(loss).__name__)
@pytest.mark.parametrize("terms", [(), (R1(10),)], ids=["bare", "r1"])
def test_the_equilibrium_has_no_gap_and_other_points_have_one(gap, loss, terms):
    assert gap(0, 0, loss, terms) == 0
    near, far = gap(0.1, 0.1, loss, terms), gap(1, 0.2, loss, terms)
    assert 0 < near < far


@pytest.mark.parametrize(("theta", "psi"), [(1, 1), (-0.5, 2), (3, 0), (0, -1)])
def test_the_gap_of_a_bilinear_game_is_the_distance_that_adam_moves(gap, theta, psi):
    # M = −ψθ has gradients of one sign, so each update of Adam is lr: the gap is steps · lr · (|θ| + |ψ|).
    assert gap(theta, psi, Wasserstein()) == pytest.approx(40 * 0.01 * (abs(theta) + abs(psi)), rel=1e-4)


def test_the_best_answers_of_a_logistic_game_are_found(gap):
    # At θ = 1 the best D' has an output of 0 at 0 and → −∞ at 1: M → −ln 2. At ψ = 0 every G' has −2 ln 2.
    assert gap(1, 0, steps=300, lr=0.1) == pytest.approx(math.log(2), abs=0.01)


def test_weight_clipping_bounds_the_worst_case_discriminator(gap):
    # ψ moves to −0.2 and no farther, with M = 0.2; θ moves from 1 to 2, with M = −1.
    assert gap(1, 0.5, Wasserstein(), (WeightClip(0.2),), steps=100) == pytest.approx(1.2, rel=1e-4)


def test_schedules_are_at_the_step_of_training(dirac):
    game = build_game(*dirac, LINE, Wasserstein(), Normal(1), (InstanceNoise(5, decay_steps=1000),))
    noisy, clean = (gap_of(build_context(game, LINE, step=step, train=ZERO, test=ZERO)) for step in (0, 1000))
    assert clean == pytest.approx(40 * 0.01 * 2, rel=1e-4)  # (θ, ψ) = (1, 1), see above
    assert abs(noisy - clean) > 0.1


def test_all_weights_of_a_player_are_trained_with_it(monkeypatch):
    game = BiGAN(
        Spec((2,)),
        partial(generators.MLP, widths=(4,)),
        partial(discriminators.MLP, widths=(4,)),
        NonSaturating(),
        {},
        Normal(2),
    )
    updated = []
    monkeypatch.setattr(torch.optim.Adam, "step", lambda self: updated.append(self.param_groups[0]["params"]))
    points = Batch(torch.randn(8, 2))
    gap_of(build_context(game, Spec((2,)), train=points, test=points), steps=1)
    assert list(map(len, updated)) == [len(game.weights(name)) for name in ("discriminator", "generator")]
    assert len(game.weights("generator")) > len(list(game.sampler.parameters()))


def test_the_gap_is_measured_on_held_out_samples(dirac):
    game = build_game(*dirac, LINE, Wasserstein(), Normal(1))
    test = Batch(torch.full((6, 1), 5.0))
    # M = ψ (x − θ): with training samples at 0, ψ decreases from 1 to 0.6 at θ = 1, but held-out samples are at 5.
    expected = (0.6 - 1) * 4 + 40 * 0.01
    assert gap_of(build_context(game, LINE, train=ZERO, test=test)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("terms", [(), (R1(1, every=2), GradientPenalty(1), Dragan(1))], ids=["bare", "penalties"])
def test_the_game_is_unchanged_and_the_gap_is_reproducible(terms):
    spec = Spec((2,), cond=(), classes=3)
    game, batch = disturbable_game(spec, terms=terms), Batch(normal(65, 2), torch.arange(65) % 3)
    context = build_context(game, spec, train=batch, test=batch)
    with assert_unchanged(game), torch.no_grad():  # evaluation may run without gradients
        first = gap_of(context, batch_size=64, steps=5)
    torch.rand(3)
    assert gap_of(context, batch_size=64, steps=5) == first
    assert math.isfinite(first)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"samples": 1}, "samples must be at least 2, got 1"),
        ({"batch_size": 1}, "batch_size must be at least 2, got 1"),
        ({"lr": 0.0}, "lr must be above 0, got 0"),
    ],
)
def test_settings_are_checked(settings, message):
    with pytest.raises(ValueError, match=f"metric.duality_gap.{message}"):
        DualityGap(Identity(Points()), **settings)


def test_an_empty_split_is_reported(dirac):
    with pytest.raises(ValueError, match="metric=duality_gap needs test samples, but this data has none"):
        gap_of(build_context(build_game(*dirac, LINE), LINE, train=ZERO))
