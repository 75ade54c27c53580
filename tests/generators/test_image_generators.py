"""Generators that make images from images."""

from copy import deepcopy
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.core.luminance import luminance
from ganlab.generators import RRDB, ResidualUNet, ResNetTranslator, SRResNet, UNetTranslator
from ganlab.layers.dropout import Dropout

TRANSLATORS = {
    "unet": partial(UNetTranslator, width=2, dropout=0.0),
    "resnet": partial(ResNetTranslator, width=2, blocks=1),
    "residual unet": partial(ResidualUNet, width=3, depth=1),
}
ENHANCERS = {
    "srresnet": partial(SRResNet, width=3, blocks=1, kernel=3),
    "rrdb": partial(RRDB, width=3, blocks=1, growth=2),
}
NETWORKS = TRANSLATORS | ENHANCERS
LATENTS = {"none": (0, 0), "vector": (5, 0), "noise image": (2 * 16 * 16, 2)}
every = pytest.mark.parametrize("name", NETWORKS)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def images(count, *shape):
    return torch.rand(count, *shape) * 2 - 1


def none(count):
    return torch.empty(count, 0)


def weights_and_biases(network):
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    return sum(layer.weight.numel() for layer in convolutions), sum(
        0 if layer.bias is None else layer.bias.numel() for layer in convolutions
    )


@every
@pytest.mark.parametrize(("size", "channels"), LATENTS.values(), ids=LATENTS)
@pytest.mark.parametrize(("source", "target"), [(1, 3), (4, 3), (3, 1), (3, 3)])
def test_any_latents_and_channels(name, size, channels, source, target):
    network = NETWORKS[name](Spec((target, 16, 16), (source, 16, 16), latent=size, latent_channels=channels))
    latents, cond = torch.randn(2, size), images(2, source, 16, 16)
    made = network(latents, cond)
    assert made.shape == (2, target, 16, 16)
    made.square().sum().backward()
    assert all(weight.grad.isfinite().all() for weight in network.parameters())
    network.eval()
    first, second = (network(torch.randn(2, size), cond) for _ in range(2))
    assert torch.equal(first, second) is (size == 0)
    with torch.no_grad():
        assert not torch.allclose(network(latents, cond), network(latents, -cond))


@every
def test_one_set_of_weights_works_for_any_sides_that_are_multiples(name):
    network = NETWORKS[name](Spec((1, 16, 16), (1, 16, 16), latent=3)).eval()
    unit = network.multiple
    for height, width in [(16, 16), (unit * 3 + 12 // unit * unit, unit * 8), (8 * unit, 9 * unit)]:
        made = network(torch.randn(1, 3), images(1, 1, height, width))
        assert made.shape == (1, 1, network.scale * height, network.scale * width)


@pytest.mark.parametrize("name", TRANSLATORS)
def test_other_sides_are_refused_in_a_sentence(name):
    network = NETWORKS[name](Spec((1, 16, 16), (1, 16, 16)))
    message = f"needs images whose sides are multiples of {network.multiple}, got 18x16; resize, crop or pad them"
    with pytest.raises(ValueError, match=message):
        network(none(1), images(1, 1, 18, 16))


@pytest.mark.parametrize("name", ENHANCERS)
@pytest.mark.parametrize("scale", [1, 2, 4, 8])
def test_the_data_decides_the_scale(name, scale):
    network = ENHANCERS[name](Spec((3, 3 * scale, 5 * scale), (1, 3, 5)))
    assert (network.scale, network.multiple) == (scale, 1)
    assert network(none(2), images(2, 1, 4, 7)).shape == (2, 3, 4 * scale, 7 * scale)


@pytest.mark.parametrize("name", ENHANCERS)
@pytest.mark.parametrize(("source", "scale"), [(3, 1), (3, 2), (1, 4), (4, 2), (2, 1)])
def test_a_network_without_details_returns_the_enlarged_condition(name, source, scale):
    network = ENHANCERS[name](Spec((3, 8 * scale, 8 * scale), (source, 8, 8)))
    last = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)][-1]
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    cond = images(2, source, 8, 8)
    expected = cond[:, :3] if source >= 3 else cond[:, :1].repeat(1, 3, 1, 1)
    expected = functional.interpolate(expected, scale_factor=scale, mode="bicubic")
    torch.testing.assert_close(network(none(2), cond), expected.clamp(-1, 1))
    assert not NETWORKS[name](Spec((3, 8, 8), (3, 8, 8)), skip="none").skip(torch.zeros(1), cond).any()


