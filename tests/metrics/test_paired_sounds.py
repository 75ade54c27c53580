"""Scores of generated sounds against their truths: equal to auraloss, torchaudio and pystoi, and to closed forms."""

import json
import math

import numpy as np
import pytest
import torch
from support.metric_sounds import RATE, Sounds
from support.metric_sources import Points, compute_scores
from support.paired_sources import Pairs, paired_batch

from ganlab.features import Identity
from ganlab.metrics import STOI, LogMelL1, STFTError, UnsuitableMetricError

PAIRS = Sounds(count=6, samples=6000, paired=True)
METRICS = [STFTError, LogMelL1, STOI]
TRUTHS = PAIRS.sounds


def build(kind, data=PAIRS, **settings):
    return kind(Identity(Points()), data, **settings)


def score(metric, sounds, truths=TRUTHS, chunk=97):
    return compute_scores(metric, None, paired_batch(sounds, truths), chunk)


def noisy(level=0.05, truths=TRUTHS):
    return truths + level * torch.randn(truths.shape, generator=torch.Generator().manual_seed(5))


def mono(waves):
    return waves.mT.reshape(-1, 1, waves.shape[1]).double()


@pytest.mark.parametrize(
    ("sizes", "hops", "windows"),
    [
        ([256, 512, 1024], [64, 128, 256], None),
        ([1024, 2048, 512], [120, 240, 50], [600, 1200, 240]),
    ],
)
def test_stft_error_is_auraloss_of_each_sound(sizes, hops, windows):
    auraloss = pytest.importorskip("auraloss", reason="auraloss is the reference of the multi-resolution error")
    loss = auraloss.freq.MultiResolutionSTFTLoss(sizes, hops, windows or sizes, output="full")
    for single in loss.stft_losses:
        single.window = single.window.double()
    terms = [loss(*pair) for pair in zip(mono(noisy()).split(1), mono(TRUTHS).split(1), strict=True)]
    expected = {
        "stft_error": np.mean([float(total) for total, *_ in terms]),
        "spectral_convergence": np.mean([float(x) for _, each, *_ in terms for x in each]),
        "log_magnitude_l1": np.mean([float(x) for _, _, each, *_ in terms for x in each]),
    }
    assert score(build(STFTError, sizes=sizes, hops=hops, windows=windows), noisy()) == pytest.approx(
        expected, rel=1e-5
    )


def test_log_mel_l1_is_the_difference_of_torchaudios_spectrograms():
    torchaudio = pytest.importorskip("torchaudio", reason="torchaudio is the reference of mel filters")
    mel = torchaudio.transforms.MelSpectrogram(
        RATE, 512, hop_length=100, n_mels=60, power=1.0, norm="slaney", mel_scale="htk"
    )
    logs = [mel(values[:, :, 0]).clamp_min(1e-5).log() for values in (noisy(), TRUTHS)]
    expected = float((logs[0] - logs[1]).abs().mean())
    metric = build(LogMelL1, n_fft=512, hop=100, mels=60, rule="htk")
    assert score(metric, noisy()) == {"log_mel_l1": pytest.approx(expected, rel=1e-5)}


def test_sounds_on_another_device_leave_the_spectrogram_of_the_metric_where_it_is():
    metric = build(LogMelL1)
    waves = mono(TRUTHS)[:, 0].to("meta")
    assert metric.statistic.compare(waves, waves)["log_mel_l1"].device.type == "meta"
    assert score(metric, TRUTHS) == {"log_mel_l1": 0}


def test_stoi_is_pystois_mean_over_sounds():
    pystoi = pytest.importorskip("pystoi", reason="pystoi computes intelligibility")
    pairs = zip(noisy().double(), TRUTHS.double(), strict=True)
    values = [pystoi.stoi(truth[:, 0].numpy(), made[:, 0].numpy(), RATE) for made, truth in pairs]
    assert 0.1 < np.mean(values) < 0.99
    assert score(build(STOI), noisy()) == {"stoi": pytest.approx(np.mean(values), abs=1e-9), "stoi_left_out": 0.0}


def test_a_sound_has_no_error_against_itself():
    for kind in (STFTError, LogMelL1):
        assert all(value == 0 for value in score(build(kind), TRUTHS).values())
    pytest.importorskip("pystoi", reason="pystoi computes intelligibility")
    assert score(build(STOI), TRUTHS)["stoi"] == pytest.approx(1, abs=1e-9)


def test_sign_and_level_have_closed_forms():
    quarter = score(build(STFTError, floor=1e-12), TRUTHS / 4)
    assert quarter["spectral_convergence"] == pytest.approx(0.75, rel=1e-5)
    assert quarter["log_magnitude_l1"] == pytest.approx(math.log(4), rel=1e-5)
    assert quarter["stft_error"] == pytest.approx(0.75 + math.log(4), rel=1e-5)
    assert score(build(LogMelL1, floor=1e-12), TRUTHS / 4)["log_mel_l1"] == pytest.approx(math.log(4), rel=1e-5)
    assert score(build(STFTError), -TRUTHS)["stft_error"] == pytest.approx(0, abs=1e-9)
    pytest.importorskip("pystoi", reason="pystoi computes intelligibility")
    for changed in (-TRUTHS, TRUTHS * 0.01):
        assert score(build(STOI), changed)["stoi"] == pytest.approx(1, abs=1e-4)


