import inspect
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import get_class, instantiate
from support.short_texts import FOR_SYMBOLS
from support.sounds import FOR_SOUND
from torch import nn

from ganlab.core import tree
from ganlab.core.interfaces import Spec, as_output
from ganlab.discriminators import DCGAN, MLP, RNN, ResNet
from ganlab.layers.resized import HalvingConvolution

CONF = Path(__file__).parents[2] / "conf"
# Those of sound are in test_sound_discriminators.py.
NAMES = sorted({path.stem for path in (CONF / "discriminator").glob("*.yaml")} - {*FOR_SOUND, *FOR_SYMBOLS})
SHAPES = {"dcgan": (1, 28, 28), "resnet": (3, 32, 32), "sngan": (3, 32, 32), "rnn": (12, 3), "patch": (1, 28, 28)}
SHAPES |= {name: (3, 16, 16) for name in ("sagan", "biggan", "stylegan2", "r3gan", "unet", "fastgan")}
SHAPES |= {"pixel": (3, 4, 6), "patch16": (3, 8, 8), "patch70": (1, 28, 28)}
SMALL = {name: {"width": 4} for name in SHAPES}
SHAPES |= {"multi": (1, 16, 16), "dirac": (1,)}
SHAPES |= {"projected": (3, 16, 16)}
SHAPES |= {"mocogan": (4, 1, 16, 16), "random": (4, 3, 16, 16), "vgan": (8, 3, 16, 24)}
SMALL |= {"mocogan": {"image": {"width": 4}, "video": {"width": 4}}, "random": {"image": {"width": 4}, "frames": 3}}
SMALL |= {"vgan": {"width": 4}}
SMALL |= {"projected": {"resolution": 32, "width": 4, "projection": 2}}
# The shape of a sample's logits, if not a scalar.
LOGITS = {"unet": (2, 256), "fastgan": (50,), "projected": (60,), "multi": (2, 1), "ensemble": (2, 1)}
LOGITS |= {"mocogan": (2, 1), "random": (3,)}
LOGITS |= {"pixel": (24,), "patch16": (4,)}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@cache
def node_of(name):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(f"discriminator/{name}").discriminator


def small(name, classes=0, **settings):
    kind = name.split("_")[0]
    spec = Spec(SHAPES.get(kind, (1, 28, 28)), classes=classes)
    supported = {key: value for key, value in settings.items() if key in node_of(name)}
    return spec, instantiate(node_of(name), **SMALL.get(kind, {}), **supported)(spec)


def logits_of(network, samples, cond):
    return as_output(network(samples, cond)).logits


def labels(spec, count):
    return torch.arange(count) % spec.classes if spec.classes else None


def trainable(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("spectral", [False, True])
@pytest.mark.parametrize("count", [1, 3])
def test_every_configuration_gives_logits_and_has_gradients(name, classes, spectral, count):
    spec, network = small(name, classes, spectral_norm=spectral)
    logits = logits_of(network, torch.randn(count, *spec.sample), labels(spec, count))
    assert logits.shape == (count, *LOGITS.get(name.split("_")[0], ()))
    assert logits.isfinite().all()
    logits.sum().backward()
    for title, parameter in network.named_parameters():
        assert parameter.grad is not None, title
        assert parameter.grad.isfinite().all(), title


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spectral", [False, True])
@pytest.mark.parametrize("settings", [{}, {"head": "tanh_probability"}])
def test_every_discriminator_can_be_differentiated_twice(name, spectral, settings):
    spec, network = small(name, 3, spectral_norm=spectral, **settings)
    real, fake = (torch.randn(2, *spec.sample, requires_grad=True) for _ in range(2))
    cond = labels(spec, 2)
    on_real, on_fake = logits_of(network, real, cond), logits_of(network, fake, cond)  # two forward passes in one graph
    penalty = tree.squared_gradient_norm(on_real, real) + tree.squared_gradient_norm(on_fake, fake)
    (on_fake.sum() - on_real.sum() + penalty.sum()).backward()
    for title, parameter in network.named_parameters():
        assert parameter.grad is not None, title
        assert parameter.grad.isfinite().all(), title


@pytest.mark.parametrize(
    "network",
    [
        *(MLP(Spec((3,)), widths=[8], norm=norm, activation="softplus") for norm in ("none", "group", "layer")),
        *(
            DCGAN(Spec((1, 8, 8)), width=4, norm=norm, activation="tanh")
            for norm in ("none", "instance", "group", "layer")
        ),
        *(RNN(Spec((5, 3)), cell=cell, width=4, layers=2) for cell in ("gru", "lstm")),
    ],
    ids=lambda network: type(network).__name__,
)
def test_second_derivatives_agree_with_finite_differences(network):
    network = network.double()
    shape = {"MLP": (3,), "DCGAN": (1, 8, 8), "RNN": (5, 3)}[type(network).__name__]
    samples = torch.randn(1, *shape, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(network, samples)


@pytest.mark.parametrize("norm", ["none", "instance", "group", "layer"])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "tanh"])
def test_in_place_activations_do_not_change_the_gradients_of_resnet(norm, activation):
    network = ResNet(Spec((3, 32, 32)), width=4, norm=norm, activation=activation)
    other = deepcopy(network)
    for module in other.modules():
        if isinstance(module, nn.ReLU | nn.LeakyReLU):
            module.inplace = False
    samples = torch.randn(2, 3, 32, 32, requires_grad=True)
    for discriminator in (network, other):
        logits = discriminator(samples)
        (logits + tree.squared_gradient_norm(logits, samples)).sum().backward()
    for weight, expected in zip(network.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(weight.grad, expected.grad)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spectral", [False, True])
def test_every_discriminator_runs_under_bfloat16_autocast(name, spectral):
    spec, network = small(name, 3, spectral_norm=spectral)
    with torch.autocast("cpu", torch.bfloat16):
        logits = logits_of(network, torch.randn(3, *spec.sample), labels(spec, 3))
    logits.float().sum().backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in network.parameters())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spectral", [False, True])
