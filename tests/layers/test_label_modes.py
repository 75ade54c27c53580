"""Every network's ways for labels, its own and the others, and what every critic shows."""

from functools import partial

import pytest
import torch

from ganlab import discriminators, generators
from ganlab.core.interfaces import ShowsFeatures, Spec, as_output
from ganlab.discriminators import DCGAN, MLP
from ganlab.layers import build_encoder
from ganlab.layers.labels import ClassEmbedding

SPEC = Spec((1, 16, 16), classes=3, latent=6)
SEQUENCES = Spec((5, 2), classes=3, latent=6)
MEMBERS = {"a": partial(DCGAN, width=2), "b": partial(MLP, widths=[4])}
GENERATORS = {
    "sagan": (partial(generators.SAGAN, width=2), "norm"),
    "biggan": (partial(generators.BigGAN, width=1, embedding=3), "norm"),
    "stylegan2": (
        partial(generators.StyleGAN2, width=2, max_width=8, style_size=4, mapping_layers=2, mixing=0.0),
        "mapping",
    ),
    "r3gan": (partial(generators.R3GAN, width=2, max_width=8, blocks=1, embedding=3), "embedding"),
    "rnn": (partial(generators.RNN, width=4), "concat"),
}
CRITICS = {
    "sagan": (partial(discriminators.SAGAN, width=2), "projection"),
    "biggan": (partial(discriminators.BigGAN, width=1), "projection"),
    "stylegan2": (partial(discriminators.StyleGAN2, width=2, max_width=8), "projection"),
    "r3gan": (partial(discriminators.R3GAN, width=2, max_width=8, blocks=1), "projection"),
    "unet": (partial(discriminators.UNet, width=2), "projection"),
    "patch": (partial(discriminators.Patch, width=2, layers=1), "concat"),
    "multi_scale": (partial(discriminators.MultiScale, critic=partial(DCGAN, width=2)), "concat"),
    "ensemble": (partial(discriminators.Ensemble, critics=MEMBERS), "concat"),
    "rnn": (partial(discriminators.RNN, width=4), "concat"),
}
WAYS = [(name, way) for name, (_, own) in GENERATORS.items() for way in dict.fromkeys([own, "concat"])]
CRITICS_WAYS = [(name, way) for name in CRITICS for way in ("concat", "projection")]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def spec_of(name):
    return SEQUENCES if name == "rnn" else SPEC


def draw(name, count):
    return torch.randn(count, *spec_of(name).sample)


def judge(critic, samples, cond=None):
    return as_output(critic(samples, cond)).logits


def shapes(network):
    return {name: weight.shape for name, weight in network.named_parameters()}


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_a_generator_reads_labels_in_any_of_its_ways(name, way):
    make, own = GENERATORS[name]
    network = make(spec_of(name), labels=way).eval()
    for table in [each for each in network.modules() if isinstance(each, ClassEmbedding)]:
        torch.nn.init.normal_(table.weight)  # as training moves those that start at 0
    latents = torch.randn(1, 6).expand(3, -1)
    made = network(latents, torch.tensor([0, 1, 1]))
    assert not torch.allclose(made[0], made[1], atol=1e-6)
    torch.testing.assert_close(made[1], made[2])
    with pytest.raises(ValueError, match="built for 3 classes, but it got no labels"):
        network(latents)
    assert (shapes(network) == shapes(make(spec_of(name)))) is (way == own)


@pytest.mark.parametrize(("name", "way"), CRITICS_WAYS)
def test_a_critic_reads_labels_in_any_of_its_ways(name, way):
    make, own = CRITICS[name]
    network = make(spec_of(name), labels=way).eval()
    samples = draw(name, 1).expand(3, *spec_of(name).sample)
    logits = judge(network, samples, torch.tensor([0, 1, 1]))
    assert not torch.allclose(logits[0], logits[1], atol=1e-7)
    torch.testing.assert_close(logits[1], logits[2])
    features = network.discriminate(samples, torch.tensor([0, 1, 1])).features[-1]
    assert torch.allclose(features[0], features[1]) is (way == "projection")  # which adds labels after them
    with pytest.raises(ValueError, match="built for 3 classes, but it got no labels"):
        network(samples)
    assert (shapes(network) == shapes(make(spec_of(name)))) is (way == own)


