import pytest
import torch
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.layers.equalised import EqualisedConv2d, EqualisedLinear, ScaledLeakyReLU
from ganlab.layers.minibatch_std import MinibatchDeviation
from ganlab.layers.modulated import Convolution, Upconvolution, demodulation_factors, scale_maps
from ganlab.layers.resampling import Blur, Downsample, Upsample, normalise_taps
from ganlab.layers.styled import Mapping, Noise, StyledConvolution, ToImage

TAPS = [1, 3, 3, 1]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def insert_zeros(images):
    """Insert a zero after every pixel along each axis."""
    n, channels, height, width = images.shape
    wide = images.new_zeros(n, channels, height, 2, width, 2)
    wide[:, :, :, 0, :, 0] = images
    return wide.reshape(n, channels, 2 * height, 2 * width)


def apply_filter(images, taps, before, after):
    """Filter with the two-dimensional kernel and zero padding."""
    kernel = torch.outer(normalise_taps(taps), normalise_taps(taps)).expand(images.shape[1], 1, -1, -1)
    padded = functional.pad(images, (before, after, before, after))
    return functional.conv2d(padded, kernel, groups=images.shape[1])


@pytest.mark.parametrize("taps", [[1, 1], TAPS, [1, 5, 10, 10, 5, 1]])
def test_filters_preserve_a_constant_image_except_at_the_border(taps):
    ones = torch.full((1, 2, 16, 12), 3.0)
    for change in (Upsample(taps), Downsample(taps), Blur(taps, len(taps) // 2)):
        inner = change(ones)[:, :, 3:-3, 3:-3]
        torch.testing.assert_close(inner, torch.full_like(inner, 3.0))


def test_two_equal_taps_are_nearest_neighbours_and_means():
    images = torch.randn(2, 3, 6, 4)
    torch.testing.assert_close(Upsample([1, 1])(images), functional.interpolate(images, scale_factor=2))
    torch.testing.assert_close(Downsample([1, 1])(images), functional.avg_pool2d(images, 2))


def test_separable_filters_equal_the_two_dimensional_kernel():
    images = torch.randn(2, 3, 6, 4)
    torch.testing.assert_close(Upsample(TAPS)(images), 4 * apply_filter(insert_zeros(images), TAPS, 2, 1))
    torch.testing.assert_close(Downsample(TAPS)(images), apply_filter(images, TAPS, 1, 1)[:, :, ::2, ::2])
    torch.testing.assert_close(Blur(TAPS, 2)(images), apply_filter(images, TAPS, 2, 2))


@pytest.mark.parametrize("taps", [TAPS, [1, 2, 4, 3]])
def test_upsampling_is_four_times_the_adjoint_of_downsampling(taps):
    small, large = torch.randn(1, 2, 5, 3), torch.randn(1, 2, 10, 6)
    left, right = (Upsample(taps)(small) * large).sum(), 4 * (small * Downsample(taps)(large)).sum()
    torch.testing.assert_close(left, right)


def test_resampling_can_be_differentiated_twice():
    images = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    for change in (Upsample(TAPS), Downsample(TAPS), Blur(TAPS, 1)):
        assert torch.autograd.gradgradcheck(lambda x, change=change: change.double()(x).tanh(), images)


@pytest.mark.parametrize("taps", [[1, 2, 1], [1, -1], []])
def test_filters_that_shift_or_darken_are_refused(taps):
    with pytest.raises(ValueError, match="filter must have an even number of taps with a positive sum"):
        normalise_taps(taps)


@pytest.mark.parametrize("rate", [1.0, 0.01])
def test_an_equalised_layer_preserves_the_variance_and_learns_at_its_rate(rate):
    layer = EqualisedLinear(256, 128, rate, bias=0.5)
    values = layer(torch.randn(512, 256))
    assert values.mean().item() == pytest.approx(0.5, abs=0.05)
    assert values.std().item() == pytest.approx(1, abs=0.05)
    before = layer(torch.eye(256))
    with torch.no_grad():
        layer.weight += 1
        layer.bias += 1
    change = layer(torch.eye(256)) - before  # a unit change of a weight counts rate/√inputs, of a bias rate
    torch.testing.assert_close(change, torch.full_like(change, rate / 16 + rate), atol=1e-6, rtol=1e-5)


def test_an_equalised_convolution_scales_its_weights():
    layer = EqualisedConv2d(8, 4, 3)
    images = torch.randn(2, 8, 5, 5)
    expected = functional.conv2d(images, layer.weight / 72**0.5, padding=1)
    torch.testing.assert_close(layer(images), expected)
    assert layer.weight.std().item() == pytest.approx(1, abs=0.1)


def test_the_activation_nearly_preserves_the_second_moment():
    values = ScaledLeakyReLU()(torch.randn(100_000))
    assert values.square().mean().item() == pytest.approx(1 + 0.2**2, abs=0.02)  # 2 (1 + 0.2²)/2


def per_sample_weights(weight, style):
    """Return the demodulated weights of each sample, by equations 1 and 3 as written in the paper."""
    weights = weight * style[:, None, :, None, None]
    return weights / (weights.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("kernel", [1, 3])
def test_scaling_maps_equals_convolving_each_sample_with_its_own_weights(kernel, layout):
    images, weight, style = torch.randn(3, 4, 6, 5), torch.randn(2, 4, kernel, kernel), 10 * torch.randn(3, 4)
    weights = per_sample_weights(weight, style)
    expected = [functional.conv2d(x[None], w, padding=kernel // 2) for x, w in zip(images, weights, strict=True)]
    modulated = Convolution()(scale_maps(images.to(memory_format=layout), style), weight)
    demodulated = scale_maps(modulated, demodulation_factors(weight, style))
    torch.testing.assert_close(demodulated, torch.cat(expected), atol=1e-5, rtol=1e-4)


def test_demodulation_removes_the_norm_of_a_style():
    weight, style = torch.randn(5, 4, 3, 3), torch.randn(6, 4)
    torch.testing.assert_close(demodulation_factors(weight, 7 * style), demodulation_factors(weight, style) / 7)


def test_demodulation_is_computed_in_float32_under_autocast():
    weight, style = torch.randn(5, 4, 3, 3), torch.randn(6, 4)
    with torch.autocast("cpu", torch.bfloat16):
        factors = demodulation_factors(weight, style)
    assert torch.equal(factors, demodulation_factors(weight, style))


def test_an_upconvolution_inserts_zeros_convolves_and_filters():
    images, weight = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 3, 3)
    wide = functional.pad(insert_zeros(images), (2, 1, 2, 1))  # the last inserted zero is not read again
    expected = 4 * apply_filter(functional.conv2d(wide, weight.flip(2, 3)), TAPS, 1, 1)
    torch.testing.assert_close(Upconvolution(TAPS)(images, weight), expected)


def test_a_styled_convolution_can_be_differentiated_twice():
    layer = StyledConvolution(2, 2, (8, 8), 3, Upconvolution(TAPS)).double()
    style = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    images = torch.randn(2, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer.eval(), (images, style))


def test_noise_starts_at_zero_changes_in_training_and_is_fixed_in_evaluation():
    noise, images = Noise(4, 4), torch.zeros(2, 3, 4, 4)
    assert torch.equal(noise(images), images)
    noise.strength.data.fill_(0.5)
    first, second = noise(images), noise(images)
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    assert torch.equal(first[:, 0], first[:, 1])  # the same for all channels
    noise.eval()
    torch.testing.assert_close(noise(images)[1, 2], noise.fixed / 2)


def test_the_mapping_ignores_the_norm_of_latents():
    mapping = Mapping(Spec((3, 8, 8), classes=3), 6, 5, 2, 0.01)
    latents, labels = torch.randn(4, 6), torch.tensor([0, 1, 2, 0])
    torch.testing.assert_close(mapping(100 * latents, labels), mapping(latents, labels), rtol=1e-3, atol=1e-5)
    assert not torch.equal(mapping(latents, labels)[1], mapping(latents, labels.roll(1))[1])


def test_an_image_layer_is_not_demodulated():
    layer = ToImage(4, 3, 2)
    layer.style.weight.data.zero_()  # leaves the bias: every style is 1
    images = torch.randn(2, 4, 3, 3)
    expected = functional.conv2d(images, layer.weight / 2)
    torch.testing.assert_close(layer(images, torch.randn(2, 2)), expected)
    layer.style.bias.data.fill_(3.0)
    torch.testing.assert_close(layer(images, torch.randn(2, 2)), 3 * expected)


def test_identical_samples_have_the_smallest_deviation():
    same = torch.randn(1, 3, 4, 4).expand(4, -1, -1, -1)
    values = MinibatchDeviation(4)(same)
    assert torch.equal(values[:, :3], same)
    torch.testing.assert_close(values[:, 3:], torch.full((4, 1, 4, 4), 1e-4))  # the root of the smallest variance


def test_each_group_has_its_own_deviation():
    values = torch.tensor([1.0, 10.0, 3.0, 30.0]).reshape(4, 1, 1, 1)  # groups are every other sample: (1, 3), (10, 30)
    deviations = MinibatchDeviation(2)(values)[:, 1].flatten()
    torch.testing.assert_close(deviations, torch.tensor([1.0, 10.0, 1.0, 10.0]))


@pytest.mark.parametrize(("count", "size"), [(1, 1), (6, 3), (7, 1), (8, 4), (2, 2)])
def test_the_group_size_divides_any_batch(count, size):
    values = torch.randn(count, 2, 2, 2)
    grouped = values.reshape(size, count // size, -1)
    expected = (grouped.var(0, correction=0) + 1e-8).sqrt().mean(1).repeat(size)
    torch.testing.assert_close(MinibatchDeviation(4)(values)[:, 2, 0, 0], expected)


def test_groups_below_one_are_refused():
    with pytest.raises(ValueError, match="group must be at least 1, got 0"):
        MinibatchDeviation(0)
