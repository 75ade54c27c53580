"""Log-mel spectrograms as images: what they show, and the sounds that are made of them."""

import pytest
import torch
from scipy.io import wavfile

from ganlab.core.interfaces import Spec
from ganlab.kinds import Sheet, kind_of

FACTS = {"rate": 8000, "n_fft": 256, "hop": 64, "low": -9.0, "high": 2.0}


def kind():
    return kind_of(Spec((1, 32, 64), kind="log_mel", facts=FACTS))


def tones(*hertz):
    time = torch.arange(63 * 64) / 8000
    return torch.stack([0.5 * (2 * torch.pi * each * time).sin() for each in hertz])


def test_a_tone_is_heard_again_at_its_frequency() -> None:
    images = kind().from_sounds(tones(500, 2000), mels=32)
    assert images.shape == (2, 1, 32, 64)
    assert -1 <= images.min() < images.max() <= 1
    bands = images[:, 0].mean(2).argmax(1)
    assert bands[0] < bands[1]  # the lowest band is first
    sounds = kind().to_sounds(images)
    assert sounds.shape == (2, 63 * 64)
    loudest = torch.fft.rfft(sounds).abs().argmax(1) * 8000 / sounds.shape[1]
    assert loudest[0] == pytest.approx(500, rel=0.05)
    assert loudest[1] == pytest.approx(2000, rel=0.05)
    assert sounds.square().mean(1).sqrt() == pytest.approx(
        tones(500, 2000).square().mean(1).sqrt(), rel=0.5
    )  # a wide band does not say where in it a tone is
    assert kind().to_sounds(images).equal(sounds)


def test_the_range_of_levels_is_that_of_the_image() -> None:
    silence = kind().from_sounds(torch.zeros(1, 63 * 64), mels=32)
    assert silence.eq(-1).all()
    assert kind().to_sounds(silence).abs().max() < 5e-3  # e^−9 a band


def test_files_and_sheets(tmp_path) -> None:
    images = kind().from_sounds(tones(300, 600, 1200), mels=32)
    kind().write(images, tmp_path, ["a", "b", "c"])
    assert len(wavfile.read(tmp_path / "sounds" / "2.wav")[1]) == 63 * 64
    assert (tmp_path / "sounds" / "classes.csv").read_text().split() == ["0.wav,a", "1.wav,b", "2.wav,c"]
    labelled = Sheet(images, "generated samples", "step 1", torch.tensor([0, 1, 1]), ["a", "b"])
    assert kind().draw(labelled).size[0] == 800
    assert kind().draw(labelled).tobytes() == kind().draw(labelled).tobytes()
    with pytest.raises(ValueError, match="at least one spectrogram"):
        kind().draw(Sheet(images[:0]))
