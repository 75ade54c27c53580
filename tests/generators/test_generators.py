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

from ganlab.core.interfaces import Spec
from ganlab.generators import DCGAN, MLP, RNN, ResNet
from ganlab.layers.residual import Residual

CONF = Path(__file__).parents[2] / "conf"
# Those of sound, of symbols and of tables have tests of their own.
NAMES = sorted({path.stem for path in (CONF / "generator").glob("*.yaml")} - {*FOR_SOUND, *FOR_SYMBOLS, "table"})
SHAPES = {"dcgan": (1, 28, 28), "resnet": (3, 32, 32), "sngan": (3, 32, 32), "rnn": (12, 3)}
SHAPES |= {name: (3, 16, 16) for name in ("sagan", "biggan", "stylegan2", "r3gan", "fastgan")}
SMALL = {name: {"width": 4} for name in SHAPES} | {"stylegan2": {"width": 4, "style_size": 8, "mapping_layers": 2}}
SHAPES |= {"dirac": (1,)}
SHAPES |= {"mocogan": (4, 1, 16, 16), "independent": (4, 3, 16, 16), "vgan": (8, 3, 16, 24)}
SMALL |= {"mocogan": {"image": {"width": 4}}, "independent": {"image": {"width": 4}}, "vgan": {"width": 4}}
# Generators that make images from images, and the shapes of their conditions.
CONDITIONS = {"unet_translator": (1, 16, 16), "resnet_translator": (3, 16, 8), "srresnet": (4, 4, 6), "rrdb": (1, 4, 4)}
CONDITIONS |= {"residual_unet": (1, 16, 32)}
SHAPES |= {"unet_translator": (3, 16, 16), "resnet_translator": (1, 16, 8), "srresnet": (3, 8, 12), "rrdb": (3, 16, 16)}
SHAPES |= {"residual_unet": (3, 16, 32)}
SMALL |= {name: {"width": 4} for name in CONDITIONS}
SMALL["rrdb"] |= {"blocks": 1, "growth": 2}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@cache
def node_of(name):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(f"generator/{name}").generator


def build(name, spec, **settings):
    return instantiate(node_of(name), **settings)(spec)


def small(name, classes=0, **settings):
    kind = name if name in CONDITIONS else name.split("_")[0]
    cond = CONDITIONS.get(name)
    spec = Spec(SHAPES.get(kind, (1, 28, 28)), cond, 0 if cond else classes, latent=20)
    supported = {key: value for key, value in settings.items() if key in node_of(name)}
    return spec, build(name, spec, **SMALL.get(kind, {}), **supported)


def conditions(spec, count):
    if spec.cond:
        return torch.rand(count, *spec.cond) * 2 - 1
    return torch.arange(count) % spec.classes if spec.classes else None


