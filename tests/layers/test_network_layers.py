from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from ganlab.core.interfaces import DiscriminatorOutput, Spec
from ganlab.layers import normalise_spectrally
from ganlab.layers.attention import SelfAttention, build_attention
from ganlab.layers.class_projection import Projection
from ganlab.layers.conditional import ConditionalUpBlock, PlainBatchNorm, build_class_batch_norm, build_conditional_norm
from ganlab.layers.discriminator_ensemble import join_logits
from ganlab.layers.fixup import ACTIVATION_GAIN, FixupBlock, scaled_normal_
from ganlab.layers.residual import wide_down_block, wide_same_size_block
from ganlab.layers.running_statistics import gather_batch_statistics


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def test_attention_is_initially_the_identity():
    images = torch.randn(2, 16, 6, 8)
    assert torch.equal(SelfAttention(16)(images), images)


def test_attention_matches_its_formula():
    layer, images = SelfAttention(16), torch.randn(2, 16, 6, 8)
    layer.gain.data.fill_(0.7)
    query = layer.query(images).flatten(2)
    key, value = (functional.max_pool2d(project(images), 2).flatten(2) for project in (layer.key, layer.value))
    weights = torch.softmax(query.transpose(1, 2) @ key, 2)  # of each position, over the twelve pooled positions
    expected = images + 0.7 * layer.out((value @ weights.transpose(1, 2)).reshape(2, 8, 6, 8))
    torch.testing.assert_close(layer(images), expected)
    with torch.no_grad():  # by a fused kernel
        torch.testing.assert_close(layer(images), expected)


@pytest.mark.parametrize("size", [(3, 5), (2, 2)])
def test_attention_can_be_differentiated_twice(size):
    layer = SelfAttention(4).double()
    layer.gain.data.fill_(0.7)
    images = torch.randn(1, 4, *size, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer, images)


def test_attention_follows_the_requested_sides():
    def follows(requested, default=16):
        layers = build_attention(requested, default, [8, 16, 32], [4, 4, 4])
        return [isinstance(layer, SelfAttention) for layer in layers]

    assert follows(None) == [False, True, False]
    assert follows(None, 64) == follows([]) == [False] * 3
    assert follows([8, 32]) == [True, False, True]
    assert isinstance(build_attention([8], 64, [16, 8, 8], [4, 4, 4])[2], SelfAttention)  # the last block of that side
    with pytest.raises(ValueError, match="attention must be at sides among 8, 16, 32, got 20"):
        follows([20])


def test_conditions_scale_and_shift_normalised_images():
    norm, images, condition = build_conditional_norm(3, 5), 4 + 2 * torch.randn(6, 3, 4, 4), torch.randn(6, 5)
    expected = functional.batch_norm(images, None, None, training=True)
    gain, bias = (condition @ layer.weight.T for layer in (norm.gain, norm.bias))
    expected = expected * (1 + gain[:, :, None, None]) + bias[:, :, None, None]
    torch.testing.assert_close(norm(images, condition), expected)
    assert isinstance(build_conditional_norm(3, 0), PlainBatchNorm)
    assert ConditionalUpBlock(3, 4, partial(build_conditional_norm, condition_size=5))(images, condition).shape == (
        6,
        4,
        8,
        8,
    )


def test_class_gains_start_at_1_and_biases_at_0():
    norm, images, codes = (
        build_class_batch_norm(3, 2),
        4 + 2 * torch.randn(6, 3, 4, 4),
        torch.eye(2)[[0, 1, 1, 0, 0, 1]],
    )
    expected = functional.batch_norm(images, None, None, training=True)
    torch.testing.assert_close(norm(images, codes), expected)
    norm.gain.weight.data[:, 1], norm.bias.weight.data[:, 0] = 9.0, -5.0
    changed = torch.where(codes[:, 1].bool()[:, None, None, None], 10 * expected, expected - 5)
    torch.testing.assert_close(norm(images, codes), changed)
    assert isinstance(build_class_batch_norm(3, 0), PlainBatchNorm)


