import pytest
import torch
from hydra import compose, initialize_config_dir
from torch.nn import functional

from ganlab.config import conf_directory, instantiate
from ganlab.core import tree
from ganlab.core.interfaces import Spec, as_output
from ganlab.discriminators import (
    DCGAN,
    MLP,
    R3GAN,
    SAGAN,
    BigGAN,
    Ensemble,
    FastGAN,
    MultiScale,
    Patch,
    ResNet,
    StyleGAN2,
    UNet,
)
from ganlab.losses import Hinge

NETWORKS = {
    "sagan": lambda spec: SAGAN(spec, width=2),
    "biggan": lambda spec: BigGAN(spec, width=1),
    "stylegan2": lambda spec: StyleGAN2(spec, width=2, max_width=8),
    "r3gan": lambda spec: R3GAN(spec, width=2, max_width=8, blocks=1),
    "fastgan": lambda spec: FastGAN(spec, width=2),
    "patch": lambda spec: Patch(spec, width=2, layers=1),
    "unet": lambda spec: UNet(spec, width=2),
    "multi_scale": lambda spec: MultiScale(spec, lambda inner: Patch(inner, width=2, layers=1)),
    "ensemble": lambda spec: Ensemble(
        spec, {"a": lambda inner: DCGAN(inner, width=2), "b": lambda inner: UNet(inner, width=2)}
    ),
}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def logits_of(network, samples, cond=None):
    return as_output(network(samples, cond)).logits


def count(network):
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(1, 16, 16), (2, 28, 28), (3, 32, 32), (4, 12, 24), (3, 64, 48), (1, 36, 36)])
@pytest.mark.parametrize("classes", [0, 5])
def test_any_resolution_channels_and_labels(name, shape, classes):
    network = NETWORKS[name](Spec(shape, classes=classes))
    logits = logits_of(network, torch.randn(2, *shape), torch.tensor([1, 3]) if classes else None)
    assert len(logits) == 2
    assert logits.isfinite().all()


@pytest.mark.parametrize("name", NETWORKS)
def test_labels_change_the_logits(name):
    network = NETWORKS[name](Spec((1, 16, 16), classes=3))
    samples = torch.randn(1, 1, 16, 16).expand(2, -1, -1, -1)
    first, second = logits_of(network, samples, torch.tensor([0, 1]))
    assert not torch.allclose(first, second, atol=1e-7)
    with pytest.raises(ValueError, match="built for 3 classes, but it got no labels"):
        network(samples)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_memory_format_does_not_change_logits(name):
    network, samples = NETWORKS[name](Spec((3, 16, 16))).eval(), torch.randn(2, 3, 16, 16)
    expected = logits_of(network, samples)
    network = network.to(memory_format=torch.channels_last)
    torch.testing.assert_close(logits_of(network, samples.to(memory_format=torch.channels_last)), expected)


def test_parameter_counts_match_the_papers():
    with torch.device("meta"):
        # compare_gan asserts the first for Brock et al. 2019's network, and NVIDIA's code prints the second.
        assert count(BigGAN(Spec((3, 128, 128), classes=1000))) == 87_982_370
        assert count(StyleGAN2(Spec((3, 1024, 1024)))) == 29_012_513
        assert count(R3GAN(Spec((3, 256, 256)))) == 23_009_568  # the paper's 23.010 M


@pytest.mark.parametrize("side", [32, 64])
def test_sagan_initially_equals_sngan(side):
    spec = Spec((3, side, side))
    sagan, sngan = SAGAN(spec, width=2, spectral_norm=False), ResNet(spec, width=2)
    shared = [weight for name, weight in sagan.named_parameters() if "attention" not in name]
    assert len(shared) < len(list(sagan.parameters()))
    with torch.no_grad():
        for weight, sngan_weight in zip(shared, sngan.parameters(), strict=True):
            weight.copy_(sngan_weight)
    samples = torch.randn(2, *spec.sample)
    torch.testing.assert_close(sagan(samples), sngan(samples))