@pytest.mark.parametrize("name", ENHANCERS)
def test_a_network_with_a_skip_connection_starts_close_to_the_enlarged_condition(name):
    cond = images(2, 3, 8, 8) / 2
    expected = functional.interpolate(cond, scale_factor=2, mode="bicubic")
    spec = Spec((3, 16, 16), (3, 8, 8))
    with_skip, without = (ENHANCERS[name](spec, skip=skip, width=16)(none(2), cond) for skip in ("bicubic", "none"))
    assert 0 < (with_skip - expected).abs().mean() < 0.02
    assert (without - expected).abs().mean() > 0.2


@every
def test_samples_are_images(name):
    network = NETWORKS[name](Spec((3, 16, 16), (3, 16, 16)))
    for weight in network.parameters():
        weight.data *= 20
    made = network(none(2), images(2, 3, 16, 16))
    assert made.abs().max() <= 1
    assert made.requires_grad


@every
def test_a_network_can_be_differentiated_twice_and_its_memory_format_changes_nothing(name):
    network = NETWORKS[name](Spec((1, 16, 16), (1, 16, 16))).eval()
    cond = images(2, 1, 16, 16).requires_grad_()
    made = network(none(2), cond)
    (slope,) = torch.autograd.grad(made.square().sum(), cond, create_graph=True)
    slope.square().sum().backward()
    assert all(weight.grad is None or weight.grad.isfinite().all() for weight in network.parameters())
    other = deepcopy(network).to(memory_format=torch.channels_last)
    torch.testing.assert_close(other(none(2), cond), made)


@every
def test_a_network_is_one_graph_for_torch_compile(name):
    network = NETWORKS[name](Spec((1, 16, 16), (1, 16, 16))).eval()
    cond = images(1, 1, 16, 16)
    compiled = torch.compile(network, backend="eager", fullgraph=True)
    with torch.no_grad():
        torch.testing.assert_close(compiled(none(1), cond), network(none(1), cond))
    torch.compiler.reset()


def test_the_papers_parameter_counts():
    with torch.device("meta"):
        same, large = Spec((3, 256, 256), (3, 256, 256)), Spec((3, 256, 256), (3, 64, 64))
        unet, resnet = UNetTranslator(same, depth=8), ResNetTranslator(same, norm="none")
        small = ResNetTranslator(same, norm="none", blocks=6)
        srresnet, rrdb = SRResNet(large, norm="batch", skip="none"), RRDB(large, skip="none")
    # pix2pix's published code prints 54.414 M for unet_256; here the two layers without normalisation have biases.
    assert sum(weight.numel() for weight in unet.parameters()) == 54_413_955 + 64 + 512
    assert sum(weights_and_biases(resnet)) == 11_378_179  # 11.378 M in CycleGAN's published code, with biases
    assert sum(weights_and_biases(small)) == 11_378_179 - 3 * 2 * (256 * 256 * 9 + 256)
    first, block, last = 3 * 81 * 64, 2 * 64 * 64 * 9, 64 * 81 * 3
    assert weights_and_biases(srresnet)[0] == first + 16 * block + 64 * 64 * 9 + 2 * 64 * 256 * 9 + last
    # ESRGAN's has 16,697,987; pixel shuffle has four times the channels of its two enlarging convolutions.
    assert sum(weight.numel() for weight in rrdb.parameters()) == 16_697_987 + 2 * 3 * (64 * 64 * 9 + 64)


