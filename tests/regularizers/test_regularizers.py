from functools import cache
from pathlib import Path

import pytest
import torch
from support.image_pairs import PAIR_COMPONENTS
from support.sounds import SOUND_PAIRS
from support.vgg19_weights import write_empty_file
from torch import nn

import ganlab
from ganlab import regularizers
from ganlab.augments import Identity
from ganlab.config import conf_directory, instantiate
from ganlab.core import tree
from ganlab.core.interfaces import Batch, DiscriminatorOutput, Spec
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.random import Random
from ganlab.games import AdversarialGame
from ganlab.latents import Normal
from ganlab.losses import NonSaturating, Wasserstein
from ganlab.regularizers import L1, L2, R1, R2, Consensus, Dragan, GradientPenalty, InstanceNoise, WeightClip

NAMES = sorted(path.stem for path in Path(conf_directory(), "regularizer").glob("*.yaml") if path.stem != "none")
W = (3.0, -4.0, 0.5)
NORM = sum(w * w for w in W) ** 0.5


REQUIRED_SETTINGS = {
    "auxiliary_classifier": ["data.labels=true", "discriminator.labels=none"],
    "information": ["latent=codes", "latent.size=20"],
    "path_length": ["generator._target_=support.small_runs.Styled"],
    "reconstruction": ["discriminator=fastgan"],
    **dict.fromkeys(("pixel_l1", "pixel_l2", "perceptual", "perceptual_discriminator"), PAIR_COMPONENTS),
    "log_mel_l1": [*SOUND_PAIRS, "generator=hifigan", "generator.width=16", "discriminator=mlp"],
    "perceptual_vgg19": [*PAIR_COMPONENTS, "data.resolution=16"],
}


@pytest.fixture(autouse=True)
def _allow(monkeypatch, tmp_path):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    write_empty_file(tmp_path)


@cache
def node(name, *settings):
    return ganlab.compose([f"regularizer=[{name}]", *REQUIRED_SETTINGS.get(name, []), *settings]).regularizer[name]


def build(name, *settings):
    return instantiate(node(name, *settings))


