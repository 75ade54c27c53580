"""The Dirac-GAN's Jacobians at (0, 0) against closed forms (Mescheder et al. 2018, sections 2 to 4)."""

from functools import partial

import numpy as np
import pytest
import torch
from torch.optim import SGD, Adam, RMSprop

from ganlab.augments import Identity
from ganlab.core.interfaces import Batch, Spec
from ganlab.games import AdversarialGame
from ganlab.games.theory import NotAtEquilibriumError, NotDifferentiableError, field_jacobian, spectral_radius, step_map
from ganlab.latents import Normal
from ganlab.losses import Hinge, Minimax, NonSaturating, RelativisticAverage, Wasserstein
from ganlab.optimizers import ExtraSGD, OptimisticAdam, OptimisticSGD
from ganlab.regularizers import L1, R1, R2, Consensus, GradientPenalty, InstanceNoise, LeCam, WeightClip
from ganlab.schedules import Alternating, Simultaneous

H = 0.2
REAL = Batch(torch.zeros(4, 1))
EXACT = {"rel": 1e-6, "abs": 1e-6}  # a double eigenvalue has the square root of a single one's rounding error


@pytest.fixture
def dirac_at_0(dirac):
    """Return a function that builds a Dirac-GAN at θ = ψ = 0."""
    generator, discriminator = (partial(network, start=0.0) for network in dirac)

    def build(loss, *terms):
        regularizers = {type(term).__name__: term for term in terms}
        return AdversarialGame(Spec((1,)), generator, discriminator, loss, regularizers, Identity(), Normal(1))

    return build


def players(optimizer, **settings):
    return dict.fromkeys(("discriminator", "generator"), partial(optimizer, lr=H, **settings))


def eigenvalues(matrix):
    return np.sort_complex(torch.linalg.eigvals(matrix).numpy())


@pytest.mark.parametrize(
    ("loss", "slope"),
    [(Wasserstein(), 1.0), (Hinge(), 1.0), (Minimax(), 0.5), (NonSaturating(), 0.5), (RelativisticAverage(), 1.0)],
    ids=lambda x: type(x).__name__,
)
def test_without_regularization_the_field_rotates_with_the_slope_at_0(dirac_at_0, loss, slope):
    # Lemma 2.3: ± f'(0) i.
    np.testing.assert_allclose(
        eigenvalues(field_jacobian(dirac_at_0(loss), REAL)), [-slope * 1j, slope * 1j], atol=1e-7
    )


@pytest.mark.parametrize("term", [R1, R2])
@pytest.mark.parametrize("weight", [0.3, 0.9, 4.0])
def test_a_penalty_on_the_gradient_damps(dirac_at_0, term, weight):
    # Section 4.1: −γ/2 ± √(γ²/4 − f'(0)²).
    jacobian = field_jacobian(dirac_at_0(NonSaturating(), term(weight)), REAL)
    root = np.emath.sqrt(weight**2 / 4 - 0.25)
    np.testing.assert_allclose(
        eigenvalues(jacobian), np.sort_complex([-weight / 2 - root, -weight / 2 + root]), atol=1e-7
    )


def test_consensus_damps_both(dirac_at_0):
    jacobian = field_jacobian(dirac_at_0(Wasserstein(), Consensus(0.5)), REAL)
    np.testing.assert_allclose(eigenvalues(jacobian), [-0.5 - 1j, -0.5 + 1j], atol=1e-7)


def largest(*roots):
    return max(abs(root) for root in np.ravel(roots))


def optimistic(mu):
    # x⁺ = x + 2hμx − hμx⁻: λ² = λ (1 + 2hμ) − hμ.
    return np.roots([1, -1 - 2 * H * mu, H * mu])


def heavy(mu, beta=0.5):
    # x⁺ = x + hm⁺, m⁺ = βm + μx: λ² − (1 + β + hμ) λ + β = 0.
    return np.roots([1, -1 - beta - H * mu, beta])


STEPS = [
    (SGD, {}, Simultaneous(), abs(1 + 1j * H), 1),
    (SGD, {}, Alternating(), 1.0, 1),
    (SGD, {"momentum": 0.5}, Simultaneous(), largest(heavy(1j), heavy(-1j)), 1),
    (ExtraSGD, {}, Simultaneous(), abs(1 + 1j * H - H**2) ** 0.5, 2),
    (OptimisticSGD, {}, Simultaneous(), largest(optimistic(1j), optimistic(-1j)), 1),
    # With ε = 1 and no averages, g / (|g| + 1) is g near 0.
    (OptimisticAdam, {"betas": (0.0, 0.0), "eps": 1.0}, Simultaneous(), largest(optimistic(1j), optimistic(-1j)), 1),
    # Two discriminator updates per generator update: ψ ← ψ − hθ twice, then θ ← θ + hψ.
    (SGD, {}, Alternating(generator=2), 1.0, 2),
    (SGD, {}, Simultaneous(generator=2), (1 + H**2) ** 0.25, 2),
]