def test_the_unet_has_the_papers_layers():
    with torch.device("meta"):
        network = UNetTranslator(Spec((3, 256, 256), (3, 256, 256)), depth=8)
    encoder = [layer for layer in network.down.modules() if isinstance(layer, nn.Conv2d)]
    decoder = [layer for layer in network.up.modules() if isinstance(layer, nn.ConvTranspose2d)]
    assert [layer.out_channels for layer in encoder] == [64, 128, 256, 512, 512, 512, 512, 512]
    assert [layer.in_channels for layer in decoder] == [512, 1024, 1024, 1024, 1024, 512, 256]
    assert [layer.out_channels for layer in decoder] == [512, 512, 512, 512, 256, 128, 64]
    assert [any(isinstance(layer, Dropout) for layer in block) for block in network.up] == [True] * 3 + [False] * 4
    assert [any(isinstance(layer, nn.BatchNorm2d) for layer in block) for block in network.down] == [
        *(False, True, True, True, True, True, True, False)
    ]


@pytest.mark.parametrize(
    ("sides", "depth"), [((256, 256), 6), ((64, 64), 4), ((28, 28), 2), ((36, 100), 2), ((8, 8), 1), ((6, 6), 1)]
)
def test_the_unet_chooses_its_depth(sides, depth):
    with torch.device("meta"):
        network = UNetTranslator(Spec((1, *sides), (1, *sides)), width=2)
    assert (network.multiple, len(network.down)) == (2**depth, depth)


@pytest.mark.parametrize(("depth", "blocks"), [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)])
def test_dropout_acts_in_the_deepest_half_of_the_decoder_in_training_only(depth, blocks):
    spec = Spec((1, 32, 32), (1, 32, 32))
    network = UNetTranslator(spec, width=4, depth=depth, norm="none")
    assert [isinstance(block[-1], Dropout) for block in network.up] == [
        *[True] * blocks,
        *[False] * (depth - 1 - blocks),
    ]
    cond = images(1, 1, 32, 32)
    for training, equal in ((True, not blocks), (False, True)):
        network.train(training)
        assert torch.equal(network(none(1), cond), network(none(1), cond)) is equal


def test_the_unet_passes_details_around_its_bottleneck():
    network = UNetTranslator(Spec((1, 16, 16), (1, 16, 16)), width=4, norm="none", dropout=0.0, init="he").eval()
    cond = images(2, 1, 16, 16)
    with torch.no_grad():
        network.down[-1][1].weight.zero_()  # nothing passes the bottleneck
        first, second = network(none(2), cond)
    assert not torch.allclose(first, second)


def test_the_resnet_pads_by_reflection():
    network = ResNetTranslator(Spec((1, 16, 16), (1, 16, 16)), width=2, blocks=1)
    pads = [layer for layer in network.body.modules() if isinstance(layer, nn.ReflectionPad2d)]
    assert [pad.padding[0] for pad in pads] == [3, 1, 1, 3]
    assert [layer.stride for layer in network.body if isinstance(layer, nn.Conv2d)] == [(1, 1), (2, 2), (2, 2), (1, 1)]


def test_rrdb_starts_close_to_its_skip_connections():
    network = RRDB(Spec((3, 8, 8), (3, 8, 8)), width=16, blocks=1, growth=8)
    features = torch.randn(1, 16, 8, 8)
    block = network.body.residual[0]
    # Three dense blocks without their residuals are the identity, a fifth of which is added.
    torch.testing.assert_close(block(features), 1.2 * features, atol=0.02, rtol=0.02)
    assert not torch.allclose(block(features), 1.2 * features)
    for weight in block.parameters():
        nn.init.zeros_(weight)
    torch.testing.assert_close(block(features), 1.2 * features)


def test_the_residual_unet_starts_close_to_the_input_and_sees_beyond_its_holes():
    network = ResidualUNet(Spec((3, 32, 32), (1, 32, 32)), width=8, depth=2).eval()
    grey = images(2, 1, 32, 32) / 2
    assert 0 < (network(none(2), grey) - grey).abs().mean() < 0.02
    far = grey.clone()
    far[..., :2, :2] += 0.2
    assert not torch.equal(network(none(2), far)[..., 14:16, 14:16], network(none(2), grey)[..., 14:16, 14:16])