def trainable(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("spectral", [False, True])
def test_every_configuration_generates_samples_and_has_gradients(name, classes, spectral):
    spec, network = small(name, classes, spectral_norm=spectral)
    samples = network(torch.randn(3, 20), conditions(spec, 3))
    assert samples.shape == (3, *spec.sample)
    assert samples.isfinite().all()
    samples.square().sum().backward()
    for title, parameter in network.named_parameters():
        assert parameter.grad is not None, title
        assert parameter.grad.isfinite().all(), title


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spectral", [False, True])
@pytest.mark.slow
def test_single_samples_copies_and_strict_loading_of_weights(name, spectral):
    spec, network = small(name, 3, spectral_norm=spectral)
    network(torch.randn(4, 20), conditions(spec, 4))
    network.eval()
    latents, cond = torch.randn(1, 20), conditions(spec, 3)[2:]
    expected = network(latents, cond)
    torch.testing.assert_close(deepcopy(network)(latents, cond), expected)
    _, other = small(name, 3, spectral_norm=spectral)
    other.load_state_dict(network.state_dict(), strict=True)
    torch.testing.assert_close(other.eval()(latents, cond), expected)


@pytest.mark.parametrize("name", NAMES)
def test_every_generator_runs_under_bfloat16_autocast(name):
    spec, network = small(name, 3, spectral_norm=True)
    with torch.autocast("cpu", torch.bfloat16):
        samples = network(torch.randn(3, 20), conditions(spec, 3))
    samples.float().square().sum().backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in network.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_yaml_lists_every_setting_and_base_files_have_the_constructors_defaults(name):
    values = {key: list(value) if key == "widths" else value for key, value in node_of(name).items()}
    target = get_class(values.pop("_target_"))
    assert values.pop("_partial_") is True
    parameters = dict(list(inspect.signature(target).parameters.items())[1:])
    assert list(values) == list(parameters)
    if name == target.__name__.lower():
        defaults = {k: list(p.default) if k == "widths" else p.default for k, p in parameters.items() if k != "image"}
        assert {key: values[key] for key in defaults} == defaults


def test_labels_change_the_samples():
    _, network = small("dcgan", 3)
    network.eval()
    latents = torch.randn(1, 20).expand(2, -1)
    first, second = network(latents, torch.tensor([0, 1]))
    assert not torch.equal(first, second)


def test_images_are_bounded_and_points_are_not():
    far = 1e4 * torch.randn(64, 2)
    assert MLP(Spec((1, 4, 4), latent=2))(far).abs().max() <= 1
    assert MLP(Spec((2,), latent=2))(far).abs().max() > 1
    assert MLP(Spec((5, 2), latent=2))(far).shape == (64, 5, 2)


def test_parameter_counts():
    mnist, cifar = Spec((1, 28, 28), latent=100), Spec((3, 32, 32), latent=128)
    assert trainable(build("mlp_128", mnist)) == 130_576
    assert trainable(build("mlp_deep", mnist)) == 822_288
    assert trainable(build("sngan", cifar)) == 4_276_739
    network = build("dcgan_28", mnist)
    running = sum(buffer.numel() for buffer in network.buffers() if buffer.is_floating_point())
    assert (trainable(network), running) == (2_305_472, 25_472)


def test_dcgan_28_layers():
    network = build("dcgan_28", Spec((1, 28, 28), latent=100))
    dense, *_ = network.project
    convolutions = [layer for layer in network.body if isinstance(layer, nn.ConvTranspose2d)]
    assert dense.bias is None
    assert all(layer.bias is None for layer in convolutions)
    assert [layer.out_channels for layer in convolutions] == [128, 64, 1]
    assert [layer.stride for layer in convolutions] == [(1, 1), (2, 2), (2, 2)]
    assert [layer.num_features for layer in network.modules() if "BatchNorm" in type(layer).__name__] == [
        12544,
        128,
        64,
    ]
    slopes = {layer.negative_slope for layer in network.modules() if isinstance(layer, nn.LeakyReLU)}
    assert slopes == {0.3}
    assert isinstance(network.body[-1], nn.Tanh)


SIZES = [(8, 8), (16, 16), (28, 28), (32, 32), (48, 48), (64, 64), (128, 128), (256, 256), (28, 20), (32, 64), (48, 40)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 6])
def test_dcgan_at_every_resolution(size, kernel):
    network = DCGAN(Spec((2, *size), latent=3), width=1, max_width=2, kernel=kernel)
    assert network(torch.randn(2, 3)).shape == (2, 2, *size)


RESNET_SIZES = [(8, 8), (16, 16), (28, 28), (32, 32), (48, 48), (64, 64), (96, 96), (128, 128), (256, 256), (32, 64),
                (72, 48), (48, 52), (64, 80), (24, 40)]  # fmt: skip


@pytest.mark.parametrize("size", RESNET_SIZES)
def test_resnet_at_every_resolution(size):
    network = ResNet(Spec((3, *size), latent=3), width=1)
    assert network(torch.randn(2, 3)).shape == (2, 3, *size)


def test_resnet_channels_are_the_papers():
    plans = {32: [256] * 4, 48: [512, 256, 128, 64], 64: [1024, 512, 256, 128, 64]}
    plans[128] = [1024, 1024, 512, 256, 128, 64]
    plans |= {28: [256] * 3, 96: plans[64], 256: [1024, *plans[128]]}  # extrapolated; not in the paper
    for side, channels in plans.items():
        with torch.device("meta"):
            body = ResNet(Spec((3, side, side), latent=128)).body
        blocks = [module for module in body if isinstance(module, Residual)]
        assert [body[1].unflattened_size[0], *(block.shortcut[0].out_channels for block in blocks)] == channels


@pytest.mark.parametrize("norm", ["none", "batch", "instance", "group", "layer"])
def test_every_normalisation_can_be_used(norm):
    for network in (
        DCGAN(Spec((1, 16, 16), latent=3), width=4, norm=norm),
        ResNet(Spec((1, 32, 32), latent=3), width=4, norm=norm),
    ):
        network(torch.randn(2, 3)).sum().backward()
        assert all(parameter.grad is not None for parameter in network.parameters())


