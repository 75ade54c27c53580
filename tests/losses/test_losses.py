from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

import ganlab
from ganlab.config import conf_directory, instantiate
from ganlab.core.interfaces import DiscriminatorOutput
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.random import Random
from ganlab.losses import Hinge, LeastSquares, Minimax, NonSaturating, RelativisticPairing

NAMES = sorted(path.stem for path in Path(conf_directory(), "loss").glob("*.yaml"))


def build(name, *settings):
    probability = ["discriminator.head=tanh_probability"] if name.endswith("_probability") else []
    return instantiate(ganlab.compose([f"loss={name}", *probability, *settings]).loss)


# With the settings of the yaml files; only tests of other settings compose a configuration.
LOSSES = {name: instantiate(OmegaConf.load(conf_directory() / "loss" / f"{name}.yaml")) for name in NAMES}
RELATIVISTIC = [name for name, loss in LOSSES.items() if loss.relativistic]
SMOOTHED = [name for name, loss in LOSSES.items() if "smoothing" in vars(loss)]


def log_sigmoid(t):
    return -np.logaddexp(0, -t)


# The papers' formulas in numpy, as printed: discriminator(real, fake) and generator(fake, real).
PAPERS = {
    "minimax": (
        lambda r, f: -log_sigmoid(r) - log_sigmoid(-f),
        lambda f, r: log_sigmoid(-f),
    ),
    "non_saturating": (
        lambda r, f: -log_sigmoid(r) - log_sigmoid(-f),
        lambda f, r: -log_sigmoid(f),
    ),
    "minimax_probability": (
        lambda r, f: -np.log(r) - np.log(1 - f),
        lambda f, r: np.log(1 - f),
    ),
    "non_saturating_probability": (
        lambda r, f: -np.log(r) - np.log(1 - f),
        lambda f, r: -np.log(f),
    ),
    "hinge": (
        lambda r, f: -np.minimum(0, r - 1) - np.minimum(0, -f - 1),
        lambda f, r: -f,
    ),
    "least_squares": (
        lambda r, f: 0.5 * (r - 1) ** 2 + 0.5 * (f - 0) ** 2,
        lambda f, r: 0.5 * (f - 1) ** 2,
    ),
    "wasserstein": (
        lambda r, f: f - r,
        lambda f, r: -f,
    ),
    "relativistic_pairing": (
        lambda r, f: -log_sigmoid(r - f),
        lambda f, r: -log_sigmoid(f - r),
    ),
    "relativistic_average": (
        lambda r, f: -log_sigmoid(r - f.mean(0)) - log_sigmoid(-(f - r.mean(0))),
        lambda f, r: -log_sigmoid(f - r.mean(0)) - log_sigmoid(-(r - f.mean(0))),
    ),
}

LOG2 = 0.6931471805599453
# At D(x) = (2, −1), D(G(z)) = (0, 1), computed by hand: log(1 + e^−2) = 0.126928, log(1 + e) = 1.313262, …
BY_HAND = {
    "minimax": ([0.126928 + LOG2, 1.313262 + 1.313262], [-LOG2, -1.313262]),
    "non_saturating": ([0.126928 + LOG2, 2 * 1.313262], [LOG2, 0.313262]),
    "hinge": ([0 + 1, 2 + 2], [0, -1]),
    "least_squares": ([0.5 + 0, 2 + 0.5], [0.5, 0]),
    "wasserstein": ([-2, 2], [0, -1]),
    # pairs: D(x) − D(G(z)) = (2, −2)
    "relativistic_pairing": ([0.126928, 2.126928], [2.126928, 0.126928]),
    # both means are 0.5: D(x) − ½ = (1.5, −1.5), D(G(z)) − ½ = (−0.5, 0.5)
    "relativistic_average": (
        [0.201413 + 0.474077, 1.701413 + 0.974077],
        [0.974077 + 1.701413, 0.474077 + 0.201413],
    ),
}
PROBABILITIES_BY_HAND = {
    # p(x) = (½, ¼), p(G(z)) = (½, ¾): logarithms of ½ and ¼
    "minimax_probability": ([2 * LOG2, 4 * LOG2], [-LOG2, -2 * LOG2]),
    "non_saturating_probability": ([2 * LOG2, 4 * LOG2], [LOG2, 0.2876821]),
}


def generator_loss(loss, fake, real):
    return loss.generator(fake, real if loss.relativistic else None)