def test_visible_pixels_pass_and_what_is_in_a_hole_has_no_influence():
    network = ResidualUNet(Spec((3, 16, 16), (4, 16, 16)), width=3, depth=1, guess="filled").eval()
    for weight in network.parameters():
        weight.data *= 5
    opacity = torch.ones(2, 1, 16, 16)
    opacity[..., 4:11, 3:9] = -1
    image = images(2, 3, 16, 16)
    made = network(none(2), torch.cat([image, opacity], 1))
    hidden = (opacity < 0).expand_as(image)
    assert torch.equal(made[~hidden], image[~hidden])
    assert (made - image)[hidden].abs().min() > 0
    other = torch.cat([torch.where(hidden, -image, image), opacity], 1)
    assert torch.equal(network(none(2), other), made)


def test_a_tinted_grey_image_keeps_its_luminance():
    network = ResidualUNet(Spec((3, 16, 16), (1, 16, 16)), width=3, depth=1, guess="tinted").eval()
    for weight in network.last.parameters():
        weight.data *= 50
    grey = images(2, 1, 16, 16) / 2
    made = network(none(2), grey)
    assert (made - grey).abs().max() > 0.02
    torch.testing.assert_close(luminance(made), grey)


SAME, LARGE = Spec((3, 16, 16), (3, 16, 16)), Spec((3, 16, 16), (3, 8, 8))


