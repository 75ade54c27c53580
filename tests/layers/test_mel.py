"""Mel filters and log-mel spectrograms equal torchaudio's; faults are refused; gradients flow."""

import pytest
import torch

from ganlab.layers.mel import LogMel, mel_filters

torchaudio = pytest.importorskip("torchaudio", reason="torchaudio is the reference of mel filters")


def waves(count=2, samples=8000, seed=0):
    return torch.randn(count, samples, generator=torch.Generator().manual_seed(seed)) * 0.3


@pytest.mark.parametrize("rule", ["slaney", "htk"])
@pytest.mark.parametrize("normalisation", ["slaney", "none"])
@pytest.mark.parametrize(
    ("rate", "n_fft", "mels", "low", "high"), [(8000, 512, 40, 0, 4000), (22050, 1024, 80, 0, 8000)]
)
def test_filters_equal_torchaudio(rule, normalisation, rate, n_fft, mels, low, high):
    norm = {"slaney": "slaney", "none": None}[normalisation]
    expected = torchaudio.functional.melscale_fbanks(n_fft // 2 + 1, low, high, mels, rate, norm, rule)
    actual = mel_filters(rate, n_fft, mels, rule, normalisation, low, high)
    torch.testing.assert_close(actual, expected, atol=1e-5 * float(expected.max()), rtol=0)


def test_triangles_of_slaney_have_area_one_over_hertz():
    filters = mel_filters(16000, 65536, 40)
    torch.testing.assert_close(filters.sum(0) * 8000 / 32768, torch.ones(40), rtol=1e-3, atol=0)


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_log_mel_equals_torchaudio(power):
    reference = torchaudio.transforms.MelSpectrogram(
        16000, 1024, hop_length=256, n_mels=80, power=power, norm="slaney", mel_scale="slaney"
    )
    expected, log_mel = reference(waves()).mT, LogMel(16000, 1024, 256, 80, power=power)
    torch.testing.assert_close(log_mel.mel(waves()), expected, atol=1e-5 * float(expected.max()), rtol=0)
    # Their filters are rounded more, because their frequencies are float32.
    torch.testing.assert_close(log_mel(waves()), expected.clamp_min(1e-5).log(), atol=2e-5, rtol=0)


def test_silence_is_the_logarithm_of_the_floor():
    log_mel = LogMel(8000, 512, 128, 40, floor=1e-3)
    torch.testing.assert_close(log_mel(torch.zeros(1, 1000)), torch.full((1, 8, 40), 1e-3).log())


def test_a_louder_sound_is_higher_by_the_logarithm_of_the_factor():
    log_mel = LogMel(8000, 512, 128, 40, floor=1e-12)
    torch.testing.assert_close(
        log_mel(3 * waves()) - log_mel(waves()), torch.full((2, 63, 40), 3.0).log(), atol=1e-4, rtol=0
    )


def test_gradients_are_those_of_finite_differences():
    log_mel = LogMel(8000, 64, 16, 5).double()
    assert torch.autograd.gradcheck(log_mel, waves(1, 100).double().requires_grad_())


def test_the_filters_follow_the_sounds_and_the_module_stays():
    """The meta device stands for an accelerator: what is moved there has lost its values."""
    log_mel = LogMel(8000, 512, 128, 40)
    expected = log_mel(waves())
    assert log_mel(waves().to("meta")).device.type == "meta"
    assert log_mel(waves().double()).dtype == torch.float64
    assert torch.equal(log_mel(waves()), expected)


def test_nothing_is_learnt_or_saved():
    log_mel = LogMel(8000, 512, 128, 40)
    assert not list(log_mel.parameters())
    assert not log_mel.state_dict()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rule": "bark"}, "the mel rule must be one of slaney, htk, got 'bark'"),
        ({"normalisation": "peak"}, "the mel normalisation must be one of slaney, none, got 'peak'"),
        ({"highest": 5000.0}, "a range within 0 and half the rate, 4000 Hz, got 40 bands from 0 to 5000 Hz"),
        (
            {"mels": 400},
            r"band \d+ of 400 mel bands holds none of the frequencies of n_fft=512 at 8000 Hz; choose fewer",
        ),
        ({"floor": 0.0}, "power and floor of a log-mel spectrogram must be positive, got 1 and 0"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        LogMel(**{"rate": 8000, "n_fft": 512, "hop": 128, "mels": 40, **settings})