def test_dcgans_initial_weights_are_normal_with_deviation_0_02():
    network = DCGAN(Spec((3, 32, 32), latent=100))
    assert network.project[0].weight.std().item() == pytest.approx(0.02, rel=0.02)


def test_images_follow_the_memory_format_of_the_weights():
    network = DCGAN(Spec((3, 32, 32), latent=4), width=4).to(memory_format=torch.channels_last)
    assert network(torch.randn(2, 4)).is_contiguous(memory_format=torch.channels_last)


def test_each_time_step_reads_its_own_noise_and_the_shared_latent():
    network = RNN(Spec((4, 1), latent=10), noise=2)
    latents = torch.randn(1, 10)
    before = network(latents)
    latents[:, 4] += 1  # the first number of the third time step
    after = network(latents)
    equal = (before == after).flatten()
    assert equal[:2].all()
    assert not equal[2:].any()
    latents[:, 8] += 1
    assert not (network(latents) == after).any()


@pytest.mark.parametrize(
    ("build_invalid", "message"),
    [
        (lambda: DCGAN(Spec((2,), latent=3)), r"DCGAN needs images \(channels, height, width\), but the data has "
         r"samples of shape \(2,\); use generator=mlp"),
        (lambda: ResNet(Spec((16, 2), latent=3)), "ResNet needs images .* use generator=rnn"),
        (lambda: RNN(Spec((1, 28, 28), latent=3)), "RNN needs sequences .* use generator=dcgan"),
        (lambda: MLP(Spec({"nodes": (9, 5)}, latent=3)), "MLP needs points .* write a custom generator"),
        (lambda: DCGAN(Spec((1, 31, 31), latent=3)), "DCGAN halves images .* which 31x31 does not allow; resize"),
        (lambda: DCGAN(Spec((1, 4, 4), latent=3)), "which 4x4 does not allow"),
        (lambda: DCGAN(Spec((1, 250, 250), latent=3)), "which 250x250 does not allow"),
        (lambda: ResNet(Spec((1, 31, 31), latent=3)), "ResNet halves images .* which 31x31 does not allow; resize"),
        (lambda: MLP(Spec((2,))), "MLP makes samples from latents, but latent=none draws none; use latent=normal"),
        (lambda: MLP(Spec((2,), latent=3), widths=[8, 0]), r"widths must all be at least 1, got \[8, 0\]"),
        (lambda: MLP(Spec((2,), latent=3), activation="rleu"), "activation must be one of relu, .*, got 'rleu'"),
        (lambda: MLP(Spec((2,), latent=3), norm="instance"), "norm must be one of none, batch, group, layer, got"),
        (lambda: MLP(Spec((2,), latent=3), slope=-0.1), "slope must be at least 0, got -0.1"),
        (lambda: MLP(Spec((2,), cond=(3,), latent=3)), r"takes class labels, but .* has the shape \(3,\)"),
        (lambda: DCGAN(Spec((1, 8, 8), latent=3), width=0), "width must be at least 1, got 0"),
        (lambda: DCGAN(Spec((1, 8, 8), latent=3), kernel=1), "kernel must be at least 2, got 1"),
        (lambda: DCGAN(Spec((1, 8, 8), latent=3), extra_layers=1), "extra_layers need an odd kernel .* kernel of 4"),
        (lambda: DCGAN(Spec((1, 8, 8), latent=3), dense_norm="x"), "dense_norm must be one of channels, features"),
        (lambda: DCGAN(Spec((1, 8, 8), latent=3), init="x"), "init must be one of dcgan, xavier"),
        (lambda: ResNet(Spec((1, 32, 32), latent=3), width=0), "width must be at least 1, got 0"),
        (lambda: RNN(Spec((4, 1), latent=3), cell="rnn"), "cell must be one of gru, lstm, got 'rnn'"),
        (lambda: RNN(Spec((4, 1), latent=3), layers=0), "layers must be at least 1, got 0"),
        (lambda: RNN(Spec((4, 1), latent=3), noise=1), "noise takes 4 time steps x 1 = 4 numbers .* has 3; lower"),
        (lambda: MLP(Spec((2,), classes=3, latent=3))(torch.randn(1, 3)), "built for 3 classes, but it got no labels"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(build_invalid, message):
    with pytest.raises(ValueError, match=message):
        build_invalid()
