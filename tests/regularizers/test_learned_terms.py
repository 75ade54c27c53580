"""Regularizers with statistics, weights or sample selection, compared with closed forms."""

import math

import pytest
import torch
from support.small_runs import Styled
from torch import nn

from ganlab import discriminators, generators
from ganlab.augments import Identity
from ganlab.core.interfaces import Batch, DiscriminatorOutput, Spec
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.random import Random
from ganlab.games import AdversarialGame
from ganlab.generators import R3GAN, SAGAN, BigGAN, StyleGAN2
from ganlab.latents import Codes, Normal
from ganlab.layers import normalise_spectrally
from ganlab.layers.equalised import EqualisedConv2d, EqualisedEmbedding, EqualisedLinear
from ganlab.layers.labels import ClassEmbedding
from ganlab.layers.styled import StyledConvolution, ToImage
from ganlab.losses import NonSaturating, RelativisticAverage, RelativisticPairing, Wasserstein
from ganlab.regularizers import (
    AuxiliaryClassifier,
    Consistency,
    FeatureMatching,
    Information,
    LeCam,
    Orthogonal,
    PathLength,
    TopK,
)


def draws(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def view_of(real, fake, discriminator=None, player="discriminator", random=None, **settings):
    return BatchView(
        real=real,
        generate=lambda: fake,
        discriminator=discriminator or (lambda x: DiscriminatorOutput(x.sum(1), (x,))),
        player=player,
        random=random or Random(),
        **settings,
    )


def game_of(terms, latent=None, classes=3, generator=generators.MLP, loss=None):
    torch.manual_seed(0)
    return AdversarialGame(
        Spec((2,), classes=classes),
        lambda spec: generator(spec, widths=(8,)),
        lambda spec: discriminators.MLP(spec, widths=(8,), labels="none"),
        loss or NonSaturating(),
        terms,
        Identity(),
        latent or Normal(4),
    )


def batch(count=12, seed=0):
    return Batch(draws(count, 2, seed=seed), torch.arange(count) % 3)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (torch.eye(3), 0.0),
        (torch.diag(torch.tensor([5.0, 0.1, -2.0])), 0.0),  # any norm
        (torch.ones(2, 2), 2 * 2.0**2),  # two filters with product 2, twice
        (torch.tensor([[1.0, 0.0], [3.0, 4.0]]), 2 * 3.0**2),
    ],
)
def test_orthogonal_in_closed_form(weights, expected):
    layer = nn.Linear(*weights.shape[::-1])
    layer.weight.data = weights
    term = Orthogonal()
    view = view_of(None, None, network=nn.Sequential(layer, nn.BatchNorm1d(2), nn.Embedding(3, 4)))
    assert term.penalty(view).item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("change", [id, normalise_spectrally], ids=["plain", "normalised"])
def test_orthogonal_uses_the_filters_of_plain_and_transposed_convolutions(change):
    weights = draws(3, 3, 2, 2)
    plain, transposed = nn.Conv2d(3, 3, 2), nn.ConvTranspose2d(3, 3, 2)
    plain.weight.data, transposed.weight.data = weights, weights.transpose(0, 1)
    for layer in (plain, transposed):
        change(layer)
    values = [Orthogonal().penalty(view_of(None, None, network=layer)).item() for layer in (plain, transposed)]
    rows = weights.flatten(1)
    assert values == pytest.approx([((rows @ rows.T) * (1 - torch.eye(3))).square().sum().item()] * 2, rel=1e-5)


def test_a_learnt_input_is_not_a_filter():
    layer = nn.Linear(2, 2)
    layer.weight.data = torch.eye(2)
    layer.constant = nn.Parameter(torch.ones(4, 2, 2))
    assert Orthogonal().penalty(view_of(None, None, network=layer)).item() == 0


