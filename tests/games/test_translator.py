"""Images of any size through a fully convolutional generator, in one piece and in tiles."""

from types import SimpleNamespace

import pytest
import torch
from support.translators import LATENTS, Convolution, Identity, Translation, translator
from torch import nn

from ganlab.core.errors import UserError
from ganlab.core.interfaces import Spec
from ganlab.games.tiles import TileAxis, reflect
from ganlab.games.translator import Translator, translator_sizes
from ganlab.latents import NoLatents


def image(height, width, channels=3, seed=0):
    return torch.rand(channels, height, width, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("size", [(16, 16), (40, 23), (7, 50), (1, 1), (1, 33), (17, 2)])
@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("tile", [None, 24])
def test_any_size_comes_back_at_its_scale(size, scale, tile):
    output = translator(Identity(scale), tile=tile, overlap=8)(image(*size))
    expected = image(*size).repeat_interleave(scale, 1).repeat_interleave(scale, 2)
    assert torch.allclose(output, expected, atol=1e-6)


@pytest.mark.parametrize("size", [(16, 16), (33, 48), (5, 61)])
def test_the_network_gets_sizes_that_it_takes(size):
    network = Convolution(halvings=3)
    assert translator(network)(image(*size)).shape == (3, *size)
    assert network.sizes == [tuple(-(-max(side, 16) // 8) * 8 for side in size)]


def test_an_image_of_a_size_that_the_network_takes_is_not_changed_before_it():
    network = Convolution(halvings=2)
    with torch.no_grad():
        expected = network(torch.zeros(1, 0), image(24, 32)[None])[0]
    assert torch.equal(translator(network)(image(24, 32)), expected)


@pytest.mark.parametrize("latent", sorted(LATENTS))
@pytest.mark.parametrize(("scale", "halvings"), [(1, 0), (2, 0), (1, 2)])
def test_tiles_give_what_the_whole_image_gives(latent, scale, halvings):
    build, options = LATENTS[latent]
    network = Convolution(scale=scale, halvings=halvings, **options)
    picture = image(150, 98)
    whole = translator(network, latent=build(), seed=3)(picture)
    network.sizes.clear()
    # A pixel depends on less than 64 / 4 pixels around it, so tiles lose nothing.
    tiled = translator(network, latent=build(), seed=3, tile=80, overlap=64)(picture)
    assert len(network.sizes) > 4
    assert set(network.sizes) == {(80, 80)}
    assert tiled.shape == whole.shape == (3, 150 * scale, 98 * scale)
    assert torch.allclose(tiled, whole, atol=1e-5)
    assert whole.std() > 0.01


def test_where_a_pixel_depends_on_more_than_the_overlap_tiles_equal_the_whole_far_from_their_edges():
    network, picture = Convolution(kernel=31), image(64, 200)
    whole = translator(network)(picture)
    tiled = translator(network, tile=96, overlap=8)(picture)
    difference = (tiled - whole).abs().amax((0, 1))
    starts = TileAxis.over(200, 96, 8, 1).starts
    edges = torch.tensor([edge for start in starts for edge in (start, start + 96) if 0 < edge < 200])
    far = (torch.arange(200)[:, None] - edges).abs().amin(1) > 24
    assert far.sum() > 80
    assert difference[far].max() < 1e-5
    assert difference[~far].max() > 1e-3  # there the tiles' edges show in the numbers, blended

    def jump(output):
        return (output[:, :, 1:] - output[:, :, :-1]).abs().mean((0, 1)).max()

    assert jump(tiled) < 1.2 * jump(whole)  # so there is no seam


@pytest.mark.parametrize("overlap", [0, 8, 32])
@pytest.mark.parametrize(("length", "multiple"), [(100, 1), (41, 1), (104, 8), (48, 8), (40, 1)])
@pytest.mark.parametrize("scale", [1, 2])
def test_weights_of_tiles_add_up_to_one(overlap, length, multiple, scale):
    axis = TileAxis.over(length, 40, overlap, multiple)
    total = torch.zeros(length * scale)
    for start, weights in zip(axis.starts, axis.weights(scale), strict=True):
        assert start % multiple == 0
        total[start * scale : (start + axis.size) * scale] += weights
    assert torch.allclose(total, torch.ones(length * scale), atol=1e-6)
    assert axis.starts[0] == 0
    assert axis.starts[-1] + axis.size == length


def test_reflection_repeats_where_the_image_is_smaller_than_what_is_missing():
    row = torch.tensor([[[1.0, 2.0, 3.0]]])
    assert reflect(row, 1, 9).flatten().tolist() == [1, 2, 3, 2, 1, 2, 3, 2, 1]
    assert reflect(row, 2, 3).tolist() == [[[1, 2, 3], [1, 2, 3]]]


@pytest.mark.parametrize("latent", ["normal", "map"])
def test_the_seed_decides_the_output_and_nothing_else_does(latent):
    build, options = LATENTS[latent]
    network = Convolution(**options)
    picture = image(20, 30)
    first = translator(network, latent=build(), seed=1)
    output = first(picture)
    first(image(40, 25))
    torch.manual_seed(5)
    assert torch.equal(first(picture), output)
    assert torch.equal(translator(network, latent=build(), seed=1)(picture), output)
    assert not torch.allclose(translator(network, latent=build(), seed=2)(picture), output)


def test_the_game_and_the_network_are_left_as_they_were():
    network = Convolution(latent=4).train()
    tool = translator(network, latent=LATENTS["normal"][0]())
    latent, random = tool.game.latent, tool.game.random
    assert not tool(image(20, 20)).requires_grad
    assert (tool.game.latent, tool.game.random, network.training) == (latent, random, True)


class TrainingSizeOnly(nn.Module):
    """A network for images of 16 pixels, without attributes for other sizes."""

    def __init__(self):
        super().__init__()
        self.weight, self.calls = nn.Parameter(torch.zeros(1)), 0

    def forward(self, latents, cond):
        self.calls += 1
        assert cond.shape[2:] == (16, 16)
        return cond.flip(1)


def test_a_network_that_states_no_sizes_is_used_in_tiles_of_its_training_size():
    network = TrainingSizeOnly()
    output = translator(network)(image(50, 9))
    assert torch.allclose(output, image(50, 9).flip(0), atol=1e-6)
    assert network.calls > 3
    with pytest.raises(ValueError, match="its tiles have its training size, 16x16; leave out tile"):
        translator(network, tile=32)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (Spec((1, 8, 8)), "from latents and no condition, not images from images; use ganlab sample"),
        (Spec((1, 8, 8), (), 10), "from latents and a class, not images from images"),
        (Spec((2,), (2,)), "another condition, not images from images"),
        (Spec((1, 12, 12), (1, 8, 8)), "images of 8x8 become 12x12 here, which is no enlargement by a whole number"),
        (Spec((1, 4, 4), (1, 8, 8)), "images of 8x8 become 4x4"),
    ],
)
def test_what_is_no_translator_is_one_sentence(spec, sentence):
    network = Identity()
    with pytest.raises(UserError, match=sentence):
        Translator(Translation(network, NoLatents()), network, spec)


def test_settings_and_images_are_checked():
    with pytest.raises(ValueError, match="overlap must be at least 0 pixels, got -1"):
        translator(Identity(), overlap=-1)
    with pytest.raises(ValueError, match=r"tile must be at least overlap \+ 8 = 40 pixels, got 32"):
        translator(Convolution(halvings=3), tile=32)
    tool = translator(Identity())
    for wrong in (torch.zeros(1, 8, 8), torch.zeros(3, 0, 8), torch.zeros(3, 8)):
        with pytest.raises(ValueError, match=r"has the shape \(3, height, width\)"):
            tool(wrong)


def test_a_network_that_is_wrapped_keeps_its_sizes():
    network = Convolution(halvings=2)
    spec = Spec((3, 16, 16), (3, 16, 16))
    assert translator_sizes(network, spec).multiple == 4
    assert translator_sizes(SimpleNamespace(), spec).fixed
