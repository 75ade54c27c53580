"""The Dirac-GAN of Mescheder et al. 2018 (ICML): G(z) = θ, D(x) = ψ x, data at 0, from θ = ψ = 1 with plain SGD.

Each row of the tables below is what the paper proves about one method, which a term passes only with the right sign,
scale and graph. In addition, measured trajectories are compared with the exact discrete update, computed in numpy.
"""

import math

import numpy as np
import pytest
import torch

from ganlab.augments import Identity
from ganlab.core.interfaces import Batch, Spec
from ganlab.games import AdversarialGame
from ganlab.latents import Normal
from ganlab.losses import (
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    RelativisticAverage,
    RelativisticPairing,
    Wasserstein,
)
from ganlab.regularizers import L2, R1, R2, Consensus, Dragan, GradientPenalty, InstanceNoise, WeightClip
from ganlab.schedules import Alternating, Simultaneous

LR, STEPS = 0.1, 400
START = math.sqrt(2)


@pytest.fixture
def train_path(bench, dirac):
    """Return a function that trains a Dirac-GAN and returns (θ, ψ) after every step, shape (steps, 2)."""

    def train(loss, terms=(), schedule=None, steps=STEPS, batch_size=2, lr=LR):
        generator, discriminator = dirac
        regularizers = {type(term).__name__: term for term in terms}
        game = AdversarialGame(Spec((1,)), generator, discriminator, loss, regularizers, Identity(), Normal(1))
        run = bench(game, lr=lr, schedule=schedule or Alternating())
        batch, path = Batch(torch.zeros(batch_size, 1)), []
        for _ in range(steps):
            run.run([batch])
            path.append((game.generator.theta.item(), game.discriminator.psi.item()))
        return np.array(path)

    return train


def radius(path):
    return np.hypot(*path[-1])


# Loss, regularizers, schedule, and the bounds of the end radius |(θ, ψ)|, which starts at 1.41.
NEVER_CONVERGES = [
    # Section 2: without regularization the field rotates around the equilibrium, with the eigenvalues ± f'(0) i.
    (Wasserstein(), (), Alternating(), (1.3, 1.45)),
    (Minimax(), (), Alternating(), (1.3, 1.45)),
    (Hinge(), (), Alternating(), (1.2, 1.6)),  # −ψθ within its margin: Wasserstein's field
    # Near it, every simultaneous step grows by |1 + h f'(0) i| > 1; with Wasserstein everywhere.
    (Wasserstein(), (), Simultaneous(), (10.3, 10.4)),
    (Minimax(), (), Simultaneous(), (1.9, 2.1)),
    (NonSaturating(), (), Simultaneous(), (0.5, 0.6)),  # between growth near the equilibrium and damping far from it
    # Section 3: WGAN-GP's field has no fixed point to converge to, because |∇D| = 1 does not hold at ψ = 0.
    (Wasserstein(), (GradientPenalty(0.5),), Alternating(), (0.9, 3.0)),
    (Wasserstein(), (Dragan(0.5),), Alternating(), (0.9, 3.0)),
    # Section 3: neither does WGAN with clipped weights, which is not regularized while |ψ| < c.
    (Wasserstein(), (WeightClip(1.0),), Alternating(), (0.7, 2.0)),
]
CONVERGES = [
    # Sections 3 and 4.1: R1 and R2 give the eigenvalues a negative real part.
    (Wasserstein(), (R1(1.0),), Alternating()),
    (Wasserstein(), (R2(1.0),), Alternating()),
    (Wasserstein(), (R1(1.0),), Simultaneous()),
    (NonSaturating(), (R1(0.5),), Alternating()),
    (NonSaturating(), (R2(0.5),), Alternating()),
    (NonSaturating(), (R1(0.5),), Simultaneous()),
    (Minimax(), (R1(0.5),), Alternating()),
    (Hinge(), (R1(1.0),), Alternating()),
    # With target 0, the penalty between the samples is also zero-centred.
    (Wasserstein(), (GradientPenalty(0.5, target=0.0),), Alternating()),
    # D is linear, so half its squared weight is its R1.
    (Wasserstein(), (L2(1.0),), Alternating()),
    # Consensus optimization (Mescheder et al. 2017) damps both players.
    (Wasserstein(), (Consensus(0.5),), Alternating()),
    (Wasserstein(), (Consensus(0.5),), Simultaneous()),
    (NonSaturating(), (Consensus(2.0),), Alternating()),
    # R3GAN (Huang et al. 2024): the pairing loss with R1 and R2.
    (RelativisticPairing(), (R1(0.25), R2(0.25)), Alternating()),
]