@pytest.mark.parametrize("shape", [(4, 6), (4, 7, 6)])
def test_projection_matches_its_formula(shape):
    layer, features, labels = Projection(Spec((1,), classes=3), 6), torch.randn(shape), torch.tensor([2, 0, 1, 2])
    embedded = layer.classes.embed.weight.T[labels].reshape(4, *[1] * (len(shape) - 2), 6)
    torch.testing.assert_close(
        layer(features, labels)[..., 0], layer.dense(features)[..., 0] + (embedded * features).sum(-1)
    )
    torch.testing.assert_close(layer.classes.embed.weight.T @ layer.classes.embed.weight, torch.eye(3))
    plain = Projection(Spec((1,)), 6)
    torch.testing.assert_close(plain(features, None), plain.dense(features))
    with pytest.raises(ValueError, match="built for 3 classes, but it got no labels"):
        layer(features, None)


def test_spectral_normalisation_applies_to_the_class_embedding():
    layer = Projection(Spec((1,), classes=3), 6)
    layer.classes.embed.weight.data *= 9
    normalise_spectrally(layer)
    assert torch.linalg.matrix_norm(layer.classes.embed.weight, 2).item() == pytest.approx(1, abs=1e-4)


def test_wide_blocks_widen_in_their_first_convolution_and_do_not_change_their_input():
    images = torch.randn(2, 3, 8, 8)
    before = images.clone()
    assert wide_down_block(3, 5)(images).shape == (2, 5, 4, 4)
    assert wide_same_size_block(3, 5)(images).shape == (2, 5, 8, 8)
    assert isinstance(wide_same_size_block(3, 3).shortcut, nn.Identity)
    assert torch.equal(images, before)
    assert [layer.out_channels for layer in wide_down_block(3, 5).residual if isinstance(layer, nn.Conv2d)] == [5, 5]


def test_a_fixup_block_is_initially_the_identity():
    block, images = FixupBlock(12, 8, 16), torch.randn(2, 12, 4, 4)
    assert torch.equal(block(images), images)
    first, _, grouped, _, last = block.body
    assert not last.weight.any()
    assert grouped.groups == 3
    assert all(layer.bias is None for layer in (first, grouped, last))


@pytest.mark.parametrize("blocks", [1, 16])
def test_fixup_weights_decrease_with_the_number_of_blocks(blocks):
    first, _, grouped, _, _ = FixupBlock(128, 16, blocks).body
    for layer, inputs in ((first, 128), (grouped, 16 * 9)):
        expected = ACTIVATION_GAIN * blocks**-0.25 / inputs**0.5
        assert layer.weight.std().item() == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(("width", "groups"), [(16, 1), (1, 8), (3, 8), (6, 4)])
def test_groups_divide_the_channels(width, groups):
    assert FixupBlock(4, width, 1).body[2].groups == groups


def test_scaled_normal_preserves_the_variance():
    layer = nn.Linear(512, 256, bias=False)
    scaled_normal_(layer.weight, 3.0)
    assert layer(torch.randn(256, 512)).std().item() == pytest.approx(3, rel=0.05)


def test_every_discriminator_of_an_ensemble_has_the_same_weight():
    logits = [torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 3.0], [5.0, 7.0]]), torch.arange(12.0).reshape(2, 1, 2, 3)]
    joined = join_logits([DiscriminatorOutput(values) for values in logits])
    assert joined.shape == (2, 3, 6)
    means = torch.stack([values.reshape(2, -1).mean(1) for values in logits], 1)
    torch.testing.assert_close(joined.mean(2), means)
    torch.testing.assert_close(joined.mean((1, 2)), means.mean(1))


def test_gathered_statistics_are_averages_over_all_batches():
    network = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(0.5))
    network(torch.randn(4, 3, 2, 2))  # these statistics are discarded
    network[1].eval()
    batches = [3 + 2 * torch.randn(8, 3, 4, 4) for _ in range(5)]
    with gather_batch_statistics(network), torch.no_grad():
        assert [layer.training for layer in network] == [True, False]
        for batch in batches:
            network(batch)
    joined = torch.stack(batches)
    torch.testing.assert_close(network[0].running_mean, joined.mean((0, 1, 3, 4)))
    torch.testing.assert_close(network[0].running_var, joined.var((1, 3, 4)).mean(0))
    assert network[0].momentum == 0.1
    assert [layer.training for layer in network] == [True, False]