@pytest.mark.slow
def test_copies_and_strict_loading_of_weights(name, spectral):
    spec, network = small(name, 3, spectral_norm=spectral)
    logits_of(network, torch.randn(4, *spec.sample), labels(spec, 4)).sum().backward()
    network.eval()
    samples, cond = torch.randn(2, *spec.sample), labels(spec, 2)
    expected = logits_of(network, samples, cond)
    torch.testing.assert_close(logits_of(deepcopy(network), samples, cond), expected)
    _, other = small(name, 3, spectral_norm=spectral)
    other.load_state_dict(network.state_dict(), strict=True)
    torch.testing.assert_close(logits_of(other.eval(), samples, cond), expected)


@pytest.mark.parametrize("name", NAMES)
def test_yaml_lists_every_setting_and_base_files_have_the_constructors_defaults(name):
    values = {key: list(value) if key == "widths" else value for key, value in node_of(name).items()}
    target = get_class(values.pop("_target_"))
    assert values.pop("_partial_") is True
    parameters = dict(list(inspect.signature(target).parameters.items())[1:])
    assert list(values) == list(parameters)
    if name == target.__name__.lower():
        defaults = {k: list(p.default) if k == "widths" else p.default for k, p in parameters.items()}
        for network in ("critics", "image", "video"):
            defaults.pop(network, None)
        assert {key: values[key] for key in defaults} == defaults


def test_parameter_counts():
    mnist, cifar = Spec((1, 28, 28)), Spec((3, 32, 32))
    assert trainable(instantiate(node_of("mlp_128"))(mnist)) == 117_121
    assert trainable(instantiate(node_of("mlp_deep"))(mnist)) == 927_745
    assert trainable(instantiate(node_of("dcgan_28"))(mnist)) == 212_865
    assert trainable(instantiate(node_of("sngan"))(cifar)) == 1_053_825


def test_dcgan_28_layers():
    body = instantiate(node_of("dcgan_28"))(Spec((1, 28, 28))).body
    convolutions = [layer for layer in body if isinstance(layer, nn.Conv2d)]
    assert [(c.out_channels, c.kernel_size, c.stride) for c in convolutions] == [(64, (5, 5), (2, 2)),
                                                                                 (128, (5, 5), (2, 2))]  # fmt: skip
    assert {layer.p for layer in body if isinstance(layer, nn.Dropout)} == {0.3}
    assert {layer.negative_slope for layer in body if isinstance(layer, nn.LeakyReLU)} == {0.3}


def test_resnet_channels_are_the_papers():
    plans = {32: [128] * 4, 48: [64, 128, 256, 512, 1024], 64: [64, 128, 256, 512, 1024]}
    plans[128] = [64, 128, 256, 512, 1024, 1024]
    plans |= {28: [128] * 4, 96: plans[64], 256: [*plans[128], 1024]}  # extrapolated; not in the paper
    for side, channels in plans.items():
        with torch.device("meta"):
            *blocks, _ = ResNet(Spec((3, side, side))).body
        assert [[m for m in b.residual if isinstance(m, nn.Conv2d)][-1].out_channels for b in blocks] == channels