def label(value):
    if isinstance(value, tuple) and value and isinstance(value[0], float):
        return "radius"
    return "+".join(type(x).__name__ for x in value) or "none" if isinstance(value, tuple) else type(value).__name__


@pytest.mark.parametrize(("loss", "terms", "schedule", "bounds"), NEVER_CONVERGES, ids=label)
def test_does_not_converge(train_path, loss, terms, schedule, bounds):
    path = train_path(loss, terms, schedule)
    assert bounds[0] < radius(path) < bounds[1]
    # A single coordinate passes through 0, so the distance over the whole last rotation counts.
    assert np.hypot(*path[-80:].T).min() > 0.4


@pytest.mark.parametrize(("loss", "terms", "schedule"), CONVERGES, ids=label)
def test_converges(train_path, loss, terms, schedule):
    assert radius(train_path(loss, terms, schedule)) < 0.02


def test_non_saturating_converges_only_sublinearly(train_path):
    # Its eigenvalues are imaginary, too; the damping is of third order, so the radius falls as steps^(−1/2).
    distance = np.hypot(*train_path(NonSaturating(), steps=1600).T)
    assert distance[399] == pytest.approx(0.425, abs=0.02)
    assert distance[1599] / distance[399] == pytest.approx(0.5, abs=0.05)


def test_instance_noise_converges(train_path):
    # Section 3: noise on real and fake damps the rotation; a large batch averages out the noise itself.
    path = train_path(NonSaturating(), (InstanceNoise(1.0),), batch_size=512)
    assert np.hypot(*path[-80:].T).max() < 0.15


def test_decayed_instance_noise_does_not_damp(train_path):
    noisy = train_path(NonSaturating(), (InstanceNoise(1.0, decay_steps=2),), batch_size=512)
    assert radius(noisy) > 0.35


def test_simultaneous_wasserstein_grows_by_its_eigenvalue(train_path):
    # |1 ± ih|² = 1 + h² exactly, at every step.
    path = train_path(Wasserstein(), (), Simultaneous())
    expected = START * (1 + LR**2) ** (np.arange(1, STEPS + 1) / 2)
    np.testing.assert_allclose(np.hypot(*path.T), expected, rtol=1e-4)


def test_alternating_wasserstein_keeps_its_invariant(train_path):
    # ψ ← ψ − hθ, then θ ← θ + hψ, keeps θ² + ψ² − hθψ constant: an ellipse.
    path = train_path(Wasserstein())
    theta, psi = path.T
    np.testing.assert_allclose(theta**2 + psi**2 - LR * theta * psi, 2 - LR, rtol=1e-4)


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


