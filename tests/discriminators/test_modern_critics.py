import pytest
import torch
from torch.nn import functional

from ganlab.core import tree
from ganlab.core.interfaces import Spec, as_output
from ganlab.discriminators import (
    DCGAN,
    MLP,
    R3GAN,
    SAGAN,
    BigGAN,
    Ensemble,
    MultiScale,
    Patch,
    ResNet,
    StyleGAN2,
    UNet,
)
from ganlab.losses import Hinge

MADE = {
    "sagan": lambda spec: SAGAN(spec, width=2),
    "biggan": lambda spec: BigGAN(spec, width=1),
    "stylegan2": lambda spec: StyleGAN2(spec, width=2, max_width=8),
    "r3gan": lambda spec: R3GAN(spec, width=2, max_width=8, blocks=1),
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


def judge(network, samples, cond=None):
    return as_output(network(samples, cond)).logits


def count(network):
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("shape", [(1, 16, 16), (2, 28, 28), (3, 32, 32), (4, 12, 24), (3, 64, 48), (1, 36, 36)])
@pytest.mark.parametrize("classes", [0, 5])
def test_any_resolution_channels_and_labels(name, shape, classes):
    network = MADE[name](Spec(shape, classes=classes))
    logits = judge(network, torch.randn(2, *shape), torch.tensor([1, 3]) if classes else None)
    assert len(logits) == 2
    assert logits.isfinite().all()


@pytest.mark.parametrize("name", MADE)
def test_labels_change_the_verdict(name):
    network = MADE[name](Spec((1, 16, 16), classes=3))
    samples = torch.randn(1, 1, 16, 16).expand(2, -1, -1, -1)
    first, second = judge(network, samples, torch.tensor([0, 1]))
    assert not torch.allclose(first, second, atol=1e-7)
    with pytest.raises(ValueError, match="built for 3 classes, but it got no labels"):
        network(samples)


@pytest.mark.parametrize("name", MADE)
def test_the_layout_in_memory_changes_nothing(name):
    network, samples = MADE[name](Spec((3, 16, 16))).eval(), torch.randn(2, 3, 16, 16)
    expected = judge(network, samples)
    network = network.to(memory_format=torch.channels_last)
    torch.testing.assert_close(judge(network, samples.to(memory_format=torch.channels_last)), expected)


def test_the_papers_parameter_counts():
    with torch.device("meta"):
        # compare_gan asserts the first of Brock et al. 2019's network, and NVIDIA's program prints the second.
        assert count(BigGAN(Spec((3, 128, 128), classes=1000))) == 87_982_370
        assert count(StyleGAN2(Spec((3, 1024, 1024)))) == 29_012_513
        assert count(R3GAN(Spec((3, 256, 256)))) == 23_009_568  # the paper's 23.010 M


@pytest.mark.parametrize("side", [32, 64])
def test_sagan_is_sngan_at_first(side):
    spec = Spec((3, side, side))
    ours, theirs = SAGAN(spec, width=2, spectral_norm=False), ResNet(spec, width=2)
    shared = [weight for name, weight in ours.named_parameters() if "attention" not in name]
    assert len(shared) < len(list(ours.parameters()))
    with torch.no_grad():
        for mine, other in zip(shared, theirs.parameters(), strict=True):
            mine.copy_(other)
    samples = torch.randn(2, *spec.sample)
    torch.testing.assert_close(ours(samples), theirs(samples))


@pytest.mark.parametrize("name", ["sagan", "stylegan2", "unet", "r3gan"])
def test_a_penalty_has_the_right_slope(name):
    network = MADE[name](Spec((1, 8, 8))).double().eval()
    for weight in network.parameters():  # attention and fix-up begin with zeros, which would hide their share
        weight.data += 0.05 * torch.randn_like(weight)
    samples = torch.randn(2, 1, 8, 8, dtype=torch.float64, requires_grad=True)
    directions = [torch.randn_like(weight) for weight in network.parameters()]

    def penalty():
        return tree.squared_gradient_norm(judge(network, samples), samples).sum()

    slopes = torch.autograd.grad(penalty(), list(network.parameters()), allow_unused=True, materialize_grads=True)
    expected = sum(float((slope * way).sum()) for slope, way in zip(slopes, directions, strict=True))
    values, size = [], 1e-6
    for sign in (1, -1):
        for weight, way in zip(network.parameters(), directions, strict=True):
            weight.data += sign * size * way
        values.append(penalty().item())
        for weight, way in zip(network.parameters(), directions, strict=True):
            weight.data -= sign * size * way
    assert (values[0] - values[1]) / (2 * size) == pytest.approx(expected, rel=1e-4)


def test_an_untrained_r3gan_is_linear():
    network = R3GAN(Spec((3, 16, 16)), width=4)
    first, second = torch.randn(2, 1, 3, 16, 16)
    torch.testing.assert_close(network(2 * first - second), 2 * network(first) - network(second), atol=1e-5, rtol=1e-4)


def test_stylegan2_sees_how_alike_the_samples_are():
    network, sample = StyleGAN2(Spec((3, 8, 8)), width=4), torch.randn(1, 3, 8, 8)
    alone, among_same = network(sample), network(sample.expand(4, -1, -1, -1))
    torch.testing.assert_close(among_same, alone.expand(4))
    assert not torch.allclose(network(torch.cat([sample, torch.randn(3, 3, 8, 8)]))[:1], alone)


def test_plain_blocks_have_no_shortcuts():
    spec = Spec((3, 16, 16))
    residual, plain = (StyleGAN2(spec, width=4, blocks=blocks) for blocks in ("residual", "plain"))
    assert count(residual) - count(plain) == 4 * 8 + 8 * 16
    assert plain(torch.randn(2, *spec.sample)).shape == (2,)


@pytest.mark.parametrize(
    ("layers", "kernel", "field"), [(0, 1, 1), (0, 4, 7), (1, 4, 16), (2, 4, 34), (3, 4, 70), (2, 3, 23)]
)
def test_a_patch_is_as_large_as_it_says(layers, kernel, field):
    network = Patch(Spec((1, 80, 80)), width=2, layers=layers, kernel=kernel).double()
    assert network.receptive_field == field
    samples = torch.randn(1, 1, 80, 80, dtype=torch.float64, requires_grad=True)
    logits = network(samples)
    middle = logits.shape[1] // 2 + (int(logits.shape[1] ** 0.5) // 2 if int(logits.shape[1] ** 0.5) % 2 == 0 else 0)
    (gradient,) = torch.autograd.grad(logits[0, middle], samples)
    rows, columns = gradient[0, 0].nonzero().T
    assert (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1) == (field, field)


def test_a_pixel_critic_judges_every_pixel_for_itself():
    network = Patch(Spec((3, 5, 7)), width=4, layers=0, kernel=1)
    samples = torch.randn(2, 3, 5, 7)
    logits = network(samples)
    assert logits.shape == (2, 35)
    torch.testing.assert_close(network(samples.flip(3)), logits.reshape(2, 5, 7).flip(2).flatten(1))


def test_unet_weighs_the_image_as_much_as_all_its_pixels():
    network, samples = UNet(Spec((3, 16, 16)), width=2), torch.randn(4, 3, 16, 16)
    output = network(samples)
    image, pixels = output.extra["image"], output.extra["pixels"]
    assert image.shape == (4,)
    assert pixels.shape == (4, 16, 16)
    assert output.logits.shape == (4, 2, 256)
    loss = Hinge()
    whole = loss.discriminator(output.logits, -output.logits).mean()
    apart = loss.discriminator(image, -image).mean() + loss.discriminator(pixels, -pixels).mean()
    torch.testing.assert_close(whole, apart / 2)


def test_unet_tells_a_changed_pixels_place():
    network, samples = UNet(Spec((1, 32, 32)), width=4, spectral_norm=False), torch.zeros(2, 1, 32, 32)
    samples[1, 0, 3, 4] = 5.0
    first, second = network(samples).extra["pixels"]
    change = (first - second).abs()
    assert change[:8, :8].mean() > 3 * change[16:, 16:].mean()


def test_each_scale_sees_the_image_half_as_large():
    seen = []

    class Watch(torch.nn.Module):
        def __init__(self, spec):
            super().__init__()
            self.shape = spec.sample

        def forward(self, samples, cond=None):
            assert samples.shape[1:] == self.shape
            seen.append(samples)
            return samples.flatten(1)

    image = torch.full((1, 3, 14, 9), 2.0)
    network = MultiScale(Spec((3, 14, 9)), Watch, scales=3)
    network(image)
    assert [each.shape[2:] for each in seen] == [(14, 9), (7, 5), (4, 3)]
    assert all(torch.equal(each, torch.full_like(each, 2.0)) for each in seen)  # up to the border


def test_an_ensemble_of_one_is_its_critic():
    critics = {"only": lambda spec: MLP(spec, widths=[4])}
    network, samples = Ensemble(Spec((3,)), critics), torch.randn(5, 3)
    assert torch.equal(judge(network, samples)[:, 0], network.critics["only"](samples))
    probabilities = judge(Ensemble(Spec((3,)), critics, head="tanh_probability"), samples)
    assert probabilities.min() > 0
    assert probabilities.max() < 1


def test_a_penalty_of_joined_votes_is_that_of_their_mean():
    critic = MLP(Spec((3,)), widths=[4])
    samples = torch.randn(5, 3, requires_grad=True)
    network = Ensemble(Spec((3,)), {"first": lambda spec: critic, "second": lambda spec: critic})
    alone = tree.squared_gradient_norm(critic(samples), samples)
    torch.testing.assert_close(tree.squared_gradient_norm(judge(network, samples), samples), alone)
    assert functional.mse_loss(alone, torch.zeros_like(alone)) > 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SAGAN(Spec((2,))), "SAGAN needs images .* use discriminator=mlp"),
        (lambda: SAGAN(Spec((1, 16, 16)), attention=[5]), "attention must be at sides among 4, 8, got 5"),
        (lambda: BigGAN(Spec((1, 1024, 1024))), "at most 7 times, and 1024x1024 takes 8"),
        (lambda: StyleGAN2(Spec((1, 8, 8)), blocks="skip"), "blocks must be one of residual, plain, got 'skip'"),
        (lambda: StyleGAN2(Spec((1, 8, 8)), group=0), "group must be at least 1, got 0"),
        (lambda: R3GAN(Spec((1, 8, 8)), blocks=0), "blocks must be at least 1, got 0"),
        (lambda: Patch(Spec((1, 8, 8))), "Patch with 3 layers and a kernel of 4 leaves nothing of 8x8 images; lower"),
        (lambda: Patch(Spec((1, 8, 8)), layers=-1), "layers must be at least 0, got -1"),
        (lambda: UNet(Spec((1, 8, 8)), width=0), "width must be at least 1, got 0"),
        (lambda: MultiScale(Spec((1, 28, 28)), DCGAN, scales=3), "DCGAN halves images .* which 7x7 does not allow"),
        (lambda: MultiScale(Spec((1, 28, 28)), DCGAN, scales=0), "scales must be at least 1, got 0"),
        (lambda: Ensemble(Spec((2,)), {}), "critics must name at least one critic, got none"),
        (lambda: Ensemble(Spec((2,)), {"a": DCGAN}), "DCGAN needs images"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(make, message):
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        make()
