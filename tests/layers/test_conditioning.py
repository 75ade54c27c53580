import copy

import pytest
import torch

from ganlab import discriminators, generators
from ganlab.core.interfaces import ShowsFeatures, Spec, as_output
from ganlab.layers import build_packed
from ganlab.layers.class_norm import ClassNorm
from ganlab.layers.packing import PackedDiscriminator

POINTS, IMAGES = Spec((2,), classes=3, latent=4), Spec((1, 8, 8), classes=3, latent=4)
LARGE = Spec((1, 32, 32), classes=3, latent=4)
DISCRIMINATORS = {
    "mlp": lambda spec, **settings: discriminators.MLP(spec, widths=(8,), **settings),
    "dcgan": lambda spec, **settings: discriminators.DCGAN(spec, width=4, **settings),
    "resnet": lambda spec, **settings: discriminators.ResNet(spec, width=4, **settings),
}
GENERATORS = {
    "mlp": lambda spec, **settings: generators.MLP(spec, widths=(8,), norm="batch", **settings),
    "dcgan": lambda spec, **settings: generators.DCGAN(spec, width=4, **settings),
    "resnet": lambda spec, **settings: generators.ResNet(spec, width=4, **settings),
}
SPECS = {"mlp": POINTS, "dcgan": IMAGES, "resnet": LARGE}
every = pytest.mark.parametrize("name", SPECS)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@every
def test_a_projection_adds_the_product_of_features_and_class_vector(name):
    discriminator = DISCRIMINATORS[name](SPECS[name], labels="projection").eval()
    samples, labels = torch.randn(3, *SPECS[name].sample), torch.tensor([0, 2, 1])
    output = discriminator.discriminate(samples, labels)
    assert output.features[-1].shape == (3, discriminator.feature_size)
    assert isinstance(discriminator, ShowsFeatures)
    plain = discriminator.head(output.features[-1])
    vectors = discriminator.projection.embed.weight.T[labels]
    torch.testing.assert_close(output.logits, plain + (vectors * output.features[-1]).sum(1))
    torch.testing.assert_close(discriminator(samples, labels), output.logits)
    assert torch.equal(discriminator.discriminate(samples, labels.flip(0)).features[-1], output.features[-1])


@every
def test_a_projection_is_spectrally_normalised_like_the_other_layers(name):
    discriminator = DISCRIMINATORS[name](SPECS[name], labels="projection", spectral_norm=True)
    assert hasattr(discriminator.projection.embed.parametrizations.weight[0], "normalise")


@every
def test_a_network_without_labels_does_not_read_them(name):
    spec = SPECS[name]
    discriminator, generator = DISCRIMINATORS[name](spec, labels="none"), GENERATORS[name](spec, labels="none")
    samples, latents = torch.randn(2, *spec.sample), torch.randn(2, 4)
    assert torch.equal(discriminator(samples, torch.tensor([0, 1])), discriminator(samples, None))
    assert torch.equal(generator(latents, torch.tensor([0, 1])), generator(latents, None))
    bare = DISCRIMINATORS[name](Spec(spec.sample, latent=4))
    assert {n: w.shape for n, w in discriminator.named_parameters()} == {n: w.shape for n, w in bare.named_parameters()}


@every
def test_class_norms_scale_and_shift_by_class(name):
    generator = GENERATORS[name](SPECS[name], labels="norm").eval()
    norms = [layer for layer in generator.modules() if isinstance(layer, ClassNorm)]
    assert norms
    assert not any(p is not None for layer in norms for p in (layer.norm.weight, layer.norm.bias))
    latents, labels = torch.randn(6, 4), torch.arange(6) % 3
    initial = generator(latents, labels)
    torch.testing.assert_close(generator(latents, labels.flip(0)), initial)  # initially all classes have the same norms
    norms[0].shift.weight.data[1] = 3.0
    changed = (generator(latents, labels) - initial).flatten(1).abs().amax(1) > 1e-4
    assert changed.tolist() == (labels == 1).tolist()


