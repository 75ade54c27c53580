"""`data=drums`: classes by file name, splits by kit, and the real files if they are installed."""

from pathlib import Path

import numpy as np
import pytest
import torch
from support.sound_folders import sine, write_wav

from ganlab.data import Drums, drums
from ganlab.data.dataset import SPLITS

pytest.importorskip("soundfile", reason="the extra 'audio' is not installed")

KITS = "hydrogen/data/drumkits"
PI = "sonic-pi/samples"
INSTALLED = all((Path(drums.ROOT) / place).is_dir() for place in drums.PLACES.values())


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("kick", "BD_01 bassdrum-4mics-br-stereo-soft2 EE_Kick_Dist Kick-0 HardHse_K_03_B PowR_BD_1 bd1 bd_01 bd_808"),
        ("kick", "PearlKick-Med VP_Kick_1 drum_bass_hard drum_heavy_kick elec_hollow_kick"),
        ("snare", "SN_01 124382__cubix__8bit-snare snare-opaque-2mics_normal-shot1 Snare-4 PowR_SN_1 jsnare_01 sd_08"),
        ("snare", "PearlSnare-Hard drum_snare_soft elec_hi_snare sn_dolf"),
        ("hat", "HH_01 HH2_05 hihat-semi-open-2 EE_Hat_Ring_1 HiHatFoot-0 FX_Chh_01 Hard_Hse_OHH_1 PowR_HH_2 hh_p"),
        ("hat", "closehihat3 pedalhihat hhopen_00 ho_03 SabianHatSwish-Soft 116973__cbeeching__hat-light"),
        ("hat", "drum_cymbal_closed drum_cymbal_pedal"),
        (
            None,
            "SnareRim-0 SnareOff-1 SnareOffRim-2 PearlSnareRimshot-Hard snare-opaque-normal-mic-rimshot2 RimClick-0",
        ),
        (None, "SN3_01 SN4_02 sr_01 rs_01 rim_02 stick_Woody PearlSideStick-Med clap_01 Fingersnap-Hard perc_snap"),
        (None, "floortom_01 TomLow-0 tom1_1 TM_02 drum_tom_hi_hard 101450__menegass__tomh EE_Conga_1 Djembe1_Bass"),
        (None, "bass_hard_c glitch_bass_g crash16i__ride2 drum_cymbal_hard drum_splash_soft Crash18-0 CB_01 BL_02"),
    ],
)
def test_classes_are_found_in_file_names_alone(title: str | None, names: str) -> None:
    for name in names.split():
        assert drums.find_class(f"KickSnareHat Kit/{name.replace('VP_', 'VP ')}.wav") == title, name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Strokes of two kits that are held out and two others; kick, snare and hat are 100, 1,000 and 3,000 Hz."""
    decay = np.exp(-np.arange(4000) / 400)
    for kit in ("Mine", "ForzeeStereo", "Millo_MultiLayered2"):
        for hertz, name in ((100, "kick"), (1000, "snare"), (3000, "hat")):
            sound = sine(hertz + len(kit), level=0.3) * decay
            write_wav(tmp_path / KITS / kit / f"{name}_01.wav", sound)
    write_wav(tmp_path / KITS / "Mine" / "tom_01.wav", sine(150) * decay)
    write_wav(tmp_path / KITS / "Mine" / "kick_02.wav", sine(100 + len("Mine"), level=0.3) * decay)  # a copy
    write_wav(tmp_path / KITS / "Mine" / "hat_open.wav", sine(2500, 2.0))  # too long
    write_wav(tmp_path / PI / "bd_mine.wav", np.concatenate([np.zeros(1000), sine(70) * decay]))
    return tmp_path


def test_kits_are_held_out_whole(folder: Path) -> None:
    data = Drums("nowhere", path=str(folder), rate=8000, samples=2000, labels=True)
    assert data.class_names == ["kick", "snare", "hat"]
    kits = [{drums.kit_of(data.names[data.windows.sound[row]]) for row in data.split(name).tolist()} for name in SPLITS]
    assert kits == [{"Mine", "samples"}, {"ForzeeStereo"}, {"Millo_MultiLayered2"}]
    assert data.labels is not None
    assert data.labels[data.split("train")].bincount().tolist() == [2, 1, 1]
    assert f"duplicates left out: 1 ({KITS}/Mine/kick_02.wav of {KITS}/Mine/kick_01.wav)" in data.summary()
    assert data.summary().endswith("left out because they ring for more than 1 s: 1")
    assert data.spec == Drums.preview(rate=8000, samples=2000, labels=True)
    assert len(Drums("nowhere", path=str(folder), limit=2)) == 2


def test_levels_are_normalised_and_strokes_begin_at_once(folder: Path) -> None:
    data = Drums("nowhere", path=str(folder), rate=8000)
    samples = data.windows.take(torch.arange(len(data.windows)))
    assert (samples.abs().amax((1, 2)) - 0.95).abs().max() < 1e-3
    assert (samples[:, :20].abs().amax((1, 2)) > 0.1).all()
    quiet = Drums("nowhere", path=str(folder), rate=8000, normalise="none")
    assert quiet.windows.take(torch.arange(2)).abs().max() < 0.31
    assert quiet.fingerprint() != data.fingerprint()


def test_absent_files_are_one_sentence_with_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drums, "ROOT", str(tmp_path))
    with pytest.raises(ValueError, match=r"not on this machine: install hydrogen-drumkits and sonic-pi-samples \(Deb"):
        Drums(str(tmp_path))
    with pytest.raises(ValueError, match="limit must be at least 0"):
        Drums.preview(limit=-1)


def test_a_wrong_path_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    def refuses(path: Path, reason: str) -> None:
        with pytest.raises(ValueError, match=reason) as caught:
            Drums("nowhere", path=str(path))
        assert str(path) in str(caught.value)
        assert "not on this machine" not in str(caught.value)

    refuses(
        tmp_path / "absent", f"path must be a folder that holds {KITS} and {PI}, but .*/absent does not exist; give"
    )
    refuses(write_wav(tmp_path / "a.wav", sine(300)), "a.wav is a file; give another one, or set data.path=null")
    refuses(tmp_path, f"lacks {KITS} and {PI}; give another")
    (tmp_path / KITS).mkdir(parents=True)
    refuses(tmp_path, f"but .* lacks {PI}; give another")
    (tmp_path / PI).mkdir(parents=True)
    refuses(tmp_path, rf"path must hold sound files .*/{KITS} and its subfolders hold none")
    for place in (KITS, PI):
        write_wav(tmp_path / place / "tom.wav", sine(300))
    refuses(tmp_path, "holds no drum sounds: none of its file names says kick, snare, hat; give the folder")


@pytest.mark.skipif(not INSTALLED, reason="Debian's hydrogen-drumkits and sonic-pi-samples are not installed")
def test_debians_drums_are_ordered_by_their_spectra() -> None:
    data = Drums("nowhere", labels=True)
    assert data.labels is not None
    counts = [data.labels[data.split(name)].bincount().tolist() for name in SPLITS]
    assert counts == [[48, 34, 65], [8, 8, 16], [10, 19, 21]]
    for name in SPLITS:
        rows = data.split(name)
        power = torch.fft.rfft(data.windows.take(rows)[..., 0]).abs().square()
        centroids = (power * torch.fft.rfftfreq(8192, 1 / 16_000)).sum(1) / power.sum(1)
        kick, snare, hat = (float(centroids[data.labels[rows] == number].median()) for number in range(3))
        assert 50 < kick < 150 < 400 < snare < hat / 1.5