def draws(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def view_of(discriminator, real, fake, player="discriminator", differentiable=True, random=None, network=None):
    return BatchView(
        real=real,
        generate=lambda: fake,
        discriminator=lambda x: DiscriminatorOutput(discriminator(x)),
        player=player,
        differentiable=differentiable,
        network=network or discriminator,
        random=random or Random(),
    )


def penalty_and_gradient(term, discriminator, real, fake):
    value = term.penalty(view_of(discriminator, real, fake))
    gradients = torch.autograd.grad(value.mean(), list(discriminator.parameters()))
    return value, gradients


# D(x) = w · x has the input gradient w everywhere, so the penalty and its gradient by w have closed forms.
LINEAR = {
    "r1": (R1(), NORM**2 / 2, lambda w: w),
    "r2": (R2(), NORM**2 / 2, lambda w: w),
    "gradient_penalty": (GradientPenalty(), (NORM - 1) ** 2, lambda w: 2 * (1 - 1 / NORM) * w),
    "gradient_penalty to 0": (GradientPenalty(target=0.0), NORM**2, lambda w: 2 * w),
    "gradient_penalty to 9": (GradientPenalty(target=9.0), (NORM - 9) ** 2, lambda w: 2 * (1 - 9 / NORM) * w),
    "dragan": (Dragan(), (NORM - 1) ** 2, lambda w: 2 * (1 - 1 / NORM) * w),
    "dragan to 2": (Dragan(target=2.0), (NORM - 2) ** 2, lambda w: 2 * (1 - 2 / NORM) * w),
}


@pytest.mark.parametrize("name", LINEAR)
def test_penalties_of_a_linear_discriminator_match_their_closed_forms(linear, name):
    term, expected, slope = LINEAR[name]
    discriminator = linear(w=W)
    value, (gradient,) = penalty_and_gradient(term, discriminator, draws(5, 3), draws(5, 3, seed=1))
    torch.testing.assert_close(value, torch.full((5,), expected))
    torch.testing.assert_close(gradient, slope(torch.tensor(W)))


@pytest.mark.parametrize(("term", "kind"), [(R1(), "real"), (R2(), "fake")])
def test_r1_penalises_real_and_r2_fake_samples(term, kind):
    # D(x) = ½|x|² has the gradient x, so the penalty is ½|x|² of the samples that it penalises.
    real, fake = draws(6, 4), draws(6, 4, seed=1)
    value = term.penalty(view_of(lambda x: x.square().sum(1) / 2, real, fake))
    torch.testing.assert_close(value, {"real": real, "fake": fake}[kind].square().sum(1) / 2)


def test_gradient_penalty_uses_uniform_points_between_pairs():
    # D(x) = ½|x|² and target 0: |x̂|² = |(1 − t) real + t fake|², and real = e₁, fake = 3 e₁ give (1 + 2t)².
    count = 4000
    real, fake = torch.tensor([[1.0, 0.0]]).expand(count, 2), torch.tensor([[3.0, 0.0]]).expand(count, 2)
    value = GradientPenalty(target=0.0).penalty(view_of(lambda x: x.square().sum(1) / 2, real, fake))
    mix = (value.sqrt() - 1) / 2
    assert mix.min() >= 0
    assert mix.max() <= 1
    # Mean ½ and variance 1/12, to four standard errors.
    assert mix.mean().item() == pytest.approx(0.5, abs=4 * (1 / 12 / count) ** 0.5)
    assert mix.var().item() == pytest.approx(1 / 12, rel=0.1)


def test_gradient_penalty_uses_one_mixing_weight_per_sample():
    real, fake = torch.zeros(8, 2, 3), torch.ones(8, 2, 3)
    points = []
    discriminator = nn.Linear(1, 1)

    def discriminate(x):
        points.append(x)
        return discriminator(x.flatten(1).mean(1, keepdim=True))

    GradientPenalty().penalty(view_of(discriminate, real, fake, network=discriminator))
    flat = points[-1].flatten(1)
    torch.testing.assert_close(flat, flat[:, :1].expand_as(flat))
    assert len(flat[:, 0].unique()) == 8


def test_dragan_perturbs_real_samples_by_the_batchs_deviation():
    real = draws(500, 3) * 5 + 2
    value = Dragan(target=0.0, spread=0.5).penalty(view_of(lambda x: (x - real).square().sum(1) / 2, real, real))
    # |x + δ − x|² with δ = ½ σ U(0, 1) in 3 dimensions: on average 3 · ¼ σ² / 3.
    bound = 0.5 * real.std(correction=0)
    assert value.max() <= 3 * bound**2
    assert value.mean().item() == pytest.approx(bound.item() ** 2, rel=0.1)


@pytest.mark.parametrize("term", [R1(), R2(), GradientPenalty(), Dragan()], ids=lambda term: type(term).__name__)
def test_penalties_of_a_nonlinear_discriminator_differ_between_samples(term):
    discriminator = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))
    value = term.penalty(view_of(discriminator, draws(7, 3), draws(7, 3, seed=1)))
    assert value.shape == (7,)
    assert len(value.unique()) == 7


@pytest.mark.parametrize("term", [R1(), R2(), GradientPenalty(), Dragan()], ids=lambda term: type(term).__name__)
def test_spatial_logits_are_differentiated_as_their_mean(linear, term):
    # Losses take the mean over a map of logits, so three logits 3 w x per sample are equivalent to D(x) = Σ w x.
    discriminator, real = linear(w=W), draws(5, 3)
    whole = term.penalty(view_of(discriminator, real, real))
    spatial = term.penalty(view_of(lambda x: 3 * x * discriminator.weights["w"], real, real, network=discriminator))
    torch.testing.assert_close(spatial, whole)


@pytest.mark.parametrize("term", [R1(), R2(), GradientPenalty(), Dragan()], ids=lambda term: type(term).__name__)
def test_a_constant_discriminator_gives_finite_gradients(linear, term):
    discriminator = linear(w=(0.0, 0.0, 0.0))
    value, (gradient,) = penalty_and_gradient(term, discriminator, draws(5, 3), draws(5, 3, seed=1))
    assert value.isfinite().all()
    assert gradient.isfinite().all()