SIZES = [(8, 8), (16, 16), (28, 28), (32, 32), (48, 48), (64, 64), (128, 128), (256, 256), (28, 20), (32, 64), (48, 40)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 6])
def test_dcgan_at_every_resolution(size, kernel):
    network = DCGAN(Spec((2, *size)), width=1, max_width=2, kernel=kernel)
    assert network(torch.randn(2, 2, *size)).shape == (2,)


RESNET_SIZES = [(8, 8), (16, 16), (28, 28), (32, 32), (48, 48), (64, 64), (96, 96), (128, 128), (256, 256), (32, 64),
                (72, 48), (48, 52), (64, 80), (24, 40)]  # fmt: skip


@pytest.mark.parametrize("size", RESNET_SIZES)
def test_resnet_at_every_resolution(size):
    network = ResNet(Spec((3, *size)), width=1)
    assert network(torch.randn(2, 3, *size)).shape == (2,)


@pytest.mark.parametrize("size", [(28, 28), (48, 48), (48, 52), (48, 56), (64, 64), (64, 80), (80, 80), (112, 112)])
def test_resnet_loses_no_edge_pixels_when_halving(size):
    blocks = ResNet(Spec((3, *size)), width=1).body
    halvings = sum(isinstance(layer, HalvingConvolution) for layer in blocks.modules())
    rows, columns = blocks(torch.randn(1, 3, *size)).shape[2:]
    assert (rows << halvings, columns << halvings) == size


def test_an_mlp_without_widths_is_linear_for_any_shape():
    network = MLP(Spec((2, 3)), widths=[])
    samples = torch.randn(4, 2, 3)
    linear = network.head[0]
    torch.testing.assert_close(network(samples), samples.flatten(1) @ linear.weight[0] + linear.bias)


def test_labels_change_the_logits():
    for name in ("mlp", "dcgan", "resnet", "rnn"):
        spec, network = small(name, 3)
        samples = torch.randn(1, *spec.sample).expand(2, *spec.sample)
        first, second = network(samples, torch.tensor([0, 1]))
        assert first != second, name


def test_logits_do_not_depend_on_the_batch_by_default():
    spec, network = small("dcgan")
    samples = torch.randn(4, *spec.sample)
    torch.testing.assert_close(network(samples)[:1], network(samples[:1]))
    _, with_batch_norm = small("dcgan", norm="batch")
    assert any(isinstance(module, nn.BatchNorm2d) for module in with_batch_norm.modules())


@pytest.mark.parametrize(
    ("build_invalid", "message"),
    [
        (lambda: DCGAN(Spec((2,))), r"DCGAN needs images \(channels, height, width\), but the data has samples "
         r"of shape \(2,\); use discriminator=mlp"),
        (lambda: ResNet(Spec((2,))), "ResNet needs images .* use discriminator=mlp"),
        (lambda: RNN(Spec((2,))), "RNN needs sequences .* use discriminator=mlp"),
        (lambda: MLP(Spec({"nodes": (9, 5)})), "MLP needs points .* write a custom discriminator"),
        (lambda: DCGAN(Spec((1, 31, 31))), "which 31x31 does not allow"),
        (lambda: ResNet(Spec((1, 48, 50))), "which 48x50 does not allow"),
        (lambda: ResNet(Spec((1, 31, 31))), "ResNet halves images .* which 31x31 does not allow; resize"),
        (lambda: MLP(Spec((2,)), dropout=1.0), "dropout must be at least 0 and below 1, got 1.0"),
        (lambda: DCGAN(Spec((1, 8, 8)), dropout=-0.5), "dropout must be at least 0 and below 1, got -0.5"),
        (lambda: MLP(Spec((2,)), head="softmax"), "head must be one of logit, tanh_probability, got 'softmax'"),
        (lambda: MLP(Spec((2,)), head="tanh_probability", beta=0), "beta must be above 0, got 0"),
        (lambda: DCGAN(Spec((1, 8, 8)), norm="bacth"), "norm must be one of none, .*, got 'bacth'"),
        (lambda: RNN(Spec((4, 1)), width=0), "width must be at least 1, got 0"),
        (lambda: MLP(Spec((2,), classes=3))(torch.randn(1, 2)), "built for 3 classes, but it got no labels"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(build_invalid, message):
    with pytest.raises(ValueError, match=message):
        build_invalid()
