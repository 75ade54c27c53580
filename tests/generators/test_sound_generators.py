"""Generators of sound: WaveGAN, spectrograms and HiFi-GAN."""

import inspect
import json
from functools import partial
from itertools import pairwise

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import get_class
from omegaconf import OmegaConf
from torch.nn import functional

from ganlab.config import conf_directory
from ganlab.core.interfaces import Spec
from ganlab.generators import DCGAN, HiFiGAN, Spectrogram, WaveGAN
from ganlab.layers.spectral_images import SpectralImages
from ganlab.layers.wave_convolution import NearestLengthening

NETWORKS = {
    "wavegan": lambda spec, **settings: WaveGAN(spec, width=2, **settings),
    "nearest": lambda spec, **settings: WaveGAN(spec, width=2, upsampling="nearest", **settings),
    "filtered": lambda spec, **settings: WaveGAN(spec, width=2, post_filter=32, **settings),
    "spectrogram": lambda spec, **settings: Spectrogram(spec, partial(DCGAN, width=2), n_fft=64, hop=32, **settings),
}
V1 = {"width": 512}
V3 = {
    "width": 256,
    "rates": (8, 8, 4),
    "kernels": (16, 16, 8),
    "residual_kernels": (3, 5, 7),
    "dilations": ((1, 2), (2, 6), (3, 12)),
    "block": "single",
}

FOR_GENERATOR = ("wavegan", "spectrogram", "hifigan")


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def sound(samples=512, channels=1, **others):
    return Spec((samples, channels), kind="audio", facts={"rate": 8000}, **others)


def vocoder(frames=4, samples=1024, bands=10, **others):
    return sound(samples, cond=(frames, bands), paired=True, **others)


def count(network):
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("samples", "channels"), [(512, 1), (1024, 2), (2048, 1), (3584, 1)])
@pytest.mark.parametrize("classes", [0, 5])
def test_any_length_channels_and_labels(name, samples, channels, classes):
    spec = sound(samples, channels, classes=classes, latent=9)
    sounds = NETWORKS[name](spec)(torch.randn(2, 9), torch.tensor([1, 3]) if classes else None)
    assert sounds.shape == (2, samples, channels)
    assert sounds.isfinite().all()


@pytest.mark.parametrize("name", NETWORKS)
def test_labels_change_the_sounds(name):
    network = NETWORKS[name](sound(classes=3, latent=6)).eval()
    first, second = network(torch.randn(1, 6).expand(2, -1), torch.tensor([0, 1]))
    assert not torch.allclose(first, second, atol=1e-6)
    with pytest.raises(ValueError, match="built for 3 classes, but it got no labels"):
        network(torch.randn(1, 6))