@pytest.mark.parametrize("term", [R1(), R2(), GradientPenalty(), Dragan()], ids=lambda term: type(term).__name__)
def test_samples_with_gradient_zero_do_not_affect_the_gradients_of_the_others(term):
    # relu(x₁) has gradient 0 for the half of the samples below 0.
    weight = nn.Parameter(torch.tensor(2.0))
    real = torch.tensor([[-5.0], [-4.0], [4.0], [5.0]])
    value = term.penalty(view_of(lambda x: (weight * x).relu().squeeze(1), real, real, network=nn.Identity()))
    (gradient,) = torch.autograd.grad(value.mean(), weight)
    slope = 2.0 if isinstance(term, R1 | R2) else 2 * (2 - 1)
    assert gradient.item() == pytest.approx(slope / 2)


@pytest.mark.parametrize("term", [R1(), R2(), GradientPenalty()], ids=lambda term: type(term).__name__)
def test_nested_samples(linear, term):
    discriminator = linear(nodes=[[1.0, 2.0]], edges=[-2.0, 4.0])
    real = {"nodes": draws(5, 1, 2), "edges": draws(5, 2, seed=1)}
    fake = {"nodes": draws(5, 1, 2, seed=2), "edges": draws(5, 2, seed=3)}
    value, gradients = penalty_and_gradient(term, discriminator, real, fake)
    # |(1, 2, −2, 4)| = 5
    expected, factor = ((5 - 1) ** 2, 2 * (1 - 1 / 5)) if isinstance(term, GradientPenalty) else (5**2 / 2, 1)
    torch.testing.assert_close(value, torch.full((5,), float(expected)))
    for gradient, weights in zip(gradients, discriminator.parameters(), strict=True):
        torch.testing.assert_close(gradient, factor * weights.detach())


@pytest.mark.parametrize("term", [R1(), R2(), GradientPenalty(), Dragan()], ids=lambda term: type(term).__name__)
def test_float32_under_bf16_autocast(term):
    discriminator = nn.Linear(3, 1)
    generator = nn.Linear(2, 3)

    def measure(autocast):
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            fake = generator(draws(5, 2))
            view = view_of(lambda x: discriminator(x).squeeze(1), draws(5, 3), fake.detach(), network=discriminator)
            assert view.on_real.logits.dtype == view.on_fake.logits.dtype == torch.float32
            return term.penalty(view)

    assert measure(True).dtype == torch.float32
    # A discriminator in bf16 would be wrong by 1e-3; the gradient of a linear one does not depend on the points.
    torch.testing.assert_close(measure(True), measure(False), rtol=1e-6, atol=1e-6)


def test_views_that_are_not_differentiable_use_autocast():
    discriminator = nn.Linear(3, 1)
    with torch.autocast("cpu", torch.bfloat16):
        view = view_of(discriminator, draws(5, 3), draws(5, 3), differentiable=False)
        assert view.on_real.logits.dtype == torch.bfloat16


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_l1_and_l2_of_the_chosen_player(player):
    network = nn.Linear(2, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[3.0, -4.0]]))
        network.bias.fill_(-1.0)
    for term, expected, slope in [
        (L1(player=player), 8.0, [[[1.0, -1.0]], [-1.0]]),
        (L2(player=player), 13.0, [[[3.0, -4.0]], [-1.0]]),
    ]:
        assert term.applies_to(player)
        assert not term.applies_to({"discriminator", "generator"}.difference({player}).pop())
        value = term.penalty(view_of(None, draws(1, 2), None, player, differentiable=False, network=network))
        assert value.item() == pytest.approx(expected)
        gradients = torch.autograd.grad(value, list(network.parameters()))
        assert [g.tolist() for g in gradients] == slope


@pytest.mark.parametrize("term", [L1, L2])
def test_weight_penalties_refuse_unknown_players(term):
    with pytest.raises(ValueError, match=r"^player must be one of discriminator, generator, got 'critic'$"):
        term(player="critic")


