"""The log-mel distance of pairs of sounds, and feature matching on the maps of HiFi-GAN's discriminators."""

import pytest
import torch
from support.small_runs import QUIET, checkpoint, go
from support.sounds import RATE, SAMPLES, SOUND, SOUND_PAIRS, SpokenTones

from ganlab.config import compose
from ganlab.core.errors import ConfigurationError
from ganlab.core.interfaces import DiscriminatorOutput, Spec
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.random import Random
from ganlab.discriminators import Ensemble, MultiPeriod, MultiScaleWaves
from ganlab.generators import HiFiGAN
from ganlab.latents import NoLatents
from ganlab.regularizers import LogMelL1, PerceptualDiscriminator


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


def sound(samples=SAMPLES, channels=1, rate=RATE):
    return Spec((samples, channels), kind="audio", facts={"rate": rate}, paired=True)


def built(spec=None, **settings):
    term = LogMelL1(**{"n_fft": 512, "hop": 128, "mels": 20, **settings})
    term.build(spec or sound(), 0, NoLatents())
    return term


def view_of(real, fake, discriminator=None):
    return BatchView(real=real, generate=lambda: fake, discriminator=discriminator, player="generator")


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) / 4


def test_twice_the_amplitude_is_the_logarithm_of_two_away():
    real = noise(3, SAMPLES, 1)
    values = built().penalty(view_of(real, 2 * real))
    torch.testing.assert_close(values, torch.full((3,), 2.0).log(), atol=1e-4, rtol=0)
    assert not built().penalty(view_of(real, -real)).any()  # the sign is not heard


def test_channels_count_equally():
    real = noise(2, SAMPLES, 2)
    fake = real * torch.tensor([1.0, 4.0])
    values = built(sound(channels=2)).penalty(view_of(real, fake))
    torch.testing.assert_close(values, torch.full((2,), 2.0).log(), atol=1e-4, rtol=0)


def test_the_gradient_leads_to_the_real_sound_and_is_finite_for_silence():
    real, fake = noise(2, SAMPLES, 1), noise(2, SAMPLES, 1, seed=1).requires_grad_()
    before = built().penalty(view_of(real, fake))
    (slope,) = torch.autograd.grad(before.sum(), fake)
    after = built().penalty(view_of(real, fake.detach() - 0.01 * slope / slope.norm()))
    assert after.sum() < before.sum()
    silence = torch.zeros(2, SAMPLES, 1, requires_grad=True)
    (slope,) = torch.autograd.grad(built().penalty(view_of(real, silence)).sum(), silence)
    assert slope.isfinite().all()


def test_half_precision_is_widened():
    real = noise(2, SAMPLES, 1)
    with torch.autocast("cpu", torch.bfloat16):
        values = built().penalty(view_of(real, (2 * real).bfloat16()))
    assert values.dtype == torch.float32
    torch.testing.assert_close(values, torch.full((2,), 2.0).log(), atol=1e-2, rtol=0)


def test_settings_that_do_not_fit_the_data_are_refused():
    with pytest.raises(ValueError, match="n_fft must be below twice the 200 samples of a sound, got 512"):
        built(sound(200))
    advice = "use data of sounds with their spectrograms, such as data=vocoder, or remove it"
    image = r"regularizer=log_mel_l1 needs sound \(samples, channels\), but the data has images \(.*\) "
    with pytest.raises(ValueError, match=rf"{image}of shape \(1, 8, 8\); {advice}$"):
        built(Spec((1, 8, 8), paired=True))
    with pytest.raises(ValueError, match=rf"{image}of the kind log_mel of shape \(1, 8, 8\); {advice}$"):
        built(Spec((1, 8, 8), paired=True, kind="log_mel"))