def outputs(loss, *shape):
    """Draw possible discriminator outputs for real and fake samples."""
    draws = torch.randn(2, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 2
    return draws.sigmoid() if loss.reads == "probability" else draws


def view_of(real, fake, player="discriminator", random=None):
    outputs = {"real": real, "fake": fake}
    return BatchView(
        real=torch.zeros(len(real), 1),
        generate=lambda: torch.ones(len(fake), 1),
        discriminator=lambda x: DiscriminatorOutput(outputs["fake" if x.sum() else "real"]),
        player=player,
        random=random or Random(),
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_loss_has_a_reference_in_this_file(name):
    assert name in PAPERS, f"add the paper's formula of conf/loss/{name}.yaml to PAPERS"
    assert name in BY_HAND or name in PROBABILITIES_BY_HAND, f"add values of loss={name}, computed by hand, to BY_HAND"


@pytest.mark.parametrize("name", BY_HAND)
def test_losses_of_logits_match_values_computed_by_hand(name):
    real, fake = torch.tensor([2.0, -1.0]), torch.tensor([0.0, 1.0])
    discriminator, generator = BY_HAND[name]
    torch.testing.assert_close(LOSSES[name].discriminator(real, fake), torch.tensor(discriminator) * 1.0)
    torch.testing.assert_close(generator_loss(LOSSES[name], fake, real), torch.tensor(generator) * 1.0)


@pytest.mark.parametrize("name", PROBABILITIES_BY_HAND)
def test_losses_of_probabilities_match_values_computed_by_hand(name):
    real, fake = torch.tensor([0.5, 0.25]), torch.tensor([0.5, 0.75])
    discriminator, generator = PROBABILITIES_BY_HAND[name]
    torch.testing.assert_close(LOSSES[name].discriminator(real, fake), torch.tensor(discriminator))
    torch.testing.assert_close(generator_loss(LOSSES[name], fake, real), torch.tensor(generator))


@pytest.mark.parametrize("shape", [(7,), (5, 1), (4, 1, 3, 3)])
@pytest.mark.parametrize("name", NAMES)
def test_every_loss_is_the_papers_formula_per_logit(name, shape):
    loss, (discriminator, generator) = LOSSES[name], PAPERS[name]
    real, fake = outputs(loss, *shape)
    values = loss.discriminator(real, fake), generator_loss(loss, fake, real)
    expected = discriminator(real.numpy(), fake.numpy()), generator(fake.numpy(), real.numpy())
    for value, reference in zip(values, expected, strict=True):
        assert value.shape == shape
        np.testing.assert_allclose(value.numpy(), reference, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_saturated_discriminators_give_finite_losses_and_gradients(name):
    loss = LOSSES[name]
    extremes = torch.tensor([100.0, -100.0, 100.0, -100.0]), torch.tensor([100.0, -100.0, -100.0, 100.0])
    if loss.reads == "probability":
        extremes = tuple(x.div(100).add(1).div(2) for x in extremes)
    real, fake = (x.requires_grad_() for x in extremes)
    values = [loss.discriminator(real, fake), generator_loss(loss, fake, real)]
    gradients = [torch.autograd.grad(value.sum(), fake, retain_graph=True)[0] for value in values]
    assert all(x.isfinite().all() for x in [*values, *gradients])


@pytest.mark.parametrize("name", [name for name in NAMES if LOSSES[name].reads != "probability"])
def test_saturated_losses_equal_the_formula_without_clamping(name):
    discriminator, generator = PAPERS[name]
    real, fake = np.array([-100.0, 100.0]), np.array([100.0, -100.0])
    tensors = torch.tensor(real, dtype=torch.float32), torch.tensor(fake, dtype=torch.float32)
    np.testing.assert_allclose(LOSSES[name].discriminator(*tensors), discriminator(real, fake), rtol=1e-5, atol=1e-30)
    np.testing.assert_allclose(
        generator_loss(LOSSES[name], *tensors[::-1]), generator(fake, real), rtol=1e-5, atol=1e-30
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_discriminator_raises_real_and_lowers_fake_logits_and_the_generator_raises_fake_ones(name):
    loss = LOSSES[name]
    # Between the targets of least_squares and inside the margins of hinge, where no loss is constant.
    real, fake = (torch.tensor([0.3, 0.6, 0.8]).requires_grad_(), torch.tensor([0.7, 0.4, 0.2]).requires_grad_())
    by_real, by_fake = torch.autograd.grad(loss.discriminator(real, fake).mean(), (real, fake))
    (by_generator,) = torch.autograd.grad(generator_loss(loss, fake, real).mean(), fake)
    assert (by_real < 0).all()
    assert (by_fake > 0).all()
    assert (by_generator < 0).all()


def test_only_the_saturating_loss_has_a_vanishing_gradient_for_rejected_samples():
    fake = torch.tensor([-20.0], requires_grad=True)
    slopes = {name: torch.autograd.grad(LOSSES[name].generator(fake).sum(), fake)[0].item() for name in
              ("minimax", "non_saturating")}  # fmt: skip
    assert abs(slopes["minimax"]) < 1e-8
    assert slopes["non_saturating"] == pytest.approx(-1)


@pytest.mark.parametrize("name", SMOOTHED)
def test_one_sided_smoothing_changes_only_the_real_target(name):
    # D's optimum on real samples alone: σ(logit) = 1 − s (Salimans et al. 2016), or logit = 1 − s for squares.
    loss = build(name, "loss.smoothing=0.2")
    target = 0.8 if name == "least_squares" else np.log(0.8 / 0.2)
    real = torch.tensor([target], dtype=torch.float64, requires_grad=True)
    fake = torch.tensor([0.7], dtype=torch.float64, requires_grad=True)
    by_real, by_fake = torch.autograd.grad(loss.discriminator(real, fake).sum(), (real, fake))
    assert by_real.item() == pytest.approx(0, abs=1e-12)
    plain = torch.autograd.grad(LOSSES[name].discriminator(real, fake).sum(), fake)[0]
    assert by_fake == plain
    assert torch.equal(loss.generator(fake), LOSSES[name].generator(fake))


def test_smoothed_cross_entropy_matches_a_value_computed_by_hand():
    # −0.9 log σ(2) − 0.1 log(1 − σ(2)) − log(1 − σ(0)) = 0.9 · 0.126928 + 0.1 · 2.126928 + log 2
    value = NonSaturating(smoothing=0.1).discriminator(torch.tensor([2.0]), torch.tensor([0.0]))
    assert value.item() == pytest.approx(0.9 * 0.126928 + 0.1 * 2.126928 + LOG2, abs=1e-5)


@pytest.mark.parametrize("name", RELATIVISTIC)
def test_relativistic_generators_need_real_logits(name):
    with pytest.raises(ValueError, match=r"^a relativistic generator loss needs the logits of real samples, got none$"):
        LOSSES[name].generator(torch.zeros(3))


@pytest.mark.parametrize("name", RELATIVISTIC)
def test_relativistic_losses_depend_only_on_differences(name):
    real, fake = outputs(LOSSES[name], 6)
    loss = LOSSES[name]
    torch.testing.assert_close(loss.discriminator(real + 3, fake + 3), loss.discriminator(real, fake))
    torch.testing.assert_close(loss.generator(fake + 3, real + 3), loss.generator(fake, real))


@pytest.mark.parametrize("name", NAMES)
def test_compute_evaluates_real_logits_only_if_needed(name):
    loss = LOSSES[name]
    real, fake = outputs(loss, 6)
    view = view_of(real, fake, "generator")
    torch.testing.assert_close(loss.compute("generator", view), generator_loss(loss, fake, real))
    assert ("on_real" in vars(view)) == loss.relativistic
    torch.testing.assert_close(
        loss.compute("discriminator", view_of(real, fake)), loss.discriminator(real, fake), rtol=0, atol=0
    )


@pytest.mark.parametrize("shape", [(4000,), (4000, 1, 2, 2)])
def test_flip_exchanges_whole_pairs_at_its_rate(shape):
    real, fake = torch.full(shape, 2.0), torch.full(shape, -3.0)
    loss = RelativisticPairing(flip=0.3)
    values = loss.compute("discriminator", view_of(real, fake, random=Random(5)))
    straight, crossed = loss.discriminator(real, fake), loss.discriminator(fake, real)
    flipped = values == crossed
    assert ((values == straight) | flipped).all()
    assert torch.equal(flipped.flatten(1).all(1), flipped.flatten(1).any(1)) if len(shape) > 1 else True
    # A binomial share of 4000 with p = 0.3 has a standard deviation of 0.0072.
    assert flipped.float().mean().item() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("name", NAMES)
def test_flip_affects_only_the_discriminator_and_follows_the_seed(name):
    loss, plain = build(name, "loss.flip=0.4"), LOSSES[name]
    real, fake = outputs(loss, 64)
    first, repeated, other = (loss.compute("discriminator", view_of(real, fake, random=Random(s))) for s in (1, 1, 2))
    assert torch.equal(first, repeated)
    assert not torch.equal(first, other)
    assert not torch.equal(first, plain.discriminator(real, fake))
    generator = loss.compute("generator", view_of(real, fake, "generator", Random(1)))
    assert torch.equal(generator, generator_loss(plain, fake, real))


@pytest.mark.parametrize("flip", [-0.1, 0.5, 1.0, float("nan")])
@pytest.mark.parametrize("name", NAMES)
def test_flips_out_of_range_are_refused(name, flip):
    with pytest.raises(ValueError, match=rf"^flip must be at least 0 and below 0\.5, got {flip}$"):
        type(LOSSES[name])(flip=flip)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
@pytest.mark.parametrize("name", SMOOTHED)
def test_smoothings_out_of_range_are_refused(name, smoothing):
    with pytest.raises(ValueError, match=rf"^smoothing must be at least 0 and below 1, got {smoothing}$"):
        type(LOSSES[name])(smoothing=smoothing)


@pytest.mark.parametrize(
    ("loss", "expected"),
    # Correct are real above and fake below the boundary: 3 and 1 of 4 at 0, 2 and 3 of 4 at ½; 3 of 4 pairs in order.
    [(Hinge(), 0.5), (Minimax(), 0.5), (LeastSquares(), 0.625), (RelativisticPairing(), 0.75)],
)
def test_accuracy_matches_values_computed_by_hand(loss, expected):
    real, fake = torch.tensor([0.1, 2.0, 3.0, -1.0]), torch.tensor([0.05, 1.0, -2.0, 0.4])
    assert loss.accuracy(real, fake).item() == pytest.approx(expected)
