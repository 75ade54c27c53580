import pytest
import torch
from torch import nn

from ganlab.core.interfaces import Spec, as_output
from ganlab.discriminators import MLP
from ganlab.layers import (
    ClassLabels,
    build_activation,
    build_feature_norm,
    build_head,
    build_image_norm,
    build_recurrent_stack,
    normalise_spectrally,
    pyramid,
)
from ganlab.layers.residual import BlockStyle, down_block, first_block, same_size_block, up_block


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
def test_tanh_probability_matches_its_formula(beta):
    values = torch.linspace(-3, 3, 20)[:, None]
    expected = (torch.tanh(beta * values[:, 0]) + 1) / 2
    torch.testing.assert_close(build_head("tanh_probability", beta)(values), expected)


def test_tanh_probability_does_not_saturate_in_the_tails():
    tails = torch.tensor([[-20.0], [20.0]])
    probabilities = build_head("tanh_probability")(tails)
    assert probabilities[0] > 0
    assert probabilities[1] <= 1
    assert build_head("tanh_probability")(tails.bfloat16()).dtype == torch.float32


def test_the_logit_head_returns_the_value():
    values = torch.randn(4, 1)
    assert torch.equal(build_head("logit")(values), values[:, 0])


def test_labels_of_vectors_images_and_sequences():
    spec = Spec((1,), classes=3)
    labels = torch.tensor([2, 0])
    codes = torch.tensor([[0.0, 0, 1], [1, 0, 0]])
    vectors = torch.randn(2, 4)
    assert torch.equal(ClassLabels(spec)(vectors, labels), torch.cat([vectors, codes], 1))
    images = ClassLabels(spec)(torch.randn(2, 2, 4, 5), labels)
    assert images.shape == (2, 5, 4, 5)
    assert torch.equal(images[:, 2:], codes[:, :, None, None].expand(2, 3, 4, 5))
    sequences = ClassLabels(spec, axis=-1)(torch.randn(2, 6, 2), labels)
    assert torch.equal(sequences[..., 2:], codes[:, None].expand(2, 6, 3))
    assert ClassLabels(Spec((1,)))(vectors, labels) is vectors


@pytest.mark.parametrize("layer", [nn.Linear(6, 4), nn.Conv2d(3, 5, 3), nn.ConvTranspose2d(3, 5, 3)])
def test_spectral_norm_is_one(layer):
    axis = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
    bias = layer.bias
    normalise_spectrally(layer)
    assert layer.bias is bias
    for _ in range(300):
        weight = layer.weight
    norm = torch.linalg.matrix_norm(weight.transpose(0, axis).flatten(1), 2)
    assert norm.item() == pytest.approx(1, abs=1e-3)


def test_spectral_norm_is_computed_in_float32_under_autocast():
    network = nn.Sequential(nn.Linear(64, 64))
    normalise_spectrally(network)
    with torch.autocast("cpu", torch.bfloat16):
        for _ in range(200):
            weight = network[0].weight
        assert network(torch.randn(2, 64)).dtype == torch.bfloat16
    assert weight.dtype == torch.float32
    assert torch.linalg.matrix_norm(weight, 2).item() == pytest.approx(1, abs=1e-3)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch.compile emits warnings
def test_spectral_norm_of_a_compiled_discriminator_with_two_forward_passes_per_update():
    gradients = []
    for compiled in (False, True):
        torch.manual_seed(0)
        discriminator = MLP(Spec((1, 8, 8)), widths=[4], spectral_norm=True)
        if compiled:
            discriminator.compile()
        real, fake = (as_output(discriminator(samples)).logits for samples in torch.randn(2, 5, 1, 8, 8))
        (real.mean() + fake.square().mean()).backward()
        gradients.append([weight.grad for weight in discriminator.parameters()])
    torch.testing.assert_close(*gradients)


def test_spectral_norm_applies_to_every_weight_of_a_recurrent_layer():
    network = build_recurrent_stack("gru", 3, 4, 2)
    normalise_spectrally(network)
    assert all("bias" in name or "original" in name for name, _ in network.named_parameters())


@pytest.mark.parametrize(("cell", "reference"), [("gru", nn.GRU), ("lstm", nn.LSTM)])
def test_recurrent_layers_agree_with_those_of_torch(cell, reference):
    network, expected = build_recurrent_stack(cell, 3, 4, 2), reference(3, 4, 2, batch_first=True)
    for index, layer in enumerate(network):
        for path, kind in ((layer.inputs, "ih"), (layer.hidden, "hh")):
            path.weight.data = getattr(expected, f"weight_{kind}_l{index}").data
            path.bias.data = getattr(expected, f"bias_{kind}_l{index}").data
    sequence = torch.randn(2, 7, 3)
    torch.testing.assert_close(network(sequence), expected(sequence)[0])


@pytest.mark.parametrize("name", ["batch", "group", "layer"])
def test_feature_norms(name):
    values = build_feature_norm(name, 12)(torch.randn(64, 12) * 5 + 3)
    assert values.abs().mean() > 0.5  # no group is so small that normalisation removes its signal
    assert values.mean().item() == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("name", ["batch", "instance", "group", "layer"])
@pytest.mark.parametrize("channels", [1, 3, 18, 64])
def test_image_norms(name, channels):
    values = build_image_norm(name, channels)(torch.randn(8, channels, 6, 5) * 5 + 3)
    assert values.mean().item() == pytest.approx(0, abs=0.01)
    assert values.std().item() == pytest.approx(1, abs=0.05)


def test_pyramid():
    sides = {(28, 28): (7, 7, 2), (48, 48): (6, 6, 3), (8, 8): (4, 4, 1), (256, 256): (4, 4, 6), (32, 64): (4, 8, 3)}
    for size, expected in sides.items():
        assert pyramid((1, *size), "DCGAN") == expected
    assert pyramid((1, 120, 36), "DCGAN") == (30, 9, 2)


def test_blocks_do_not_change_the_input_that_the_shortcut_reads():
    style = BlockStyle("none", "relu", 0.2)
    for build, size in ((up_block, 16), (down_block, 4), (same_size_block, 8)):
        block = build(3, 5, style)
        images = torch.randn(2, 3, 8, 8)
        before = images.clone()
        assert block(images).shape == (2, 5, size, size)
        assert torch.equal(images, before)


def test_shortcuts_commute_with_the_change_of_resolution():
    style = BlockStyle("none", "relu", 0.2)
    images = torch.randn(2, 3, 8, 8)
    pool, convolution = down_block(3, 5, style).shortcut
    torch.testing.assert_close(convolution(pool(images)), pool(convolution(images)))
    convolution, grow = up_block(3, 5, style).shortcut
    torch.testing.assert_close(grow(convolution(images)), convolution(grow(images)))
    assert first_block(3, 5, style)(images).shape == (2, 5, 4, 4)


def test_activations_by_name():
    values = torch.tensor([-1.0, 2.0])
    assert build_activation("leaky_relu", 0.3)(values.clone()).tolist() == pytest.approx([-0.3, 2.0])
    assert torch.equal(build_activation("relu", inplace=False)(values), values.relu())
    with pytest.raises(ValueError, match="slope must be at least 0, got -1"):
        build_activation("leaky_relu", -1)