def test_weight_clip_clips_to_its_bound_and_leaves_smaller_weights():
    network = nn.Linear(3, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[0.5, -0.005, -0.02]]))
        network.bias.fill_(0.01)
    WeightClip(0.01).after_update(network)
    torch.testing.assert_close(network.weight.data, torch.tensor([[0.01, -0.005, -0.01]]), rtol=0, atol=0)
    assert network.bias.item() == pytest.approx(0.01)


@pytest.mark.parametrize(("decay_steps", "step", "deviation"), [(0, 0, 0.3), (0, 9999, 0.3), (100, 0, 0.3),
                                                               (100, 25, 0.225), (100, 99, 0.003)])  # fmt: skip
def test_instance_noise_is_normal_and_decreases_linearly(decay_steps, step, deviation):
    samples = torch.full((20_000, 2), 7.0)
    noise = InstanceNoise(0.3, decay_steps).perturb_input(samples, step, Random(1)) - samples
    assert noise.mean().item() == pytest.approx(0, abs=4 * deviation / 200 + 1e-6)
    assert noise.std().item() == pytest.approx(deviation, rel=0.02)
    # Normal: 68.3 % within one standard deviation. Independent: no correlation between coordinates.
    assert (noise.abs() < deviation).float().mean().item() == pytest.approx(0.6827, abs=0.01)
    assert abs(torch.corrcoef(noise.T)[0, 1].item()) < 0.03


@pytest.mark.parametrize("step", [100, 101, 10**9])
def test_instance_noise_is_zero_after_its_decay(step):
    samples = draws(4, 2)
    assert InstanceNoise(0.3, 100).perturb_input(samples, step, Random()) is samples


def test_instance_noise_differs_between_calls_and_between_nested_leaves():
    random = Random(3)
    blank = {"a": torch.zeros(50, 2), "b": torch.zeros(50, 2)}
    first, second = (InstanceNoise(1.0).perturb_input(blank, 0, random) for _ in range(2))
    leaves = [*tree.leaves(first), *tree.leaves(second)]
    assert len({tuple(x.flatten().tolist()) for x in leaves}) == 4


def test_gradients_pass_through_instance_noise_to_the_generator():
    samples = draws(4, 2).requires_grad_()
    (gradient,) = torch.autograd.grad(InstanceNoise().perturb_input(samples, 0, Random()).sum(), samples)
    assert torch.equal(gradient, torch.ones(4, 2))


@pytest.mark.parametrize("term", [InstanceNoise(), WeightClip()], ids=lambda term: type(term).__name__)
def test_regularizers_without_a_loss_term_return_zero_on_the_device_of_the_samples(term):
    real = torch.ones(2, 3)
    assert term.penalty(view_of(None, real, real)).item() == 0
    on_meta = real.to("meta")  # a device other than the CPU that every machine has
    assert term.penalty(view_of(None, on_meta, on_meta)).device == on_meta.device


class Bilinear(nn.Module):
    """A network with one weight: D(x) = ψ x, or G(z) = θ."""

    def __init__(self, weight, is_discriminator):
        super().__init__()
        self.weight, self.is_discriminator = nn.Parameter(torch.tensor(weight)), is_discriminator

    def forward(self, x, cond=None):
        return (self.weight * x).squeeze(1) if self.is_discriminator else self.weight.expand(len(x), 1)


def bilinear_game(term, psi=0.7, theta=-1.3, loss=None):
    return AdversarialGame(
        Spec((1,)),
        lambda spec: Bilinear(theta, False),
        lambda spec: Bilinear(psi, True),
        loss or Wasserstein(),
        {"term": term},
        Identity(),
        Normal(1),
    )


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_consensus_in_closed_form_on_the_bilinear_game(player):
    # Wasserstein loss on data at 0: L_D = ψθ, L_G = −ψθ, so v = (θ, −ψ), ½|v|² = ½(θ² + ψ²), with gradients ψ and θ.
    psi, theta, gamma = 0.7, -1.3, 0.25
    game = bilinear_game(Consensus(gamma), psi, theta)
    terms = game.losses(player, Batch(torch.zeros(6, 1)), 0)
    assert terms["term"].item() == pytest.approx(gamma * (psi**2 + theta**2) / 2)
    weights = [game.discriminator.weight, game.generator.weight]
    by_psi, by_theta = torch.autograd.grad(terms["term"], weights)
    assert (by_psi.item(), by_theta.item()) == pytest.approx((gamma * psi, gamma * theta))


