"""`data=spoken_digits`: what espeak-ng speaks, its cache and its faults; splits by variant."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import torch

from ganlab.core.random import Random
from ganlab.data import SpokenDigits, spoken_digits
from ganlab.data.dataset import SPLITS
from ganlab.data.readers import espeak

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@needs_espeak
def test_digits_are_classes_and_no_variant_is_in_two_splits() -> None:
    data = SpokenDigits(voices=6, labels=True, validation=0.2, test=0.2)
    assert (len(data.windows), data.spec.classes) == (60, 10)
    assert data.spec == SpokenDigits.preview(labels=True)
    voices = [
        {data.names[data.windows.sound[row]].partition("/")[0] for row in data.split(name).tolist()} for name in SPLITS
    ]
    variants = [{voice.partition("+")[2] for voice in each} for each in voices]
    assert sum(map(len, variants)) == len(set.union(*variants))
    assert sum(map(len, voices)) == 6
    batch = data.batch(data.split("train"), Random())
    assert batch.cond.bincount().tolist() == [len(voices[0])] * 10
    assert batch.sample.shape == (10 * len(voices[0]), 8192, 1)
    assert (batch.sample.abs().amax((1, 2)) - 0.95).abs().max() < 1e-3
    assert len(batch.sample.flatten(1).unique(dim=0)) == len(batch.sample)
    assert "6 voices of eSpeak NG" in data.summary()


@needs_espeak
def test_more_voices_keep_the_first_ones_and_the_cache_gives_equal_data(monkeypatch: pytest.MonkeyPatch) -> None:
    assert spoken_digits.draw_voices(9)[:4] == spoken_digits.draw_voices(4)
    first = SpokenDigits(voices=3).fingerprint()

    def refuse(*arguments: object) -> None:
        raise AssertionError("was spoken again")

    monkeypatch.setattr(espeak, "_speak_word", refuse)
    assert SpokenDigits(voices=3).fingerprint() == first
    assert SpokenDigits(voices=3, rate=4000).fingerprint() != first  # the cache has espeak-ng's own rate


@needs_espeak
def test_every_accent_uses_its_variants() -> None:
    """Plain en-gb speaks alike whatever the variant, so it is not among the accents."""
    version = espeak.espeak_version("a test")
    for accent in espeak.ACCENTS:
        sounds = [espeak.speak(espeak.Voice(accent, variant), ["seven"], version)[0] for variant in ("f2", "m1")]
        assert len(sounds[0]) != len(sounds[1]) or not torch.equal(*sounds)


@needs_espeak
def test_a_voice_that_repeats_another_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = spoken_digits.draw_voices(4)
    monkeypatch.setattr(spoken_digits, "draw_voices", lambda count: [*drawn[:3], espeak.Voice("en-us", "nosuch")])
    plain = SpokenDigits(voices=4)
    assert len(plain.windows) == 40  # espeak-ng speaks an unknown variant as if there was none
    other = espeak.Voice("en-us", "nosuch either")
    monkeypatch.setattr(
        spoken_digits, "draw_voices", lambda count: [*drawn[:2], espeak.Voice("en-us", "nosuch"), other]
    )
    data = SpokenDigits(voices=4)
    assert len(data.windows) == 30
    assert data.summary().endswith("; voices left out because they repeat another: 1")


def fake_espeak(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program espeak-ng that runs `body` first in the path, and empty the cache."""
    program = folder / "bin" / "espeak-ng"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nif [ "$1" = --version ]; then echo "eSpeak NG 9 Data at: x"; exit 0; fi\n{body}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("GANLAB_CACHE", str(folder / "cache"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("echo 'no such voice' >&2; exit 1", r"espeak-ng -v \S+ -w \S+ \w+ wrote no sound \(no such voice\); install"),
        ("exit 0", r"wrote no sound \(exit code 0\)"),
        ("printf x > $4; exit 3", r"wrote no sound \(exit code 3\)"),
    ],
)
def test_the_exit_code_and_the_file_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, message: str
) -> None:
    fake_espeak(tmp_path, body, monkeypatch)
    assert subprocess.run(["espeak-ng", "--version"], capture_output=True, check=True).stdout.startswith(b"eSpeak NG 9")
    with pytest.raises(ValueError, match=message):
        SpokenDigits(voices=3)
    assert not list((tmp_path / "cache").rglob("*.npz"))


def test_without_espeak_a_sentence_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match="needs the program espeak-ng, which is not installed; install the package"):
        SpokenDigits()


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"voices": 2}, "voices must be from 3 to 679, got 2"), ({"rate": 1}, "rate must be"), ({"test": 1}, "test must")],
)
def test_settings_are_checked_without_speaking(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SpokenDigits.preview(**settings)
