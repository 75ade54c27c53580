"""Features of sounds: closed forms of means and deviations, what they contain, and what is refused."""

import pytest
import torch
from support.metric_sounds import RATE, Sounds
from support.metric_sources import Pictures, Points, compute_scores

from ganlab.core.interfaces import Spec
from ganlab.features import Features, Identity, LogMelStatistics, auto_features
from ganlab.kinds import Kind
from ganlab.layers.mel import LogMel
from ganlab.layers.spectra import default_n_fft
from ganlab.metrics import FID


def test_features_are_means_and_deviations_of_the_bands() -> None:
    data = Sounds(channels=2)
    features = LogMelStatistics(data, n_fft=512, hop=128, mels=30)
    batch = features(data.sounds)
    assert batch.features.shape == (60, features.width) == (60, 120)
    log_mel = LogMel(RATE, 512, 128, 30, floor=1e-4)
    for channel in range(2):
        bands = log_mel(data.sounds[:, :, channel])
        part = batch.features[:, channel * 60 : channel * 60 + 60]
        torch.testing.assert_close(part, torch.cat([bands.mean(1), bands.std(1, correction=0)], 1))


def test_silence_has_the_floor_as_mean_and_no_deviation() -> None:
    features = LogMelStatistics(Sounds(), floor=1e-3)(torch.zeros(1, 2000, 1)).features
    torch.testing.assert_close(features[0, :40], torch.full((40,), 1e-3).log())
    assert not features[0, 40:].any()


def test_order_in_time_shows_in_the_spatial_features_only() -> None:
    data = Sounds(samples=8000)
    features = LogMelStatistics(data)
    # A sound that begins and ends in silence, and the same played backwards.
    sounds = torch.nn.functional.pad(data.sounds[:, :6000], (0, 0, 1000, 1000))
    forward, backward = features(sounds), features(sounds.flip(1))
    torch.testing.assert_close(forward.features, backward.features, atol=0.02, rtol=0)
    assert forward.spatial is not None
    assert backward.spatial is not None
    assert forward.spatial.shape == (60, features.spatial_width) == (60, 16 * 40)
    assert (forward.spatial - backward.spatial).abs().mean() > 0.5


def test_the_distance_of_other_sounds_is_greater_than_of_more_of_the_same() -> None:
    data = Sounds(count=400)
    features = LogMelStatistics(data)
    real, more = features(data.sounds), features(Sounds(count=400, seed=2).sounds)
    louder, hissing = features(data.sounds * 2), features(data.sounds + 0.01 * torch.randn(data.sounds.shape))
    floor, loud, noise = (compute_scores(FID(features), real, fake)["fid"] for fake in (more, louder, hissing))
    assert floor * 10 < loud
    assert floor * 10 < noise


def test_the_protocol_says_rate_window_hop_rule_and_padding() -> None:
    described = LogMelStatistics(Sounds()).describe()
    expected = {
        **{"name": "log_mel", "width": 80, "rate": 8000, "n_fft": 256, "hop": 64, "window": "hann"},
        **{"padding": "center, reflect", "mels": 40, "mel_rule": "slaney", "mel_normalisation": "slaney"},
        **{"power": 1.0, "floor": 1e-4, "hertz": [0.0, 4000.0], "channels": 1},
    }
    assert described.items() >= expected.items()


@pytest.mark.parametrize(("rate", "n_fft"), [(8000, 256), (16000, 512), (22050, 512), (24000, 1024), (44100, 1024)])
def test_a_default_frame_is_about_32_milliseconds(rate: int, n_fft: int) -> None:
    assert default_n_fft(rate) == n_fft


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (Points(), {}, r"features=log_mel reads sounds \(samples, channels\), but the data has points"),
        (Pictures(), {}, "but the data has images .* choose features=auto"),
        (Sounds(samples=100), {}, "n_fft=256 needs sounds of more than 128 samples, but the data's have 100; choose a"),
        (Sounds(), {"mels": 200}, "mel bands holds none of the frequencies of n_fft=256 at 8000 Hz; choose fewer mels"),
        (Sounds(), {"rule": "bark"}, "mel rule must be one of slaney, htk"),
    ],
)
def test_data_and_settings_that_do_not_fit_are_refused(data, settings, message) -> None:
    with pytest.raises(ValueError, match=message):
        LogMelStatistics(data, **settings)


def test_auto_chooses_it_for_sounds() -> None:
    assert isinstance(auto_features(Sounds()), LogMelStatistics)


class UnknownDefault:
    """Data of a kind whose default features nothing defines."""

    spec = Spec((2,), kind="unheard")
    classes_available = 0


def test_a_kind_of_another_package_leads_to_its_own_space_by_name(monkeypatch) -> None:
    class Unheard(Kind):
        name, plural = "unheard", "unheard"

        def draw(self, sheet, backdrop=None):
            raise NotImplementedError

        def default_features(self, shape, classes):
            return "unheard_of"

    try:
        with pytest.raises(ValueError, match=r"features=unheard_of as its default, but no imported module defines it"):
            auto_features(UnknownDefault())
        monkeypatch.setitem(Features.registered, "unheard_of", Identity)
        assert isinstance(auto_features(UnknownDefault()), Identity)
    finally:
        del Kind.registered["unheard"]