@pytest.mark.parametrize(("optimizer", "settings", "schedule", "radius", "cycle"), STEPS)
def test_the_real_step_has_the_spectral_radius_of_the_closed_form(
    dirac_at_0, optimizer, settings, schedule, radius, cycle
):
    result = step_map(dirac_at_0(Wasserstein()), schedule, players(optimizer, **settings), REAL)
    assert (result.radius, result.cycle) == (pytest.approx(radius, **EXACT), cycle)


@pytest.mark.parametrize("weight", [0.5, 1.5, 3.0])
def test_alternating_r1_is_the_product_of_both_updates(dirac_at_0, weight):
    discriminator = np.array([[1 - H * weight, -H / 2], [0, 1]])  # of (ψ, θ)
    generator = np.array([[1, 0], [H / 2, 1]])
    result = step_map(dirac_at_0(NonSaturating(), R1(weight)), Alternating(), players(SGD), REAL)
    np.testing.assert_allclose(result.jacobian, generator @ discriminator, atol=1e-8)
    assert result.radius == pytest.approx(largest(np.linalg.eigvals(generator @ discriminator)), **EXACT)


def test_a_step_is_one_plus_h_times_the_field(dirac_at_0):
    game = dirac_at_0(Minimax(), R2(0.7))
    result = step_map(game, Simultaneous(), players(SGD), REAL)
    field = field_jacobian(game, REAL)
    torch.testing.assert_close(result.jacobian, torch.eye(2, dtype=torch.float64) + H * field, rtol=0, atol=1e-8)


def test_lazy_terms_act_once_a_cycle(dirac_at_0):
    # ψ ← (1 − 2hγ) ψ at every other step, in addition to the unregularized update.
    rotation = np.array([[1, -H], [H, 1]])
    damped = rotation + np.array([[-2 * H * 0.4, 0], [0, 0]])
    result = step_map(dirac_at_0(Wasserstein(), R1(0.4, every=2)), Simultaneous(), players(SGD), REAL, cycle=2)
    assert result.radius == pytest.approx(largest(np.linalg.eigvals(rotation @ damped)) ** 0.5, **EXACT)


def test_buffers_of_a_regularizer_are_part_of_the_map(dirac_at_0):
    # LeCam's means of logits are of second order and decay by themselves; its count of updates is a counter.
    result = step_map(dirac_at_0(Wasserstein(), R1(1.0), LeCam(0.3, decay=0.97)), Simultaneous(), players(SGD), REAL)
    assert result.radius == pytest.approx(0.97, abs=1e-6)
    assert len(result.jacobian) == 2 + 2 + 3  # weights, means, and the sums behind the means


def test_within_its_bounds_weight_clipping_has_no_effect(dirac_at_0):
    result = step_map(dirac_at_0(Wasserstein(), WeightClip(0.01)), Simultaneous(), players(SGD), REAL)
    assert result.radius == pytest.approx(abs(1 + 1j * H), **EXACT)


@pytest.mark.parametrize("term", [L1(0.1), GradientPenalty(1.0)], ids=lambda term: type(term).__name__)
def test_a_kink_has_no_derivative(dirac_at_0, term):
    with pytest.raises(NotDifferentiableError):
        step_map(dirac_at_0(Wasserstein(), term), Simultaneous(), players(SGD), REAL)
    with pytest.raises(NotDifferentiableError):
        field_jacobian(dirac_at_0(Wasserstein(), term), REAL)


@pytest.mark.parametrize("optimizer", [Adam, RMSprop, OptimisticAdam])
def test_optimizers_that_normalise_the_gradient_are_not_differentiable_at_0(dirac_at_0, optimizer):
    with pytest.raises(NotDifferentiableError):
        step_map(dirac_at_0(Wasserstein()), Alternating(), players(optimizer), REAL)


def test_with_noise_the_point_is_not_an_equilibrium(dirac_at_0):
    with pytest.raises(NotAtEquilibriumError, match=r"the players move away from .*, so it is not an equilibrium"):
        step_map(dirac_at_0(Wasserstein(), InstanceNoise(1.0)), Alternating(), players(SGD), REAL)


def test_other_points_are_refused_and_the_game_is_unchanged(dirac):
    game = AdversarialGame(Spec((1,)), *dirac, Wasserstein(), {}, Identity(), Normal(1))
    with pytest.raises(NotAtEquilibriumError):
        step_map(game, Alternating(), players(SGD), REAL)
    assert game.generator.theta.item() == 1.0
    assert game.generator.theta.dtype == torch.float32


def test_the_spectral_radius_of_a_scaled_rotation_is_its_scale():
    assert spectral_radius(torch.tensor([[0.0, -2.0], [2.0, 0.0]])) == pytest.approx(2.0)