@pytest.mark.parametrize(
    ("build_invalid", "message"),
    [
        (lambda: UNetTranslator(Spec((3, 16, 16), latent=4)),
         r"UNetTranslator makes images from images, but the data's condition is none; use data of image pairs, such as "
         r"data=edges or data=paired_folder, or a generator of another kind, such as generator=dcgan"),
        (lambda: RRDB(Spec((3, 16, 16), (), 3)), "RRDB makes images from images, but the data's condition is a class;"),
        (lambda: SRResNet(Spec((3, 16, 16), (7,))), r"the data's condition is of shape \(7,\);"),
        (lambda: SRResNet(Spec((2,), (3, 8, 8))), "SRResNet needs images .* use generator=mlp"),
        (lambda: UNetTranslator(LARGE),
         "UNetTranslator keeps the size of an image, but the data's conditions are 8x8 and its samples 16x16; use "
         "generator=srresnet or generator=rrdb"),
        (lambda: ResNetTranslator(LARGE), "ResNetTranslator keeps the size .* 8x8 and its samples 16x16"),
        (lambda: SRResNet(Spec((3, 24, 24), (3, 8, 8))),
         "SRResNet enlarges images 1, 2, 4 or 8 times, but the data's conditions are 8x8 and its samples 24x24; "),
        (lambda: RRDB(Spec((3, 16, 32), (3, 8, 8))), "conditions are 8x8 and its samples 16x32"),
        (lambda: RRDB(Spec((3, 8, 8), (3, 16, 16))), "conditions are 16x16 and its samples 8x8"),
        (lambda: UNetTranslator(Spec((3, 28, 28), (3, 28, 28)), depth=3),
         "depth=3 halves the sides of images 3 times, which 28x28 allows 2 times; lower generator.depth, or resize the "
         "data to multiples of 8"),
        (lambda: UNetTranslator(Spec((3, 27, 28), (3, 27, 28))),
         "UNetTranslator halves images, which 27x28 allows 0 times; resize the data to multiples of 2"),
        (lambda: ResNetTranslator(Spec((3, 18, 16), (3, 18, 16))), "multiples of 4, got 18x16"),
        (lambda: ResNetTranslator(Spec((3, 4, 4), (3, 4, 4))), "images of at least 8x8, got 4x4; enlarge them"),
        (lambda: UNetTranslator(SAME, depth=-1), "depth must be at least 0, got -1"),
        (lambda: UNetTranslator(SAME, width=0), "width must be at least 1, got 0"),
        (lambda: UNetTranslator(SAME, width=8, max_width=4), "width must be at most max_width"),
        (lambda: UNetTranslator(SAME, dropout=1.0), "dropout must be at least 0 and below 1, got 1.0"),
        (lambda: UNetTranslator(SAME, depth=1, norm="x"), "norm must be one of none, batch, .*, got 'x'"),
        (lambda: UNetTranslator(SAME, output="x"), "output must be one of tanh, clamp, got 'x'"),
        (lambda: ResNetTranslator(SAME, blocks=-1), "blocks must be at least 0, got -1"),
        (lambda: SRResNet(LARGE, kernel=4), "kernel must be odd to keep the resolution, got 4; use 3, 5 or 9"),
        (lambda: SRResNet(LARGE, skip="linear"), "skip must be one of bicubic, none, got 'linear'"),
        (lambda: SRResNet(LARGE, norm="x", blocks=0), "norm must be one of none, batch, .*, got 'x'"),
        (lambda: ResidualUNet(SAME, depth=4), "multiples of 32, got 16x16"),
        (lambda: ResidualUNet(SAME, depth=-1), "depth must be at least 0, got -1"),
        (lambda: ResidualUNet(SAME, width=300), "width must be at most max_width"),
        (lambda: ResidualUNet(SAME, guess="x"), "guess must be one of copied, filled, tinted, got 'x'"),
        (lambda: ResidualUNet(SAME, guess="filled"),
         "guess=filled needs conditions of 4 channels, the last of which is the opacity, got 3; use corruption=mask"),
        (lambda: ResidualUNet(SAME, guess="tinted"),
         "guess=tinted makes images of 3 channels from those of 1, got 3 and 3; use corruption=grey"),
        (lambda: RRDB(LARGE, growth=0), "growth must be at least 1, got 0"),
        (lambda: NETWORKS["rrdb"](LARGE)(torch.empty(1, 0)), "makes images from images, but it got no condition"),
        (lambda: NETWORKS["unet"](SAME)(torch.empty(1, 0)), "makes images from images, but it got no condition"),
        (lambda: NETWORKS["unet"](Spec((1, 16, 16), (1, 16, 16), latent=256, latent_channels=1))(
            torch.randn(1, 256), torch.zeros(1, 1, 32, 16)),
         "a noise image for 32x16 conditions has 1 x 32 x 16 values, got 256"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(build_invalid, message):
    with pytest.raises(ValueError, match=message):
        build_invalid()


@pytest.mark.parametrize(("blocks", "maps"), [(0, 3), (1, 4), (3, 5), (9, 5)])
def test_the_encoder_shows_maps_whose_last_one_leads_to_the_output(blocks, maps):
    network = ResNetTranslator(Spec((1, 16, 16), (3, 16, 16)), width=2, blocks=blocks)
    latents, images = torch.empty(2, 0), torch.rand(2, 3, 16, 16)
    encoded = network.encode(latents, images)
    assert [each.shape[1] for each in encoded] == list(network.encoded_channels)
    assert len(encoded) == maps
    assert torch.equal(encoded[0], images)
    assert [each.shape[2] for each in encoded] == [16, 8, *[4] * (maps - 2)]
    rest = network.body[network.encoded_layers[-1] + 1 :]
    assert torch.equal(rest(encoded[-1].clone()), network(latents, images))


def test_srresnet_shows_the_maps_of_its_first_blocks():
    network = SRResNet(Spec((1, 8, 8), (1, 8, 8)), width=3, blocks=6, kernel=3)
    latents, images = torch.empty(2, 0), torch.rand(2, 1, 8, 8)
    encoded = network.encode(latents, images)
    assert [each.shape[1] for each in encoded] == list(network.encoded_channels) == [1, 3, 3, 3, 3, 3]
    assert torch.equal(encoded[1], network.first(images))
    assert torch.equal(encoded[2], network.body.residual[0](encoded[1]))
    assert len(list(network.parameters())) == len(set(map(id, network.parameters())))
    assert not any(name.startswith("encoded") for name in network.state_dict())


@pytest.mark.parametrize("side", [16, 64])
def test_the_width_of_a_residual_unet_is_that_of_its_setting_for_images_of_any_width(side):
    spec = Spec((3, side, side), cond=(3, side, side), paired=True)
    network = ResidualUNet(spec, width=5, max_width=8, depth=1)
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert network.first[1].out_channels == 5
    assert max(layer.out_channels for layer in convolutions if layer not in set(network.enlarge.modules())) <= 12
    assert {layer.out_channels for layer in network.down.modules() if isinstance(layer, nn.Conv2d)} == {8}
