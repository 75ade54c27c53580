"""The short-time Fourier transform equals torchaudio's, inverts itself, and has gradients."""

import pytest
import torch

from ganlab.layers.spectra import STFT

torchaudio = pytest.importorskip("torchaudio", reason="torchaudio is the reference of spectra")


def waves(count=2, samples=4000, seed=0):
    return torch.randn(count, samples, generator=torch.Generator().manual_seed(seed)) * 0.3


@pytest.mark.parametrize(("n_fft", "hop", "window"), [(512, 128, 0), (1024, 256, 600), (255, 100, 0), (256, 64, 255)])
def test_magnitudes_equal_torchaudio(n_fft, hop, window):
    reference = torchaudio.transforms.Spectrogram(n_fft, window or n_fft, hop, power=1.0)
    expected = reference(waves()).mT
    actual = STFT(n_fft, hop, window=window).magnitudes(waves())
    assert actual.shape[1] == STFT(n_fft, hop).frames(4000)
    torch.testing.assert_close(actual, expected, atol=1e-5 * float(expected.max()), rtol=0)


def test_a_sine_of_whole_periods_has_its_amplitude_at_its_frequency():
    stft = STFT(256, 64)
    time = torch.arange(2048, dtype=torch.float64)
    spectrum = stft.magnitudes(0.5 * torch.sin(2 * torch.pi * 16 / 256 * time)[None])[0, 10]
    assert spectrum.argmax() == 16
    torch.testing.assert_close(spectrum[16].item(), 0.5 * 256 / 4)  # half of the amplitude, half of the window
    assert spectrum[20:].max() < 1e-10


@pytest.mark.parametrize("padding", ["center", "hop"])
@pytest.mark.parametrize("samples", [4096, 4095, 4000])
def test_waves_of_spectra_are_the_waves(padding, samples):
    stft = STFT(512, 128, padding)
    sound = waves(samples=samples).double()
    reached = min(samples, stft.frames(samples) * stft.hop)  # the last samples of padding=hop may be in no frame
    back = stft.waves(stft.spectra(sound), samples)
    assert back.shape == sound.shape
    torch.testing.assert_close(back[:, :reached], sound[:, :reached])


def test_padding_hop_has_one_frame_a_hop():
    stft = STFT(512, 128, "hop")
    assert stft.spectra(waves(samples=4096)).shape == (2, 32, 257)
    assert [stft.frames(n) for n in (4096, 4095, 4223, 4224)] == [32, 31, 32, 33]


def test_gradients_are_those_of_finite_differences_and_finite_for_silence():
    stft = STFT(16, 4)
    assert torch.autograd.gradcheck(stft.magnitudes, waves(1, 40).double().requires_grad_())
    silence = torch.zeros(1, 40, requires_grad=True)
    stft.magnitudes(silence).sum().backward()
    assert torch.equal(silence.grad, torch.zeros(1, 40))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_fft": 512, "hop": 512}, "hop must be from 1 to n_fft - 1 = 511 samples, got 512"),
        ({"n_fft": 512, "hop": 128, "padding": "zero"}, "padding must be one of center, hop, got 'zero'"),
        ({"n_fft": 512, "hop": 128, "window": 600}, "window must be above the hop of 128 and at most n_fft = 512"),
        ({"n_fft": 511, "hop": 128, "padding": "hop"}, "padding=hop needs n_fft and hop that are both even"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        STFT(**settings)


def test_short_sounds_are_refused():
    with pytest.raises(ValueError, match="needs sounds of more than 256 samples, got 200; choose a smaller n_fft"):
        STFT(512, 128).magnitudes(waves(samples=200))