@pytest.mark.parametrize("name", ["sagan", "stylegan2", "unet", "r3gan"])
def test_gradients_of_a_penalty_agree_with_finite_differences(name):
    network = NETWORKS[name](Spec((1, 8, 8))).double().eval()
    for weight in (
        network.parameters()
    ):  # attention and Fixup blocks have weights that start at 0, which would hide their gradients
        weight.data += 0.05 * torch.randn_like(weight)
    samples = torch.randn(2, 1, 8, 8, dtype=torch.float64, requires_grad=True)
    directions = [torch.randn_like(weight) for weight in network.parameters()]

    def penalty():
        return tree.squared_gradient_norm(logits_of(network, samples), samples).sum()

    slopes = torch.autograd.grad(penalty(), list(network.parameters()), allow_unused=True, materialize_grads=True)
    expected = sum(float((slope * direction).sum()) for slope, direction in zip(slopes, directions, strict=True))
    values, size = [], 1e-6
    for sign in (1, -1):
        for weight, direction in zip(network.parameters(), directions, strict=True):
            weight.data += sign * size * direction
        values.append(penalty().item())
        for weight, direction in zip(network.parameters(), directions, strict=True):
            weight.data -= sign * size * direction
    assert (values[0] - values[1]) / (2 * size) == pytest.approx(expected, rel=1e-4)


def test_an_untrained_r3gan_is_linear():
    network = R3GAN(Spec((3, 16, 16)), width=4)
    first, second = torch.randn(2, 1, 3, 16, 16)
    torch.testing.assert_close(network(2 * first - second), 2 * network(first) - network(second), atol=1e-5, rtol=1e-4)


def test_stylegan2_reads_the_similarity_of_the_samples():
    network, sample = StyleGAN2(Spec((3, 8, 8)), width=4), torch.randn(1, 3, 8, 8)
    alone, copies = network(sample), network(sample.expand(4, -1, -1, -1))
    torch.testing.assert_close(copies, alone.expand(4))
    assert not torch.allclose(network(torch.cat([sample, torch.randn(3, 3, 8, 8)]))[:1], alone)


def test_plain_blocks_have_no_shortcuts():
    spec = Spec((3, 16, 16))
    residual, plain = (StyleGAN2(spec, width=4, blocks=blocks) for blocks in ("residual", "plain"))
    assert count(residual) - count(plain) == 4 * 8 + 8 * 16
    assert plain(torch.randn(2, *spec.sample)).shape == (2,)


