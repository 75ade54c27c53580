import pytest
import torch
from torch import nn

from ganlab.core.interfaces import Spec
from ganlab.generators import R3GAN, SAGAN, BigGAN, FastGAN, ResNet, StyleGAN2
from ganlab.layers.labels import ClassEmbedding

NETWORKS = {
    "sagan": lambda spec: SAGAN(spec, width=2),
    "biggan": lambda spec: BigGAN(spec, width=1, embedding=3),
    "stylegan2": lambda spec: StyleGAN2(spec, width=2, max_width=8, style_size=4, mapping_layers=2),
    "r3gan": lambda spec: R3GAN(spec, width=2, max_width=8, blocks=1, embedding=3),
    "fastgan": lambda spec: FastGAN(spec, width=2, skip=1),
}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def count(network):
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 28, 28), (3, 32, 32), (4, 12, 24), (3, 64, 48), (1, 36, 36)])
@pytest.mark.parametrize("classes", [0, 5])
def test_any_resolution_channels_and_labels(name, shape, classes):
    spec = Spec(shape, classes=classes, latent=9)
    images = NETWORKS[name](spec)(torch.randn(2, 9), torch.tensor([1, 3]) if classes else None)
    assert images.shape == (2, *shape)
    assert images.isfinite().all()


@pytest.mark.parametrize("name", NETWORKS)
def test_labels_change_the_images(name):
    network = NETWORKS[name](Spec((1, 8, 8), classes=3, latent=6)).eval()
    for embedding in [layer for layer in network.modules() if isinstance(layer, ClassEmbedding)]:
        torch.nn.init.normal_(embedding.weight)  # some start at 0, until training changes them
    first, second = network(torch.randn(1, 6).expand(2, -1), torch.tensor([0, 1]))
    assert not torch.allclose(first, second, atol=1e-6)
    with pytest.raises(ValueError, match="built for 3 classes, but it got no labels"):
        network(torch.randn(1, 6))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_memory_format_does_not_change_samples(name):
    network = NETWORKS[name](Spec((3, 16, 16), latent=6)).eval()
    latents = torch.randn(2, 6)
    expected = network(latents)
    torch.testing.assert_close(network.to(memory_format=torch.channels_last)(latents), expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_generator_can_be_differentiated_twice(name):
    network = NETWORKS[name](Spec((1, 8, 8), latent=6))
    images = network(torch.randn(3, 6))
    weights = list(network.parameters())
    field = torch.autograd.grad(images.square().mean(), weights, create_graph=True, materialize_grads=True)
    torch.stack([gradient.square().sum() for gradient in field]).sum().backward()
    assert all(weight.grad is None or weight.grad.isfinite().all() for weight in weights)


def test_parameter_counts_match_the_papers():
    with torch.device("meta"):
        # compare_gan asserts the first for Brock et al. 2019's network, and NVIDIA's code prints the next two.
        assert count(BigGAN(Spec((3, 128, 128), classes=1000, latent=120))) == 70_433_988
        assert count(StyleGAN2(Spec((3, 1024, 1024), latent=512))) == 30_370_060
        assert count(StyleGAN2(Spec((3, 1024, 1024), latent=512), mapping_layers=2)) == 28_794_124
        assert count(R3GAN(Spec((3, 256, 256), latent=64))) == 23_057_952  # the paper's 23.058 M


@pytest.mark.parametrize("side", [32, 64])
def test_sagan_initially_equals_sngan(side):
    spec = Spec((3, side, side), latent=7)
    sagan, sngan = SAGAN(spec, width=2, spectral_norm=False), ResNet(spec, width=2)
    shared = [weight for name, weight in sagan.named_parameters() if "attention" not in name]
    assert len(shared) < len(list(sagan.parameters()))
    with torch.no_grad():
        for weight, sngan_weight in zip(shared, sngan.parameters(), strict=True):
            weight.copy_(sngan_weight)
    latents = torch.randn(4, 7)
    torch.testing.assert_close(sagan(latents), sngan(latents))
    torch.testing.assert_close(sagan.eval()(latents), sngan.eval()(latents))


def test_biggans_initial_weights_are_orthogonal():
    network = BigGAN(Spec((3, 16, 16), classes=4, latent=9), width=2, embedding=8, spectral_norm=False)
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    assert len(layers) > 10
    for layer in layers:
        matrix = layer.weight.flatten(1)
        matrix = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
        torch.testing.assert_close(matrix @ matrix.T, torch.eye(len(matrix)), atol=1e-5, rtol=0)
        assert layer.bias is None or not layer.bias.any()


def test_biggan_gives_each_block_its_piece_of_the_latent():
    network = BigGAN(Spec((1, 16, 16), classes=4, latent=8), width=1, embedding=2)
    assert network.pieces == [3, 3, 2]
    conditions = []
    for block in network.blocks:
        block.register_forward_pre_hook(lambda _, inputs: conditions.append(inputs[1]))
    latents, labels = torch.randn(3, 8), torch.tensor([0, 1, 2])
    network(latents, labels)
    embedded = network.embed.weight.T[labels]  # all blocks share one embedding
    assert torch.equal(conditions[0], torch.cat([embedded, latents[:, 3:6]], 1))
    assert torch.equal(conditions[1], torch.cat([embedded, latents[:, 6:]], 1))


def test_biggans_class_embedding_is_not_spectrally_normalised():
    network = BigGAN(Spec((1, 8, 8), classes=4, latent=8), width=1)
    names = [name for name, _ in network.named_parameters()]
    assert "embed.weight" in names
    assert all(
        "original" in name for name in names if "weight" in name and "embed" not in name and "to_image.0" not in name
    )


@pytest.fixture
def style():
    network = StyleGAN2(Spec((3, 16, 16), latent=6), width=4, style_size=5, mapping_layers=2)
    for name, weight in network.named_parameters():
        if "strength" in name:
            weight.data.fill_(0.3)
    return network


def test_stylegan2_has_as_many_style_inputs_as_in_the_paper():
    with torch.device("meta"):
        assert StyleGAN2(Spec((3, 1024, 1024), latent=512)).layers == 18


def test_noise_is_random_in_training_and_fixed_in_evaluation(style):
    latents = torch.randn(2, 6)
    style.mixing = 0.0
    assert not torch.equal(style(latents), style(latents))
    style.eval()
    assert torch.equal(style(latents), style(latents))


def test_noise_and_mixing_follow_torchs_global_seed(style):
    latents = torch.randn(4, 6)
    torch.manual_seed(5)
    first = style(latents)
    torch.manual_seed(5)
    assert torch.equal(style(latents), first)


def test_styles_are_mixed_from_a_random_layer_onwards(style):
    style.mixing = 0.5
    latents = torch.randn(400, 6)
    expected_own, expected_other = style.mapping(latents, None), style.mapping(latents.roll(1, 0), None)
    styles = style.styles(latents)
    is_own = (styles == expected_own[:, None]).all(2)
    assert (is_own | (styles == expected_other[:, None]).all(2)).all()
    assert is_own[:, 0].all()
    assert (is_own.int().diff(dim=1) <= 0).all()
    assert is_own.all(1).float().mean().item() == pytest.approx(0.5, abs=0.1)
    assert {int(count) for count in is_own.sum(1)} == {*range(1, style.layers + 1)}


def test_truncation_moves_styles_towards_their_average(style):
    latents = torch.randn(3, 6)
    style.mixing = 0.0
    style(latents)
    mean = style.mapping(latents, None).mean(0)
    torch.testing.assert_close(style.average, 0.005 * mean)
    style.eval()
    assert torch.equal(style.styles(latents)[:, 0], style.mapping(latents, None))
    style.truncation = 0.25
    expected = style.average + 0.25 * (style.mapping(latents, None) - style.average)
    torch.testing.assert_close(style.styles(latents)[:, -1], expected)
    style.truncation = 0.0
    first, *rest = style(latents)
    assert all(torch.allclose(first, image, atol=1e-6) for image in rest)


def test_the_image_is_the_sum_over_all_resolutions(style):
    for index, layer in enumerate([style.first_image, *(block.to_image for block in style.blocks)]):
        layer.weight.data.zero_()
        layer.bias.data.fill_(10.0**index)
    middle = style(torch.randn(1, 6))[:, :, 7:9, 7:9]
    torch.testing.assert_close(middle, torch.full_like(middle, 111.0))


def test_an_untrained_r3gan_is_linear():
    network = R3GAN(Spec((3, 16, 16), latent=6), width=4)
    first, second = torch.randn(2, 1, 6)
    torch.testing.assert_close(network(2 * first - second), 2 * network(first) - network(second), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("build_invalid", "message"),
    [
        (lambda: SAGAN(Spec((2,), latent=3)), "SAGAN needs images .* use generator=mlp"),
        (lambda: SAGAN(Spec((1, 16, 16), latent=3), attention=[7]), "attention must be at sides among 8, 16, got 7"),
        (lambda: SAGAN(Spec((1, 31, 31), latent=3)), "SAGAN halves images .* which 31x31 does not allow"),
        (lambda: BigGAN(Spec((1, 16, 16), latent=2)), "the latent into 3 pieces .* got 2 numbers; raise latent.size"),
        (lambda: BigGAN(Spec((1, 1024, 1024), latent=99)), "at most 7 times, but 1024x1024 takes 8"),
        (lambda: BigGAN(Spec((1, 8, 8), latent=9), embedding=0), "embedding must be at least 1, got 0"),
        (lambda: StyleGAN2(Spec((1, 8, 8), latent=3), mixing=1.0), "mixing must be at least 0 and below 1, got 1.0"),
        (lambda: StyleGAN2(Spec((1, 8, 8), latent=3), truncation=-1), "truncation must be at least 0, got -1"),
        (lambda: StyleGAN2(Spec((1, 8, 8), latent=3), mapping_rate=0), "mapping_rate must be above 0, got 0"),
        (lambda: StyleGAN2(Spec((1, 8, 8), latent=3), filter=[1, 2, 1]), r"even number of taps .* got \[1, 2, 1\]"),
        (lambda: StyleGAN2(Spec((1, 8, 8), cond=(3,), latent=3)), r"takes class labels, but .* has the shape \(3,\)"),
        (lambda: R3GAN(Spec((1, 8, 8), latent=3), group_width=0), "group_width must be at least 1, got 0"),
        (lambda: R3GAN(Spec((1, 8, 8)), width=4), "R3GAN makes samples from latents, but latent=none draws none"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(build_invalid, message):
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        build_invalid()