def test_silence_is_wholly_wrong():
    silent = torch.zeros_like(TRUTHS)
    assert score(build(STFTError), silent)["spectral_convergence"] == pytest.approx(1, abs=1e-3)
    # Of silent truths, whose magnitudes are the floor, every number is finite.
    assert math.isfinite(score(build(STFTError), TRUTHS, silent)["stft_error"])
    assert score(build(STFTError), silent, silent)["stft_error"] == 0


@pytest.mark.parametrize("kind", METRICS)
def test_more_noise_is_worse_and_batches_do_not_matter(kind):
    if kind is STOI:
        pytest.importorskip("pystoi", reason="pystoi computes intelligibility")
    metric = build(kind)
    little, much = (score(metric, noisy(level)) for level in (0.01, 0.2))
    for name, better in metric.scores.items():
        if better is not None:
            assert (little[name] > much[name]) == better
    assert score(metric, noisy(0.2), chunk=1) == pytest.approx(much)


@pytest.mark.parametrize("kind", METRICS)
def test_channels_are_averaged(kind):
    if kind is STOI:
        pytest.importorskip("pystoi", reason="pystoi computes intelligibility")
    stereo = Sounds(count=3, samples=6000, channels=2, paired=True)
    made, truths = torch.cat([noisy()[:3], noisy()[3:]], 2), torch.cat([TRUTHS[:3], TRUTHS[3:]], 2)
    assert score(build(kind, stereo), made, truths) == pytest.approx(score(build(kind), noisy()))


def test_truths_without_sound_are_left_out_of_stoi():
    pytest.importorskip("pystoi", reason="pystoi computes intelligibility")
    truths = TRUTHS.clone()
    truths[:3, 1000:] = 0
    expected = score(build(STOI), noisy()[3:], truths[3:])["stoi"]
    assert score(build(STOI), noisy(), truths) == {"stoi": pytest.approx(expected), "stoi_left_out": 0.5}
    with pytest.raises(ValueError, match=r"stoi needs truths with at least 0\.4 s that is not silent"):
        score(build(STOI), noisy()[:3], truths[:3])


@pytest.mark.parametrize("kind", METRICS)
def test_the_protocol_has_all_settings(kind):
    if kind is STOI:
        pytest.importorskip("pystoi", reason="pystoi computes intelligibility")
    described = build(kind).describe()
    json.dumps(described)
    assert described["rate"] == RATE
    assert described["average"] == "of sounds and channels"
    if kind is not STOI:
        assert described["padding"] == "center, reflect"


def test_settings_are_in_the_protocol():
    assert build(STFTError).describe()["spectra"][0] == {"n_fft": 256, "hop": 64, "window": 256}
    assert build(LogMelL1, rule="htk").describe().items() >= {"mel_rule": "htk", "n_fft": 256, "mels": 80}.items()


@pytest.mark.parametrize("kind", METRICS)
def test_data_that_does_not_fit_is_said_in_one_sentence(kind):
    for data, message in [
        (Sounds(), f"metric={kind.name} compares an output with its truth, but this data is not paired"),
        (Pairs(), rf"metric={kind.name} compares sounds \(samples, channels\), but the data has images .*remove"),
        (Sounds(samples=100, paired=True), f"metric={kind.name} needs sounds of .*but the data's have 100; choose"),
    ]:
        with pytest.raises(UnsuitableMetricError, match=message):
            build(kind, data)


def test_a_missing_package_is_said_in_one_sentence(monkeypatch):
    monkeypatch.setattr("ganlab.metrics.stoi.find_spec", lambda name: None)
    with pytest.raises(
        UnsuitableMetricError, match=r"needs the package pystoi.*pip install 'ganlab\[audio\]', or remove"
    ):
        build(STOI)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (STFTError, {"sizes": []}, "needs 1 size or more"),
        (STFTError, {"hops": [64]}, "got 3 sizes, 1 hops and 3 windows"),
        (STFTError, {"floor": 0}, r"metric\.stft_error\.floor must be above 0, got 0"),
        (LogMelL1, {"mels": 300}, "mel bands holds none of the frequencies"),
    ],
)
def test_settings_that_do_not_fit_are_refused(kind, settings, message):
    with pytest.raises(ValueError, match=message):
        build(kind, **settings)


def test_outputs_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"outputs have shape \(5000, 1\) and the truths \(6000, 1\)"):
        score(build(STFTError), noisy()[:, :5000])
