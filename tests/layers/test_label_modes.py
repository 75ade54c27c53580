"""The label modes of every network, default and others, and the features of every discriminator."""

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
ENSEMBLE = {"a": partial(DCGAN, width=2), "b": partial(MLP, widths=[4])}
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
DISCRIMINATORS = {
    "sagan": (partial(discriminators.SAGAN, width=2), "projection"),
    "biggan": (partial(discriminators.BigGAN, width=1), "projection"),
    "stylegan2": (partial(discriminators.StyleGAN2, width=2, max_width=8), "projection"),
    "r3gan": (partial(discriminators.R3GAN, width=2, max_width=8, blocks=1), "projection"),
    "unet": (partial(discriminators.UNet, width=2), "projection"),
    "patch": (partial(discriminators.Patch, width=2, layers=1), "concat"),
    "multi_scale": (partial(discriminators.MultiScale, critic=partial(DCGAN, width=2)), "concat"),
    "ensemble": (partial(discriminators.Ensemble, critics=ENSEMBLE), "concat"),
    "rnn": (partial(discriminators.RNN, width=4), "concat"),
}
GENERATOR_MODES = [(name, mode) for name, (_, default) in GENERATORS.items() for mode in sorted({default, "concat"})]
DISCRIMINATOR_MODES = [(name, mode) for name in DISCRIMINATORS for mode in ("concat", "projection")]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def spec_of(name):
    return SEQUENCES if name == "rnn" else SPEC


def draw(name, count):
    return torch.randn(count, *spec_of(name).sample)


def logits_of(discriminator, samples, cond=None):
    return as_output(discriminator(samples, cond)).logits


def shapes(network):
    return {name: weight.shape for name, weight in network.named_parameters()}


@pytest.mark.parametrize(("name", "mode"), GENERATOR_MODES)
def test_a_generator_reads_labels_in_each_of_its_modes(name, mode):
    build, default = GENERATORS[name]
    network = build(spec_of(name), labels=mode).eval()
    for embedding in [layer for layer in network.modules() if isinstance(layer, ClassEmbedding)]:
        torch.nn.init.normal_(embedding.weight)  # some start at 0, until training changes them
    latents = torch.randn(1, 6).expand(3, -1)
    samples = network(latents, torch.tensor([0, 1, 1]))
    assert not torch.allclose(samples[0], samples[1], atol=1e-6)
    torch.testing.assert_close(samples[1], samples[2])
    with pytest.raises(ValueError, match="built for 3 classes, but it got no labels"):
        network(latents)
    assert (shapes(network) == shapes(build(spec_of(name)))) is (mode == default)


@pytest.mark.parametrize(("name", "mode"), DISCRIMINATOR_MODES)
def test_a_discriminator_reads_labels_in_each_of_its_modes(name, mode):
    build, default = DISCRIMINATORS[name]
    network = build(spec_of(name), labels=mode).eval()
    samples = draw(name, 1).expand(3, *spec_of(name).sample)
    logits = logits_of(network, samples, torch.tensor([0, 1, 1]))
    assert not torch.allclose(logits[0], logits[1], atol=1e-7)
    torch.testing.assert_close(logits[1], logits[2])
    features = network.discriminate(samples, torch.tensor([0, 1, 1])).features[-1]
    assert torch.allclose(features[0], features[1]) is (mode == "projection")  # the projection follows the features
    with pytest.raises(ValueError, match="built for 3 classes, but it got no labels"):
        network(samples)
    assert (shapes(network) == shapes(build(spec_of(name)))) is (mode == default)


@pytest.mark.parametrize(
    ("build", "name"),
    [
        *((build, name) for name, (build, _) in GENERATORS.items()),
        *((build, name) for name, (build, _) in DISCRIMINATORS.items()),
    ],
)
def test_a_network_with_labels_none_equals_one_for_data_without_labels(build, name):
    spec = spec_of(name)
    unlabelled = Spec(spec.sample, latent=spec.latent)
    network = build(spec, labels="none").eval()
    assert shapes(network) == shapes(build(unlabelled)) == shapes(build(unlabelled, labels="concat"))
    is_generator = build in [generator for generator, _ in GENERATORS.values()]
    inputs = torch.randn(2, 6) if is_generator else draw(name, 2)
    with_labels, without_labels = (as_output(network(inputs, cond)).logits for cond in (torch.tensor([0, 1]), None))
    assert torch.equal(with_labels, without_labels)