@pytest.mark.parametrize("data", [SOUND, ["data=digits"], ["data=sine_waves"]])
def test_data_that_is_not_paired_is_refused_with_data_of_sound(data):
    lines = [*data, "generator=mlp", "discriminator=mlp", "regularizer=[log_mel_l1]"]
    with pytest.raises(ConfigurationError) as caught:
        compose(lines)
    (line,) = str(caught.value).splitlines()[1:]
    assert line.startswith("  regularizer.log_mel_l1 compares a sample with the sample that belongs to its condition")
    assert line.endswith("is not paired; use data of pairs, such as data=vocoder, or remove it")


def test_paired_images_are_refused_with_data_of_sound():
    lines = ["data=edges", "data.images.resolution=16", "game=regression", "generator=unet_translator"]
    with pytest.raises(ConfigurationError) as caught:
        compose([*lines, "discriminator=mlp", "latent=none", "regularizer=[log_mel_l1]"])
    assert "needs sound (samples, channels), but the data has images" in str(caught.value)
    assert "such as data=vocoder, or remove it" in str(caught.value)


def test_feature_matching_is_the_mean_of_all_maps():
    spec, real, fake = sound(), noise(2, SAMPLES, 1), noise(2, SAMPLES, 1, seed=1)
    torch.manual_seed(0)
    critics = {
        "periods": lambda inner: MultiPeriod(inner, [2, 3], width=2, max_width=8),
        "scales": lambda inner: MultiScaleWaves(inner, 2, width=2),
    }
    network = Ensemble(spec, critics).eval()
    values = PerceptualDiscriminator().penalty(view_of(real, fake, network.discriminate))
    pairs = zip(network.discriminate(real).features, network.discriminate(fake).features, strict=True)
    expected = torch.stack([(a - b).abs().flatten(1).mean(1) for a, b in pairs]).mean(0)
    torch.testing.assert_close(values, expected)
    assert isinstance(network.discriminate(real), DiscriminatorOutput)


VOCODER = [*SOUND_PAIRS, *QUIET, "generator=hifigan", "generator.width=16", "batch_size=4", "iterations=4"]
TERM = ["regularizer.log_mel_l1.n_fft=512", "regularizer.log_mel_l1.mels=20"]
CRITICS = [
    "discriminator=hifigan",
    *("discriminator.critics.periods.width=2", "discriminator.critics.periods.max_width=8"),
    *("discriminator.critics.periods.periods=[2,3]", "discriminator.critics.scales.width=2"),
]


def test_a_vocoder_trains_with_and_without_an_adversary(tmp_path):
    alone = ["game=regression", "discriminator=mlp", "regularizer=[log_mel_l1]", *TERM]
    go(tmp_path / "alone", *VOCODER, *alone)
    both = [*CRITICS, "loss=least_squares", "regularizer=[log_mel_l1,perceptual_discriminator]", *TERM]
    go(tmp_path / "both", *VOCODER, *both)
    assert checkpoint(tmp_path / "both")["ganlab"]["steps"] == 4
    assert not any("filters" in name for name in checkpoint(tmp_path / "both")["state_dict"])


def test_the_gradient_of_a_batch_is_the_mean_of_those_of_its_halves_but_for_rounding():
    """Two processes have halves; in double precision nothing but rounding of 1e-16 may be left."""
    data = SpokenTones()
    batch = data.batch(torch.arange(4), Random(0))
    conditions, real = batch.cond.double(), batch.sample.double()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator = HiFiGAN(data.spec, width=16).double()
    term = built(data.spec)
    term.log_mel.network.double()

    def gradients(parts):
        generator.zero_grad()
        for rows in torch.arange(4).chunk(parts):
            fake = generator(torch.zeros(len(rows), 0, dtype=torch.float64), conditions[rows])
            (term.penalty(view_of(real[rows], fake)).mean() / parts).backward()
        return torch.cat([weight.grad.flatten() for weight in generator.parameters()])

    whole = gradients(1)
    assert whole.norm() > 0.1
    assert (gradients(2) - whole).norm() < 1e-12 * whole.norm()