def test_consensus_uses_both_players_own_losses():
    # Non-saturating: v = (θ σ(ψθ), −ψ σ(−ψθ)). With one loss for both players, σ(ψθ) would occur twice.
    psi, theta = 0.7, -1.3
    game = bilinear_game(Consensus(1.0), psi, theta, NonSaturating())
    value = game.losses("generator", Batch(torch.zeros(6, 1)), 0)["term"]
    sigmoid = torch.sigmoid(torch.tensor(psi * theta)).item()
    assert value.item() == pytest.approx(((theta * sigmoid) ** 2 + (psi * (1 - sigmoid)) ** 2) / 2)


def test_consensus_in_a_game_without_a_vector_field_is_refused(linear):
    with pytest.raises(ValueError, match="this game has no vector field of two players, so 'consensus' cannot be used"):
        Consensus().penalty(view_of(linear(w=W), draws(2, 3), draws(2, 3)))


@pytest.mark.parametrize("every", [1, 3, 4])
def test_lazy_terms_are_computed_at_their_interval_and_multiplied_by_it(every):
    game = bilinear_game(R1(2.0, every))
    terms = [game.losses("discriminator", Batch(torch.zeros(4, 1)), step).get("term") for step in range(12)]
    # R1 is ½ψ², so the term is weight · every · ½ψ² once per interval, and its mean does not depend on the interval.
    expected = [2.0 * every * 0.7**2 / 2 if step % every == 0 else None for step in range(12)]
    assert [None if term is None else pytest.approx(term.item()) for term in terms] == expected
    assert sum(term.item() for term in terms if term is not None) == pytest.approx(12 * 0.7**2)


@pytest.mark.parametrize("name", NAMES)
def test_negative_weights_are_refused(name):
    message = "the bound of the discriminator's weights, must be above 0|must be at least 0"
    with pytest.raises(ValueError, match=rf"^weight,? ({message}), got -1\.5$"):
        type(build(name))(weight=-1.5)


@pytest.mark.parametrize("name", NAMES)
def test_nan_weights_are_refused(name):
    with pytest.raises(ValueError, match=r"^weight"):
        type(build(name))(weight=float("nan"))


@pytest.mark.parametrize("every", [0, -3])
@pytest.mark.parametrize("name", NAMES)
def test_intervals_below_1_are_refused(name, every):
    with pytest.raises(ValueError, match=rf"^every must be at least 1, got {every}$"):
        type(build(name))(every=every)


def test_other_invalid_settings_are_refused():
    with pytest.raises(
        ValueError, match=r"^weight, the bound of the discriminator's weights, must be above 0, got 0\.0$"
    ):
        WeightClip(0.0)
    with pytest.raises(ValueError, match=r"^decay_steps must be at least 0, got -1$"):
        InstanceNoise(decay_steps=-1)
    with pytest.raises(ValueError, match=r"^spread must be above 0, got 0$"):
        Dragan(spread=0)


@pytest.mark.parametrize("name", NAMES)
def test_configured_settings_reach_the_regularizer(name):
    term = build(name, f"regularizer.{name}.weight=0.125", f"regularizer.{name}.every=7")
    assert (term.weight, term.every) == (0.125, 7)


def test_yaml_defaults_equal_the_constructors():
    for name in NAMES:
        term = build(name)
        default = type(term)()
        assert {k: v for k, v in vars(term).items() if not k.startswith("_")} == {
            k: v for k, v in vars(default).items() if not k.startswith("_")
        }


def test_every_regularizer_has_a_yaml():
    built = {type(build(name)) for name in NAMES}
    assert {getattr(regularizers, name) for name in regularizers.__all__} == built