@pytest.mark.parametrize("name", ["stylegan2", "r3gan"])
def test_the_projection_of_stylegan2_and_r3gan_is_an_inner_product(name):
    network = DISCRIMINATORS[name][0](SPEC)
    samples, labels = draw(name, 4), torch.tensor([2, 0, 1, 1])
    output = network.discriminate(samples, labels)
    last = network.head[0](output.features[-1])
    vectors = network.projection.embed(last[:, :0], labels)
    scale = {"stylegan2": last.shape[1] ** -0.5, "r3gan": 1.0}[name]
    torch.testing.assert_close(output.logits, (last * vectors).sum(1) * scale)


def test_each_patch_has_its_own_projection():
    network = discriminators.Patch(SPEC, width=2, layers=1, labels="projection")
    samples, labels = draw("patch", 3), torch.tensor([2, 0, 1])
    maps = network.body(samples)
    filters = network.projection.embed.weight.T.reshape(3, 1, 4, 4, 4)
    for row, label in enumerate(labels):
        weight = network.last.weight + filters[label]
        expected = torch.nn.functional.conv2d(maps[row : row + 1], weight, network.last.bias, padding=1)
        torch.testing.assert_close(network(samples, labels)[row], expected.flatten())


@pytest.mark.parametrize("name", DISCRIMINATORS)
@pytest.mark.parametrize("labels", [None, "none"])
def test_every_discriminator_shows_features_and_can_be_an_encoder(name, labels):
    spec = spec_of(name)
    build = DISCRIMINATORS[name][0] if labels is None else partial(DISCRIMINATORS[name][0], labels=labels)
    discriminator, samples, cond = build(spec).eval(), draw(name, 4), torch.tensor([0, 1, 2, 0])
    features = discriminator.discriminate(samples, cond).features[-1]
    assert isinstance(discriminator, ShowsFeatures)
    assert features.shape == (4, discriminator.feature_size)
    torch.testing.assert_close(discriminator.features(samples, cond), features)
    encoder = build_encoder(build, spec, 5)
    codes = encoder(samples, cond)
    assert codes.shape == (4, 5)
    codes.square().sum().backward()
    assert all(weight.grad is not None for weight in encoder.parameters())  # the head was removed


def test_an_ensemble_concatenates_the_features_of_its_discriminators():
    network = discriminators.Ensemble(SPEC, ENSEMBLE)
    samples, cond = draw("ensemble", 2), torch.tensor([0, 1])
    features = [discriminator.discriminate(samples, cond).features[-1] for discriminator in network.critics.values()]
    assert torch.equal(network.discriminate(samples, cond).features[-1], torch.cat(features, 1))


def test_an_ensemble_with_a_discriminator_without_features_shows_none():
    class WithoutFeatures(torch.nn.Module):
        def __init__(self, spec):
            super().__init__()

        def forward(self, samples, cond=None):
            return samples.flatten(1).sum(1)

    network = discriminators.Ensemble(Spec((2,)), {"shows": partial(MLP, widths=[4]), "does not": WithoutFeatures})
    assert not isinstance(network, ShowsFeatures)
    assert network(torch.randn(3, 2)).features == ()
    with pytest.raises(ValueError, match="shows its features, which Ensemble does not"):
        build_encoder(lambda spec: network, Spec((2,)), 3)


@pytest.mark.parametrize(
    ("build_invalid", "message"),
    [
        (lambda: generators.StyleGAN2(SPEC, labels="norm"), "one of mapping, concat, none, got 'norm'"),
        (lambda: generators.R3GAN(SPEC, labels="norm"), "one of embedding, concat, none, got 'norm'"),
        (lambda: generators.RNN(SEQUENCES, labels="norm"), "one of concat, none, got 'norm'"),
        (lambda: discriminators.UNet(SPEC, labels="norm"), "one of projection, concat, none, got 'norm'"),
        (lambda: generators.SAGAN(Spec((1, 8, 8), latent=3), labels="norm"), "labels=norm needs class labels"),
        (lambda: discriminators.SAGAN(Spec((1, 8, 8)), labels="projection"), "labels=projection needs class labels"),
        (lambda: discriminators.Ensemble(SPEC, ENSEMBLE, labels="norm"), "one of concat, projection, none, got 'norm'"),
        (lambda: discriminators.UNet(Spec((1, 8, 8), cond=(3,))), r"takes class labels, but .* the shape \(3,\)"),
    ],
)  # fmt: skip
def test_unknown_or_unsupported_label_modes_are_refused(build_invalid, message):
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        build_invalid()
