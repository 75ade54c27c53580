"""The checks of converted voices, with what is known in place of outputs: the target voice itself, and the inputs."""

import shutil
import sys
from pathlib import Path

import pytest
import torch

from ganlab.core.pixel_range import to_network_range
from ganlab.data import VoicePairs, voice_pairs

pytest.importorskip("torchaudio", reason="torchaudio, of the extra dev, shifts the pitch of the baseline")
sys.path.append(str(Path(__file__).parents[2] / "scripts" / "tables"))
import voice_checks

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@pytest.fixture
def data(monkeypatch):
    monkeypatch.setattr(voice_pairs, "WORDS", ("one", "seven", "stop"))
    monkeypatch.setattr(voice_checks, "SEMITONES", (0, 6))
    return VoicePairs(speeds=(150, 180), pitches=(40, 47, 53, 60))


def test_the_target_voice_itself_passes_and_the_input_does_not(data) -> None:
    truth = to_network_range(torch.cat(list(data.counterparts())))
    inputs = to_network_range(torch.cat([batch.cond for batch in data.conditions(split="test")]))
    best = voice_checks.check_outputs(data, truth)
    assert best["target_voice"] == best["truth_voice"] >= 0.8
    assert best["word_kept"] == best["truth_word"] >= 0.6
    assert best["distance"] == 0
    unchanged = voice_checks.check_outputs(data, inputs)
    assert unchanged["target_voice"] <= 0.2
    assert unchanged["input_voice"] <= 0.2
    assert unchanged["distance"] == unchanged["distance_input"] > 0.3
    assert 0 < unchanged["distance_shift"] <= unchanged["distance_input"] + 0.2