def test_class_norm_by_hand():
    generator = GENERATORS["mlp"](POINTS, labels="norm")
    (norm,) = (layer for layer in generator.modules() if isinstance(layer, ClassNorm))
    torch.nn.init.normal_(norm.scale.weight)
    torch.nn.init.normal_(norm.shift.weight)
    labels, values = torch.tensor([2, 0, 1, 1]), torch.randn(4, 8)
    generator.labels(values, labels)
    plain = (values - values.mean(0)) / (values.var(0, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(norm(values), plain * norm.scale.weight[labels] + norm.shift.weight[labels])


def test_a_copy_reads_its_own_labels():
    generator = GENERATORS["mlp"](POINTS, labels="norm").eval()
    twin = copy.deepcopy(generator)
    for network in (generator, twin):
        for layer in network.modules():
            if isinstance(layer, ClassNorm):
                layer.shift.weight.data[1] = 3.0
    latents = torch.randn(3, 4)
    first = generator(latents, torch.tensor([1, 1, 1]))
    twin(latents, torch.tensor([0, 0, 0]))
    assert torch.equal(generator(latents, torch.tensor([1, 1, 1])), first)
    assert torch.equal(twin(latents, torch.tensor([1, 1, 1])), first)


@pytest.mark.parametrize("labels", ["norm", "projection"])
def test_errors(labels):
    factories = GENERATORS if labels == "norm" else DISCRIMINATORS
    with pytest.raises(ValueError, match=f"^labels={labels} needs class labels"):
        factories["mlp"](Spec((2,), latent=4), labels=labels)
    with pytest.raises(ValueError, match=r"got no labels$"):
        factories["mlp"](POINTS, labels=labels)(torch.randn(2, 4 if labels == "norm" else 2))
    with pytest.raises(ValueError, match=r"^labels must be one of concat, "):
        factories["mlp"](POINTS, labels="norms")


class Recorder(torch.nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.spec = spec

    def forward(self, samples, cond=None):
        assert cond is None
        self.received = samples
        return samples.flatten(1).sum(1)


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize(("shape", "axis"), [((2,), 0), ((5, 2), 1), ((2, 4, 4), 0)])
def test_packs_concatenate_consecutive_samples_along_their_channels(shape, axis, classes):
    network = build_packed(Recorder, Spec(shape, classes=classes, latent=7), 3)
    samples = torch.randn(6, *shape)
    labels = torch.tensor([0, 1, 2, 2, 0, 1]) if classes else None
    logits = network(samples, labels)
    packs, spec = network.critic.received, network.critic.spec
    assert logits.shape == (2,)
    assert packs.shape == (2, *spec.sample)
    assert (spec.classes, spec.latent) == (0, 7)
    for i, pack in enumerate(packs):
        for j, piece in enumerate(pack.chunk(3, axis)):
            sample, codes = piece.split([2, classes], axis)
            assert torch.equal(sample, samples[3 * i + j])
            if classes:
                assert (codes.argmax(axis) == labels[3 * i + j]).all()


def test_an_incomplete_pack_is_filled_from_the_start_of_the_batch():
    network = build_packed(Recorder, Spec((1,)), 3)
    network(torch.arange(4.0)[:, None])
    assert network.critic.received.tolist() == [[0, 1, 2], [3, 0, 1]]


def test_packs_of_one_sample_use_the_discriminator_itself():
    assert not isinstance(build_packed(DISCRIMINATORS["mlp"], POINTS, 1), PackedDiscriminator)
    with pytest.raises(ValueError, match=r"^packing must be at least 1, got 0$"):
        build_packed(DISCRIMINATORS["mlp"], POINTS, 0)


def test_packs_show_their_features():
    network = build_packed(DISCRIMINATORS["mlp"], Spec((2,)), 2)
    output = as_output(network.discriminate(torch.randn(4, 2)))
    assert isinstance(network, ShowsFeatures)
    assert output.features[-1].shape == (2, network.feature_size) == (2, 8)


def test_a_packed_discriminator_detects_mode_collapse():
    # PacGAN: each sample of a collapsed generator looks real, and only a pack of samples shows the collapse.
    def accuracy(size):
        torch.manual_seed(0)
        discriminator = build_packed(lambda spec: discriminators.MLP(spec, widths=(32,)), Spec((1,)), size)
        optimizer = torch.optim.Adam(discriminator.parameters(), lr=0.02)
        for _ in range(300):
            real = torch.randint(2, (64, 1)) * 2.0 - 1
            fake = (torch.randint(2, (64 // size, 1)) * 2.0 - 1).repeat_interleave(size, 0)  # each pack has one mode
            on_real, on_fake = discriminator(real), discriminator(fake)
            optimizer.zero_grad()
            torch.nn.functional.softplus(torch.cat([-on_real, on_fake])).mean().backward()
            optimizer.step()
        return ((on_real > 0).float().mean() + (on_fake < 0).float().mean()).item() / 2

    assert accuracy(1) < 0.65 < 0.85 < accuracy(4)