@pytest.mark.parametrize("name", ["wavegan", "spectrogram"])
def test_classes_can_have_their_own_normalisations(name):
    settings = {"norm": "batch"} if name == "wavegan" else {}
    network = NETWORKS[name](sound(classes=3, latent=6), labels="norm", **settings)
    assert network(torch.randn(4, 6), torch.tensor([0, 1, 2, 0])).shape == (4, 512, 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_memory_format_does_not_change_sounds(name):
    network = NETWORKS[name](sound(latent=6)).eval()
    latents = torch.randn(2, 6)
    expected = network(latents)
    torch.testing.assert_close(network.to(memory_format=torch.channels_last)(latents), expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_generator_can_be_differentiated_twice(name):
    network = NETWORKS[name](sound(latent=6))
    weights = list(network.parameters())
    field = torch.autograd.grad(network(torch.randn(3, 6)).square().mean(), weights, create_graph=True)
    torch.stack([gradient.square().sum() for gradient in field]).sum().backward()
    assert all(weight.grad is None or weight.grad.isfinite().all() for weight in weights)


@pytest.mark.parametrize("name", NETWORKS)
def test_half_precision_gives_nearly_the_same_sounds(name):
    network, latents = NETWORKS[name](sound(latent=6)).eval(), torch.randn(2, 6)
    expected = network(latents)
    with torch.autocast("cpu", torch.bfloat16):
        sounds = network(latents).float()
    assert (sounds - expected).norm() < 0.1 * expected.norm()


def test_wavegan_has_the_layers_of_the_paper():
    network = WaveGAN(sound(16384, latent=100))
    assert network.project[0].weight.shape == (16 * 1024, 100)
    shapes = [tuple(layer.weight.shape) for layer in network.body if hasattr(layer, "weight")]
    widths = [1024, 512, 256, 128, 64, 1]
    assert shapes == [(a, b, 1, 25) for a, b in pairwise(widths)]


def test_nearest_lengthening_is_a_convolution_of_repeated_values():
    layer = NearestLengthening(3, 2, 25, 4)
    maps = torch.randn(2, 3, 1, 20)
    kernel = layer.weight.flip(3).transpose(0, 1)
    expected = functional.conv2d(maps.repeat_interleave(4, 3), kernel, layer.bias, padding=(0, 12))
    torch.testing.assert_close(layer(maps), expected)


@pytest.mark.parametrize("samples", [16000, 130, 2])
def test_a_wrong_length_is_refused_with_lengths_that_work(samples):
    with pytest.raises(ValueError, match=f"8 to 31 times a power of 4 samples, got {samples}") as caught:
        WaveGAN(sound(samples, latent=4))
    for length in map(int, str(caught.value).split(" pad the data to ")[1].removesuffix(" samples").split(" or ")):
        WaveGAN(sound(length, latent=4), width=1)


def test_other_kinds_are_refused():
    for build in (WaveGAN, partial(Spectrogram, image=DCGAN), HiFiGAN):
        with pytest.raises(ValueError, match=r"needs sound .* but the data has sequences .* or generator=rnn"):
            build(Spec((512, 1), latent=4))
        with pytest.raises(ValueError, match=r"but the data has images .* or generator=dcgan"):
            build(Spec((1, 8, 8), latent=4))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kernel": 3}, "kernel must be at least the stride of 4"),
        ({"stride": 1}, "stride must be at least 2"),
        ({"upsampling": "nearest", "kernel": 24}, "upsampling=nearest needs an odd kernel of at least 7, got 24"),
        ({"upsampling": "cubic"}, "upsampling must be one of transposed, nearest"),
        ({"post_filter": -1}, "post_filter must be at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        WaveGAN(sound(latent=4), **settings)


def test_a_spectrogram_of_silence_is_silence_and_a_loud_one_is_loud():
    network = Spectrogram(sound(latent=4), partial(DCGAN, width=2), n_fft=64, hop=32)
    assert not network.images.waves(torch.full((1, 16, 32), -1.0), torch.rand(1, 16, 32)).any()
    levels = torch.full((1, 16, 32), -1.0)
    levels[:, :, 8] = 1.0  # a sine of amplitude 1 at an eighth of the rate
    wave = network.images.waves(levels, torch.zeros(1, 16, 32))[0]
    assert wave[64:-64].abs().max() == pytest.approx(1, abs=0.05)


def test_sounds_of_spectrograms_are_in_range():
    network = Spectrogram(sound(latent=4), partial(DCGAN, width=2, norm="none"), n_fft=64, hop=32)
    with torch.no_grad():
        network.image.body[-2].bias.fill_(3.0)  # all levels near that of a sine of full scale
    sounds = network(torch.randn(2, 4))
    assert sounds.abs().max() == 1
    assert sounds.requires_grad


def test_waves_of_the_spectrogram_of_a_sound_are_the_sound():
    images = SpectralImages(256, 64, 100.0)
    time = torch.arange(4096) / 8000
    wave = (0.5 * (2 * torch.pi * 440 * time).sin() + 0.2 * (2 * torch.pi * 1333 * time).cos()).exp()[None] / 4
    spectra = images.spectra(wave - wave.mean())
    before = torch.cat([torch.ones_like(spectra[:, :1]), spectra[:, :-1]], 1)
    expected_turns = 2 * torch.arange(128) * 64 / 256
    frequencies = (spectra * before.conj()).angle() / torch.pi - expected_turns
    torch.testing.assert_close(
        images.waves(images.levels(spectra), frequencies)[0], (wave - wave.mean())[0], atol=2e-3, rtol=0
    )


def test_hifigans_parameter_counts_match_the_paper():
    with torch.device("meta"):
        spec = vocoder(32, 8192, 80)
        assert count(HiFiGAN(spec, **V1, weight_norm=False)) == pytest.approx(13.92e6, rel=1e-3)  # table 1
        assert count(HiFiGAN(spec, weight_norm=False)) == pytest.approx(0.92e6, rel=1e-2)
        assert count(HiFiGAN(spec, **V3, weight_norm=False)) == pytest.approx(1.46e6, rel=2e-3)


@pytest.mark.parametrize("frames", [4, 5])
def test_hifigan_makes_the_samples_of_its_frames(frames):
    network = HiFiGAN(vocoder(frames), width=16)
    latents = torch.empty(2, 0)
    assert network(latents, torch.randn(2, frames, 10)).shape == (2, 1024, 1)
    assert network(latents, torch.randn(2, frames + 7, 10)).shape == (2, 1024 + 7 * 256, 1)
    with pytest.raises(ValueError, match="it got no conditions"):
        network(latents)


def test_each_sample_of_hifigan_depends_on_near_frames_only():
    network = HiFiGAN(vocoder(40, 40 * 256), width=16).eval()
    cond = torch.randn(1, 40, 10)
    changed = cond.clone()
    changed[:, 20] += 1
    difference = (network(torch.empty(1, 0), cond) - network(torch.empty(1, 0), changed)).abs()[0, :, 0]
    assert difference[20 * 256 : 21 * 256].max() > 0
    touched = difference.nonzero()
    assert touched.min() > 8 * 256
    assert touched.max() < 33 * 256


def test_hifigan_can_have_latents_too():
    network = HiFiGAN(vocoder(latent=3), width=16)
    cond = torch.randn(1, 4, 10).expand(2, -1, -1)
    first, second = network(torch.randn(2, 3), cond)
    assert not torch.allclose(first, second)


@pytest.mark.parametrize(
    ("spec", "settings", "message"),
    [
        (sound(1024, classes=3, cond=()), {}, "but the data's condition is a class; use data of such pairs"),
        (sound(1024), {}, "but the data's condition is none"),
        (vocoder(8), {}, "make 256 samples of each frame, 2048 of 8, but a sound has 1024; .* spectrograms, 128"),
        (vocoder(), {"kernels": (16,)}, "kernels must have one value for each of 4 rates, got 1"),
        (
            vocoder(),
            {"kernels": (16, 7, 4, 4)},
            r"kernels must each be .* got \[16, 7, 4, 4\] for the rates \[8, 8, 2, 2\]",
        ),
        (vocoder(), {"rates": (8, 8, 4, 1)}, r"rates must all be at least 2, got \[8, 8, 4, 1\]"),
        (vocoder(), {"rates": (), "kernels": ()}, "the number of rates must be at least 1, got 0"),
        (vocoder(), {"residual_kernels": (4, 7, 11)}, "residual_kernels must be odd"),
        (vocoder(), {"dilations": ((1,),)}, "one list for each of 3 residual_kernels, got 1"),
        (vocoder(), {"width": 8}, "width must be at least 16, got 8"),
        (vocoder(), {"block": "pair"}, "block must be one of paired, single, got 'pair'"),
    ],
)
def test_hifigan_refuses_what_does_not_fit(spec, settings, message):
    with pytest.raises(ValueError, match=message):
        HiFiGAN(spec, **settings)


@pytest.mark.parametrize("name", FOR_GENERATOR)
def test_yaml_lists_every_setting_with_the_constructors_defaults(name):
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        values = OmegaConf.to_container(compose(f"generator/{name}").generator)
    target = get_class(values.pop("_target_"))
    assert values.pop("_partial_") is True
    parameters = dict(list(inspect.signature(target).parameters.items())[1:])
    assert list(values) == list(parameters)
    for key, parameter in parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            assert json.loads(json.dumps(parameter.default)) == values[key], key