@pytest.mark.parametrize(
    ("layers", "kernel", "extra", "field"),
    [(0, 1, 0, 1), (0, 1, 1, 1), (0, 4, 0, 7), (1, 4, 0, 16), (2, 4, 0, 34), (3, 4, 0, 70), (2, 3, 0, 23),
     (5, 4, 0, 286), (1, 4, 2, 28), (1, 3, 1, 15)],
)  # fmt: skip
def test_the_receptive_field_is_as_stated(layers, kernel, extra, field):
    side = 80 if field < 80 else 4 * field // 2
    network = Patch(Spec((1, side, side)), width=1, layers=layers, kernel=kernel, extra_layers=extra).double()
    assert network.receptive_field == field
    for weight in network.parameters():
        weight.data.abs_()  # no products cancel or fall below the smallest number
    samples = torch.rand(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    logits = network(samples)
    middle = logits.shape[1] // 2 + (int(logits.shape[1] ** 0.5) // 2 if int(logits.shape[1] ** 0.5) % 2 == 0 else 0)
    (gradient,) = torch.autograd.grad(logits[0, middle], samples)
    rows, columns = gradient[0, 0].nonzero().T
    assert (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1) == (field, field)


@pytest.mark.parametrize(
    ("name", "field", "channels"),
    [("pixel", 1, [64, 128, 1]), ("patch16", 16, [64, 128, 1]), ("patch70", 70, [64, 128, 256, 512, 1])],
)
def test_the_presets_are_the_papers_discriminators(name, field, channels):
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        node = compose(f"discriminator/{name}").discriminator
    with torch.device("meta"):
        network = instantiate(node)(Spec((3, 256, 256), (3, 256, 256)))
    layers = [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert network.receptive_field == field
    assert [layer.out_channels for layer in layers] == channels
    assert layers[0].in_channels == 6
    assert {layer.kernel_size for layer in layers} == ({(1, 1)} if field == 1 else {(4, 4)})


def test_a_pixel_discriminator_is_a_function_of_single_pixels():
    network = Patch(Spec((3, 5, 7)), width=4, layers=0, kernel=1)
    samples = torch.randn(2, 3, 5, 7)
    logits = network(samples)
    assert logits.shape == (2, 35)
    torch.testing.assert_close(network(samples.flip(3)), logits.reshape(2, 5, 7).flip(2).flatten(1))


def test_unets_loss_weights_the_image_as_much_as_all_its_pixels():
    network, samples = UNet(Spec((3, 16, 16)), width=2), torch.randn(4, 3, 16, 16)
    output = network(samples)
    image, pixels = output.extra["image"], output.extra["pixels"]
    assert image.shape == (4,)
    assert pixels.shape == (4, 16, 16)
    assert output.logits.shape == (4, 2, 256)
    loss = Hinge()
    joint = loss.discriminator(output.logits, -output.logits).mean()
    separate = loss.discriminator(image, -image).mean() + loss.discriminator(pixels, -pixels).mean()
    torch.testing.assert_close(joint, separate / 2)


def test_unets_pixel_logits_change_most_near_a_changed_pixel():
    network, samples = UNet(Spec((1, 32, 32)), width=4, spectral_norm=False), torch.zeros(2, 1, 32, 32)
    samples[1, 0, 3, 4] = 5.0
    first, second = network(samples).extra["pixels"]
    change = (first - second).abs()
    assert change[:8, :8].mean() > 3 * change[16:, 16:].mean()


def test_each_scale_receives_the_image_at_half_the_size_of_the_previous_one():
    received = []

    class Recorder(torch.nn.Module):
        def __init__(self, spec):
            super().__init__()
            self.shape = spec.sample

        def forward(self, samples, cond=None):
            assert samples.shape[1:] == self.shape
            received.append(samples)
            return samples.flatten(1)

    image = torch.full((1, 3, 14, 9), 2.0)
    network = MultiScale(Spec((3, 14, 9)), Recorder, scales=3)
    network(image)
    assert [images.shape[2:] for images in received] == [(14, 9), (7, 5), (4, 3)]
    assert all(torch.equal(images, torch.full_like(images, 2.0)) for images in received)  # including the border


def test_an_ensemble_of_one_equals_its_discriminator():
    critics = {"only": lambda spec: MLP(spec, widths=[4])}
    network, samples = Ensemble(Spec((3,)), critics), torch.randn(5, 3)
    assert torch.equal(logits_of(network, samples)[:, 0], network.critics["only"](samples))
    probabilities = logits_of(Ensemble(Spec((3,)), critics, head="tanh_probability"), samples)
    assert probabilities.min() > 0
    assert probabilities.max() < 1


def test_a_gradient_penalty_of_joined_logits_is_that_of_their_mean():
    discriminator = MLP(Spec((3,)), widths=[4])
    samples = torch.randn(5, 3, requires_grad=True)
    network = Ensemble(Spec((3,)), {"first": lambda spec: discriminator, "second": lambda spec: discriminator})
    alone = tree.squared_gradient_norm(discriminator(samples), samples)
    torch.testing.assert_close(tree.squared_gradient_norm(logits_of(network, samples), samples), alone)
    assert functional.mse_loss(alone, torch.zeros_like(alone)) > 0


@pytest.mark.parametrize(
    ("build_invalid", "message"),
    [
        (lambda: SAGAN(Spec((2,))), "SAGAN needs images .* use discriminator=mlp"),
        (lambda: SAGAN(Spec((1, 16, 16)), attention=[5]), "attention must be at sides among 4, 8, got 5"),
        (lambda: BigGAN(Spec((1, 1024, 1024))), "at most 7 times, but 1024x1024 takes 8"),
        (lambda: StyleGAN2(Spec((1, 8, 8)), blocks="skip"), "blocks must be one of residual, plain, got 'skip'"),
        (lambda: StyleGAN2(Spec((1, 8, 8)), group=0), "group must be at least 1, got 0"),
        (lambda: R3GAN(Spec((1, 8, 8)), blocks=0), "blocks must be at least 1, got 0"),
        (lambda: Patch(Spec((1, 8, 8))), "Patch with 3 layers and a kernel of 4 leaves nothing of 8x8 images; lower"),
        (lambda: Patch(Spec((1, 8, 8)), layers=-1), "layers must be at least 0, got -1"),
        (lambda: UNet(Spec((1, 8, 8)), width=0), "width must be at least 1, got 0"),
        (lambda: MultiScale(Spec((1, 28, 28)), DCGAN, scales=3), "DCGAN halves images .* which 7x7 does not allow"),
        (lambda: MultiScale(Spec((1, 28, 28)), DCGAN, scales=0), "scales must be at least 1, got 0"),
        (lambda: Ensemble(Spec((2,)), {}), "critics must name at least one discriminator, got none"),
        (lambda: Ensemble(Spec((2,)), {"a": DCGAN}), "DCGAN needs images"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(build_invalid, message):
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        build_invalid()