@pytest.mark.parametrize(
    ("make", "name"),
    [*((make, name) for name, (make, _) in GENERATORS.items()), *((make, name) for name, (make, _) in CRITICS.items())],
)
def test_a_network_without_labels_is_that_of_data_without(make, name):
    spec = spec_of(name)
    bare = Spec(spec.sample, latent=spec.latent)
    network = make(spec, labels="none").eval()
    assert shapes(network) == shapes(make(bare)) == shapes(make(bare, labels="concat"))
    values = torch.randn(2, 6) if make in [each for each, _ in GENERATORS.values()] else draw(name, 2)
    told, untold = (as_output(network(values, cond)).logits for cond in (torch.tensor([0, 1]), None))
    assert torch.equal(told, untold)


@pytest.mark.parametrize("name", ["stylegan2", "r3gan"])
def test_the_papers_projection_is_a_product(name):
    network = CRITICS[name][0](SPEC)
    samples, labels = draw(name, 4), torch.tensor([2, 0, 1, 1])
    output = network.discriminate(samples, labels)
    last = network.head[0](output.features[-1])
    vectors = network.projection.embed(last[:, :0], labels)
    scale = {"stylegan2": last.shape[1] ** -0.5, "r3gan": 1.0}[name]
    torch.testing.assert_close(output.logits, (last * vectors).sum(1) * scale)


def test_each_patch_is_projected_for_itself():
    network = discriminators.Patch(SPEC, width=2, layers=1, labels="projection")
    samples, labels = draw("patch", 3), torch.tensor([2, 0, 1])
    maps = network.body(samples)
    filters = network.projection.embed.weight.T.reshape(3, 1, 4, 4, 4)
    for row, label in enumerate(labels):
        weight = network.last.weight + filters[label]
        alone = torch.nn.functional.conv2d(maps[row : row + 1], weight, network.last.bias, padding=1)
        torch.testing.assert_close(network(samples, labels)[row], alone.flatten())


@pytest.mark.parametrize("name", CRITICS)
@pytest.mark.parametrize("labels", [None, "none"])
def test_every_critic_shows_features_and_makes_an_encoder(name, labels):
    spec = spec_of(name)
    make = CRITICS[name][0] if labels is None else partial(CRITICS[name][0], labels=labels)
    critic, samples, cond = make(spec).eval(), draw(name, 4), torch.tensor([0, 1, 2, 0])
    features = critic.discriminate(samples, cond).features[-1]
    assert isinstance(critic, ShowsFeatures)
    assert features.shape == (4, critic.feature_size)
    torch.testing.assert_close(critic.features(samples, cond), features)
    encoder = build_encoder(make, spec, 5)
    codes = encoder(samples, cond)
    assert codes.shape == (4, 5)
    codes.square().sum().backward()
    assert all(weight.grad is not None for weight in encoder.parameters())  # nothing of the head is left


def test_joint_features_are_those_of_all_critics():
    network = discriminators.Ensemble(SPEC, MEMBERS)
    samples, cond = draw("ensemble", 2), torch.tensor([0, 1])
    each = [critic.discriminate(samples, cond).features[-1] for critic in network.critics.values()]
    assert torch.equal(network.discriminate(samples, cond).features[-1], torch.cat(each, 1))


def test_who_joins_a_critic_without_features_has_none():
    class Silent(torch.nn.Module):
        def __init__(self, spec):
            super().__init__()

        def forward(self, samples, cond=None):
            return samples.flatten(1).sum(1)

    network = discriminators.Ensemble(Spec((2,)), {"shows": partial(MLP, widths=[4]), "does not": Silent})
    assert not isinstance(network, ShowsFeatures)
    assert network(torch.randn(3, 2)).features == ()
    with pytest.raises(ValueError, match="shows its features, which Ensemble does not"):
        build_encoder(lambda spec: network, Spec((2,)), 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: generators.StyleGAN2(SPEC, labels="norm"), "one of mapping, concat, none, got 'norm'"),
        (lambda: generators.R3GAN(SPEC, labels="norm"), "one of embedding, concat, none, got 'norm'"),
        (lambda: generators.RNN(SEQUENCES, labels="norm"), "one of concat, none, got 'norm'"),
        (lambda: discriminators.UNet(SPEC, labels="norm"), "one of projection, concat, none, got 'norm'"),
        (lambda: generators.SAGAN(Spec((1, 8, 8), latent=3), labels="norm"), "labels=norm needs class labels"),
        (lambda: discriminators.SAGAN(Spec((1, 8, 8)), labels="projection"), "labels=projection needs class labels"),
        (lambda: discriminators.Ensemble(SPEC, MEMBERS, labels="norm"), "one of concat, projection, none, got 'norm'"),
        (lambda: discriminators.UNet(Spec((1, 8, 8), cond=(3,))), r"takes class labels, but .* the shape \(3,\)"),
    ],
)  # fmt: skip
def test_other_ways_are_refused(make, message):
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        make()