# ∂L_D/∂D(G(z)) at (D(x) = 0, D(G(z)) = t), and ∂L_G/∂D(G(z)): real samples at 0 give ψ no gradient.
SLOPES = [
    (Wasserstein(), lambda t: 1.0, lambda t: -1.0),
    (NonSaturating(), sigmoid, lambda t: -sigmoid(-t)),
    (Minimax(), sigmoid, lambda t: -sigmoid(t)),
    (Hinge(), lambda t: float(t > -1), lambda t: -1.0),
    (LeastSquares(), lambda t: t, lambda t: t - 1),
    (RelativisticPairing(), sigmoid, lambda t: -sigmoid(-t)),
    # Every sample is the same, so all means are the samples: log σ(−t) twice.
    (RelativisticAverage(), lambda t: 2 * sigmoid(t), lambda t: -2 * sigmoid(-t)),
]
# Derivative of the weighted term by ψ.
DAMPING = [
    ((), lambda theta, psi: 0.0),
    ((R1(0.3),), lambda theta, psi: 0.3 * psi),
    ((R2(0.3),), lambda theta, psi: 0.3 * psi),
    ((R1(0.2), R2(0.3)), lambda theta, psi: 0.5 * psi),
    ((GradientPenalty(0.3),), lambda theta, psi: 0.3 * 2 * (abs(psi) - 1) * np.sign(psi)),
    ((Dragan(0.3),), lambda theta, psi: 0.3 * 2 * (abs(psi) - 1) * np.sign(psi)),
    ((L2(0.3),), lambda theta, psi: 0.3 * psi),
]


def exact(slope_d, slope_g, damping, steps, simultaneous=False, clip=np.inf, every=1, n_critic=1):
    """Iterate the discrete update in float64."""
    theta = psi = 1.0
    path = []
    for step in range(steps):
        gain = every * (step % every == 0)
        before = psi
        psi = psi - LR * (slope_d(psi * theta) * theta + gain * damping(theta, psi))
        psi = float(np.clip(psi, -clip, clip))
        current = before if simultaneous else psi
        if (step + 1) % n_critic == 0:
            theta = theta - LR * slope_g(current * theta) * current
        path.append((theta, psi))
    return np.array(path)


@pytest.mark.parametrize("schedule", [Alternating(), Simultaneous()], ids=label)
@pytest.mark.parametrize(("terms", "damping"), DAMPING, ids=lambda v: label(v) if isinstance(v, tuple) else "")
@pytest.mark.parametrize(("loss", "slope_d", "slope_g"), SLOPES, ids=lambda v: "" if callable(v) else label(v))
def test_every_step_is_the_exact_discrete_update(train_path, loss, slope_d, slope_g, terms, damping, schedule):
    simultaneous = isinstance(schedule, Simultaneous)
    path = train_path(loss, terms, schedule, steps=25)
    expected = exact(slope_d, slope_g, damping, 25, simultaneous)
    np.testing.assert_allclose(path, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("gamma", [0.1, 0.5])
def test_consensus_steps_are_exact(train_path, gamma):
    # ψ ← ψ − h (θ + γψ), then θ ← θ − h (−ψ + γθ): both losses have the term ½γ(θ² + ψ²).
    theta = psi = 1.0
    expected = []
    for _ in range(30):
        psi = psi - LR * (theta + gamma * psi)
        theta = theta - LR * (-psi + gamma * theta)
        expected.append((theta, psi))
    np.testing.assert_allclose(train_path(Wasserstein(), (Consensus(gamma),), steps=30), expected, rtol=1e-4, atol=1e-5)


def test_clipping_steps_are_exact(train_path):
    path = train_path(Wasserstein(), (WeightClip(0.8),), steps=60)
    expected = exact(lambda t: 1.0, lambda t: -1.0, lambda theta, psi: 0.0, 60, clip=np.float32(0.8))
    np.testing.assert_allclose(path, expected, rtol=1e-4, atol=1e-5)
    assert np.abs(path[:, 1]).max() == pytest.approx(0.8)


@pytest.mark.parametrize(("every", "n_critic"), [(4, 1), (1, 3), (4, 3)])
def test_lazy_and_n_critic_steps_are_exact(train_path, every, n_critic):
    path = train_path(Wasserstein(), (R1(0.2, every),), Alternating(generator=n_critic), steps=40)
    expected = exact(lambda t: 1.0, lambda t: -1.0, lambda theta, psi: 0.2 * psi, 40, every=every, n_critic=n_critic)
    np.testing.assert_allclose(path, expected, rtol=1e-4, atol=1e-5)