def test_orthogonal_is_computed_in_float32_under_autocast():
    layer = nn.Linear(64, 64)
    nn.init.orthogonal_(layer.weight)
    layer.weight.data += 1e-3 * draws(64, 64)
    exact = Orthogonal().penalty(view_of(None, None, network=layer))
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(Orthogonal().penalty(view_of(None, None, network=layer)), exact)


def overlap(rows):
    rows = rows.flatten(1)
    return ((rows @ rows.T) * (1 - torch.eye(len(rows)))).square().sum().item()


@pytest.mark.parametrize(
    ("layer", "scale"),
    [
        (EqualisedLinear(6, 4, rate=0.01), 0.01 / 6**0.5),
        (EqualisedConv2d(3, 4, 3), 27**-0.5),
        (StyledConvolution(3, 4, (8, 8), 5), 27**-0.5),
        (ToImage(3, 4, 5), 3**-0.5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_orthogonal_uses_weights_as_layers_scale_them(layer, scale):
    value = Orthogonal().penalty(view_of(None, None, network=layer)).item()
    expected = overlap(layer.weight.detach() * scale)
    for child in layer.children():
        if isinstance(child, EqualisedLinear):
            expected += overlap(child.weight.detach() * child.scale)
    assert value == pytest.approx(expected, rel=1e-4)


def test_filters_of_different_groups_are_not_compared():
    layer = nn.Conv2d(4, 6, 3, groups=2)
    value = Orthogonal().penalty(view_of(None, None, network=layer)).item()
    assert value == pytest.approx(sum(overlap(group) for group in layer.weight.detach().chunk(2)), rel=1e-4)
    assert Orthogonal().penalty(view_of(None, None, network=nn.Conv2d(4, 4, 3, groups=4))).item() == 0


@pytest.mark.parametrize("kind", [BigGAN, SAGAN, StyleGAN2, R3GAN])
def test_class_embeddings_are_not_filters(kind):
    network = kind(Spec((3, 32, 32), latent=60, classes=3), labels=None)
    embeddings = [layer for layer in network.modules() if isinstance(layer, ClassEmbedding | EqualisedEmbedding)]
    view = view_of(None, None, network=network)
    before = Orthogonal().penalty(view).item()
    for embedding in embeddings:
        embedding.weight.data.normal_(std=99)
    assert embeddings
    assert Orthogonal().penalty(view).item() == before
    assert before < 1e6  # with the stored instead of the scaled weights, StyleGAN2's value was 1e17


def test_minimising_the_orthogonal_penalty_makes_filters_orthogonal():
    torch.manual_seed(0)
    layer = nn.Linear(6, 4)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        Orthogonal().penalty(view_of(None, None, network=layer)).backward()
        optimizer.step()
    products = layer.weight @ layer.weight.T
    assert (products - products.diagonal().diag()).abs().max() < 1e-3 < products.diagonal().min()


def test_lecam_compares_with_the_moving_average_of_the_opposite_kind():
    term = LeCam(decay=0.9)
    real, fake = torch.tensor([[1.0], [3.0]]), torch.tensor([[-1.0], [0.0]])
    assert term.penalty(view_of(real, fake)).tolist() == [0.0, 0.0]  # there is no average yet
    term.apply_batch_sums()
    assert term.averages.tolist() == pytest.approx([2.0, -0.5])
    # (1 + 0.5)² + (−1 − 2)² and (3 + 0.5)² + (0 − 2)²
    assert term.penalty(view_of(real, fake)).tolist() == pytest.approx([11.25, 16.25])
    term.penalty(view_of(real + 9, fake + 9))  # another microbatch
    term.apply_batch_sums()
    assert term.averages.tolist() == pytest.approx([0.9 * 2.0 + 0.1 * 6.5, 0.9 * -0.5 + 0.1 * 4.0], rel=1e-4)


def test_lecams_optimal_discriminator_is_that_of_the_lecam_divergence():
    # With a_R = −a_F = a and the Wasserstein loss, D* = (1/2λ − a) (p − q)/(p + q) at every point.
    p, q, weight, anchor = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.1, 0.3, 0.6]), 0.4, 0.3
    term = LeCam(weight)
    term.averages.copy_(torch.tensor([anchor, -anchor]))
    term.moves.fill_(1)
    d = nn.Parameter(torch.zeros(3))
    optimizer = torch.optim.SGD([d], lr=0.2)
    for _ in range(300):
        optimizer.zero_grad()
        terms = term.penalty(view_of(d[:, None], d[:, None]))
        # The penalty sums real and fake terms; the optimum weights each by its density.
        on_real, on_fake = (d + anchor).square(), (d - anchor).square()
        torch.testing.assert_close(terms, on_real + on_fake)
        ((q - p) * d + weight * (p * on_real + q * on_fake)).sum().backward()
        optimizer.step()
    torch.testing.assert_close(d.detach(), (1 / (2 * weight) - anchor) * (p - q) / (p + q), rtol=1e-3, atol=1e-3)


def linear_styles(outputs=(1, 2, 3), size=4):
    network = Styled(Spec(outputs, latent=size), widths=(size,))
    network.first = nn.Identity()
    network.synthesis = nn.Sequential(nn.Linear(size, 6), nn.Unflatten(1, outputs))
    return network


def test_path_length_of_a_linear_synthesis():
    network, term = linear_styles(), PathLength(decay=0.75, shrink=2)
    latents = draws(8, 4).requires_grad_()

    def build_view():
        fake = network(latents)
        return view_of(draws(8, 1, 2, 3), fake, player="generator", network=network, draw_latents=lambda: latents)

    penalty = term.penalty(build_view())
    noise = Random().normal("path_length", (4, 1, 2, 3)) / 6**0.5
    lengths = (noise.flatten(1) @ network.synthesis[0].weight).norm(dim=1)
    torch.testing.assert_close(penalty, lengths.square())
    term.apply_batch_sums()
    assert term.mean.item() == pytest.approx(0.25 * lengths.mean().item(), rel=1e-5)
    torch.testing.assert_close(term.penalty(build_view()), (lengths - term.mean).square())


def test_path_length_improves_the_condition_number_of_the_synthesis(bench):
    # The optimal J is any multiple of an orthogonal matrix, so the ratio of its singular values decreases.
    game = game_of({"path_length": PathLength(weight=1.0, every=1, decay=0.9)}, classes=0, generator=Styled)
    game.domain.loss = Wasserstein()
    game.generator.synthesis = nn.Linear(8, 2)
    game.generator.synthesis.weight.data = torch.tensor([[2.0] + [0.0] * 7, [0.0, 0.2] + [0.0] * 6])

    def condition_number():
        values = torch.linalg.svdvals(game.generator.synthesis.weight.detach())
        return (values.max() / values.min()).item()

    for weights in game.discriminator.parameters():
        weights.data.zero_()
    assert condition_number() == pytest.approx(10)
    bench(game, lr=0.1).run([Batch(draws(64, 2, seed=i)) for i in range(300)])
    assert condition_number() < 2


def test_feature_matching_is_the_distance_of_means():
    real, fake = draws(10, 3), draws(10, 3, seed=1).requires_grad_()
    value = FeatureMatching().penalty(view_of(real, fake, player="generator"))
    expected = (real.mean(0) - fake.mean(0)).square().sum()
    torch.testing.assert_close(value, expected)
    (slope,) = torch.autograd.grad(value, fake)
    torch.testing.assert_close(slope, (2 / 10 * (fake.mean(0) - real.mean(0))).detach().expand(10, 3))


def test_consistency_of_a_linear_discriminator_matches_its_closed_form():
    weights = draws(1, 4, 4)
    real, fake = draws(6, 1, 4, 4), draws(6, 1, 4, 4, seed=1)

    def discriminate(samples):
        return DiscriminatorOutput((samples * weights).flatten(1).sum(1))

    for changes, mirrored in ((["flip"], True), ([], False)):
        value = Consistency(fake=0.5, changes=changes).penalty(view_of(real, fake, discriminate))
        random = Random()
        gates = []
        for _ in range(2):  # first the real samples, then the fake ones
            gates.append(random.integers("augment_flip", 2, (6,)) * mirrored)
        change = [
            gate * (discriminate(samples.flip(3)).logits - discriminate(samples).logits)
            for gate, samples in zip(gates, (real, fake), strict=True)
        ]
        torch.testing.assert_close(value, change[0].square() + 0.5 * change[1].square(), rtol=1e-4, atol=1e-4)


def test_consistency_compares_the_mean_over_patches():
    real, fake = draws(6, 3, 4, 4, seed=1), draws(6, 3, 4, 4, seed=2)
    penalty = Consistency(changes=["flip"]).penalty(
        view_of(real, fake, lambda samples: DiscriminatorOutput(samples.sum(1)))
    )
    torch.testing.assert_close(penalty, torch.zeros(6), atol=1e-6, rtol=0)  # the flip only exchanges patches


def test_top_k_trains_only_on_the_largest_logits():
    logits = torch.tensor([0.3, -1.0, 2.0, 0.1, -0.5, 1.0])
    fake = logits[:, None].clone().requires_grad_()
    term = TopK(0.5, decay=0.5, decay_steps=10)
    for step, count in ((0, 6), (9, 6), (10, 3), (25, 3)):
        view = view_of(fake, fake, player="generator", random=Random().seek(step))
        rows = term.select_rows(torch.arange(6), view)
        assert len(rows) == count
        losses = NonSaturating().compute("generator", view, rows)
        (slope,) = torch.autograd.grad(losses.mean(), fake)
        assert (slope != 0).flatten().tolist() == [(count == 6) or value > 0.2 for value in logits]


def test_top_k_decreases_to_its_smallest_share():
    term, fake = TopK(0.6, decay=0.9, decay_steps=2), draws(100, 1)
    counts = []
    for step in (0, 2, 4, 6, 8, 10, 100):
        view = view_of(fake, fake, player="generator", random=Random().seek(step))
        counts.append(len(term.select_rows(torch.arange(100), view)))
    assert counts == [100, 90, 81, 73, 66, 60, 60]


@pytest.mark.parametrize("loss", [NonSaturating(), RelativisticAverage(), RelativisticPairing()], ids=type)
def test_samples_excluded_by_top_k_have_no_gradient(loss):
    game = game_of({"top_k": TopK(0.25, decay=0.25, decay_steps=1)}, loss=loss)
    generated = []
    game.generator.register_forward_hook(
        lambda network, inputs, samples: generated.append(samples) or samples.retain_grad()
    )
    game.random.seek(1)
    game.losses("generator", batch(), 0)["adversarial"].backward()
    with torch.no_grad():
        best = game.discriminator(generated[0], batch().cond).topk(3).indices
    assert generated[0].grad.abs().sum(1).nonzero().flatten().tolist() == sorted(best.tolist())


def test_an_uninformative_classifier_has_the_loss_log_classes():
    game = game_of({"c": AuxiliaryClassifier()})
    for weights in game.regularizers["c"].parameters():
        weights.data.zero_()
    assert game.losses("discriminator", batch(), 0)["c"].item() == pytest.approx(2 * math.log(3), rel=1e-5)
    assert game.losses("generator", batch(), 0)["c"].item() == pytest.approx(math.log(3), rel=1e-5)


@pytest.mark.parametrize("term", [AuxiliaryClassifier(5.0), Information(5.0)], ids=["classifier", "information"])
def test_weights_of_a_term_are_updated_only_with_the_discriminator(bench, term):
    game = game_of({"term": term}, Codes(6, categories=(2,), continuous=1))

    def weights():
        return torch.cat([weight.detach().flatten() for weight in term.parameters()])

    module = bench(game).module
    before = weights()
    module.updates.accumulate("generator", batch())
    module.updates.update("generator")
    assert torch.equal(weights(), before)
    module.updates.accumulate("discriminator", batch())
    module.updates.update("discriminator")
    assert not torch.equal(weights(), before)
    assert {f"_registered.term.{name}" for name in term.state_dict()} <= game.state_dict().keys()


def test_a_classifier_learns_the_classes_and_trains_the_generator(bench):
    # Three classes at three points; the discriminator does not receive the class.
    centres = torch.tensor([[0.0, 2.0], [2.0, -1.0], [-2.0, -1.0]])
    term = AuxiliaryClassifier()
    game = game_of({"term": term})
    labels = torch.arange(48) % 3
    batches = [Batch(centres[labels] + 0.1 * draws(48, 2, seed=i), labels) for i in range(400)]
    bench(game, lr=0.01, optimizer=torch.optim.Adam).run(batches)
    samples = game.sample(batches[0], game.generator)
    output = game.discriminator.discriminate(samples, None)
    assert (term.classifier(output.features[-1]).argmax(1) == labels).float().mean() > 0.9
    assert (torch.cdist(samples, centres).argmin(1) == labels).float().mean() > 0.9


def test_information_of_an_uninformative_q():
    term = Information(continuous=0.5)
    game = game_of({"q": term}, Codes(9, categories=(2, 3), continuous=2), classes=0)
    for weights in term.parameters():
        weights.data.zero_()
    data = Batch(draws(12, 2))
    latents = game.latent.sample(12, Random())
    for player in ("discriminator", "generator"):
        game.random.seek()
        squares = latents[:, -2:].square().sum(1).mean().item()
        expected = math.log(2) + math.log(3) + 0.5 * squares / 2
        assert game.losses(player, data, 0)["q"].item() == pytest.approx(expected, rel=1e-4)


def test_a_code_learns_the_structure_of_the_data(bench):
    # Data at two points, without labels: the categorical code learns to distinguish them.
    term = Information()
    game = game_of({"q": term}, Codes(6, categories=(2,), continuous=0), classes=0)
    sides = torch.tensor([[-2.0, 0.0], [2.0, 0.0]])[torch.arange(48) % 2]
    batches = [Batch(sides + 0.1 * draws(48, 2, seed=i)) for i in range(400)]
    bench(game, lr=0.01, optimizer=torch.optim.Adam).run(batches)
    latents = game.latent.sample(200, Random(5))
    samples = game.generator(latents)
    _, (category,), _ = game.latent.split(latents)
    predicted = term.q(game.discriminator.discriminate(samples).features[-1]).argmax(1)
    assert (predicted == category.argmax(1)).float().mean() > 0.95
    means = torch.stack([samples[category[:, i] == 1].mean(0) for i in range(2)])
    assert (means[0] - means[1]).norm() > 1


@pytest.mark.parametrize(
    ("build_invalid", "message"),
    [
        (lambda: TopK(0.0), "weight, the smallest selected share, must be above 0 and at most 1, got 0.0"),
        (lambda: TopK(decay=1.5), "decay must be above 0 and at most 1, got 1.5"),
        (lambda: LeCam(decay=1.0), "decay must be at least 0 and below 1, got 1.0"),
        (lambda: PathLength(shrink=0), "shrink must be at least 1, got 0"),
        (lambda: Orthogonal(player="critic"), "player must be one of discriminator, generator, got 'critic'"),
        (lambda: Consistency(fake=-1), "fake must be at least 0, got -1"),
        (lambda: Information(width=0), "width must be at least 1, got 0"),
    ],
)
def test_errors(build_invalid, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        build_invalid()


def test_reading_latents_in_a_game_without_latents_is_refused():
    with pytest.raises(ValueError, match="draws no latents"):
        _ = view_of(draws(2, 2), draws(2, 2)).latents
