"""The bilinear game min over x, max over y of xy, in which simultaneous gradient steps diverge."""

import numpy as np
import pytest
import torch
from support.small_runs import POINTS, assert_same, go, state

from ganlab.augments import Identity
from ganlab.core.interfaces import Batch, Spec
from ganlab.games import AdversarialGame
from ganlab.latents import Normal
from ganlab.losses import Wasserstein
from ganlab.optimizers import ExtraAdam, ExtraSGD, OptimisticAdam, OptimisticSGD
from ganlab.schedules import Simultaneous


@pytest.fixture
def radii_of(bench, dirac):
    """Return a function that trains the bilinear game (the Dirac-GAN with the Wasserstein loss): |(θ, ψ)| per step."""

    def train(optimizer, steps, lr):
        game = AdversarialGame(Spec((1,)), *dirac, Wasserstein(), {}, Identity(), Normal(1))
        stub, path = bench(game, lr=lr, optimizer=optimizer, schedule=Simultaneous()), []
        for _ in range(steps):
            stub.run([Batch(torch.zeros(2, 1))])
            path.append((game.generator.theta.item(), game.discriminator.psi.item()))
        return np.hypot(*np.array(path).T)

    return train


def test_gradient_descent_diverges_by_its_eigenvalue(radii_of):
    radii = radii_of(torch.optim.SGD, 100, lr=0.1)
    np.testing.assert_allclose(radii, 2**0.5 * 1.01 ** (np.arange(1, 101) / 2), rtol=1e-4)


def test_adam_does_not_converge(radii_of):
    assert radii_of(torch.optim.Adam, 1500, lr=0.02)[-300:].min() > 0.5


@pytest.mark.parametrize("lr", [0.1, 0.5])
def test_extragradient_converges_by_its_eigenvalue(radii_of, lr):
    # z ← z − h F(z − h F(z)) with F a quarter turn: |1 − h² ± ih|² = 1 − h² + h⁴ for every pair of steps.
    radii = radii_of(ExtraSGD, 60, lr)[1::2]
    np.testing.assert_allclose(radii, 2**0.5 * (1 - lr**2 + lr**4) ** (np.arange(1, 31) / 2), rtol=1e-3)


def test_every_other_step_only_extrapolates(radii_of):
    # The first step leads to z − h F(z), whose radius is larger; the second one starts from z again.
    radii = radii_of(ExtraSGD, 2, 0.1)
    assert radii == pytest.approx([2**0.5 * 1.01**0.5, 2**0.5 * (1 - 0.01 + 0.0001) ** 0.5], rel=1e-5)


@pytest.mark.parametrize("optimizer", [ExtraAdam, OptimisticAdam])
@pytest.mark.slow
def test_extra_adam_and_optimistic_adam_converge_unlike_adam(radii_of, optimizer):
    assert radii_of(lambda weights, lr: optimizer(weights, lr, betas=(0.0, 0.9)), 1500, lr=0.02)[-300:].max() < 0.2


@pytest.mark.parametrize("lr", [0.1, 0.4])
def test_optimistic_steps_converge_by_their_eigenvalue(radii_of, lr):
    # z⁺ = z + 2hF(z) − hF(z⁻) with F a quarter turn: λ² = λ (1 + 2hi) − hi.
    radii = radii_of(OptimisticSGD, 60, lr)
    root = np.abs(np.roots([1, -1 - 2j * lr, 1j * lr])).max()
    np.testing.assert_allclose(radii[40:] / radii[39:-1], root, rtol=1e-3)


def test_optimistic_adam_follows_its_formula():
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(5, dtype=torch.float64))
    optimizer = OptimisticAdam([weight], lr=0.1, betas=(0.6, 0.8), eps=1e-3)
    expected, mean, square, before = weight.detach().numpy().copy(), 0.0, 0.0, None
    for step in range(1, 6):
        gradient = np.sin(expected * step)
        weight.grad = torch.from_numpy(gradient.copy())
        optimizer.step()
        mean, square = 0.6 * mean + 0.4 * gradient, 0.8 * square + 0.2 * gradient**2
        now = mean / (1 - 0.6**step) / (np.sqrt(square / (1 - 0.8**step)) + 1e-3)
        expected = expected - 0.1 * (now if before is None else 2 * now - before)
        before = now
        np.testing.assert_allclose(weight.detach().numpy(), expected, rtol=1e-10)


def test_extra_adam_makes_two_steps_of_adam_from_the_same_weights():
    torch.manual_seed(0)
    start = torch.randn(4)
    gradients = [torch.randn(4), torch.randn(4)]
    weight, plain = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    extra, adam = ExtraAdam([weight], lr=0.1, betas=(0.5, 0.9)), torch.optim.Adam([plain], lr=0.1, betas=(0.5, 0.9))
    for gradient in gradients:
        weight.grad, plain.grad = gradient.clone(), gradient.clone()
        extra.step()
        plain.data.copy_(start)
        adam.step()
    assert torch.equal(weight, plain)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["extragradient", "extragradient_sgd", "optimistic_adam", "optimistic_sgd"])
@pytest.mark.parametrize("at", [2, 3])
def test_a_run_is_resumed_exactly_between_and_within_pairs(tmp_path, name, at):
    settings = [*POINTS, f"optimizer={name}", "gradient_clip_norm=0.5"]
    go(tmp_path / "whole", *settings)
    go(tmp_path / "cut", *settings, f"iterations={at}")
    go(tmp_path / "cut", *settings)
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))


def test_values_out_of_range_are_rejected():
    weights = [torch.nn.Parameter(torch.zeros(1))]
    for settings, sentence in [
        ({"lr": -1}, "lr must be at least 0, got -1"),
        ({"betas": (0.5, 1.0)}, r"betas must be two numbers of at least 0 and below 1, got \[0.5, 1.0\]"),
        ({"eps": 0}, "eps must be above 0, got 0"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            OptimisticAdam(weights, **settings)
    with pytest.raises(ValueError, match="lr must be at least 0, got -1"):
        OptimisticSGD(weights, lr=-1)
