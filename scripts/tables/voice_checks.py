"""Check converted voices by what shares nothing with ganlab: scikit-learn's classifiers, trained on real sounds.

usage: voice_checks.py RUN ...

Outputs are heard: Griffin-Lim makes sounds of them, whose log-mel spectrograms the classifiers read, one value per band
and frame. They are trained on the real training sounds of both voices. For each run this prints of the report split
what `scripts/results` writes to RUN/checks.json:

  target_voice     the share of outputs that the classifier of voices takes for the target voice
  input_voice      the share of inputs that it does; truth_voice: of real sounds of the target voice, heard like outputs
  word_kept        the share of outputs to which the classifier of words gives the word of their input
  truth_word       the share of real sounds of the target voice whose word it finds
  distance         mean absolute difference of log-mel spectrograms from what the target voice says, in nats
  distance_input   the same of the inputs as they are
  distance_shift   the same of the inputs with their pitch shifted, by the number of semitones from −12 to 12 that is
                   best on the validation split
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import Tensor
from torchaudio.functional import pitch_shift

import ganlab
from ganlab.core.pixel_range import to_network_range
from ganlab.data import VoicePairs
from ganlab.runs.directory import RunDirectory
from ganlab.training.build import build_data

SEED = 0
SEMITONES = range(-12, 13)


def check_run(run: Path) -> dict[str, float]:
    """Return the shares and distances for a run's generator."""
    data = build_data(RunDirectory(run).read_config(""))
    assert isinstance(data, VoicePairs)
    inputs, _ = _conditions(data, "test")
    return check_outputs(data, ganlab.load(run).sample(len(inputs), SEED, inputs))


def check_outputs(data: VoicePairs, outputs: Tensor) -> dict[str, float]:
    """Return the shares and distances of outputs (n, 1, mels, frames) for the conditions of the report split."""
    kind, mels = data.kind_of_sound, data.spec.sample[1]  # type: ignore[index]
    inputs, labels = _conditions(data, "test")
    heard = kind.from_sounds(kind.to_sounds(outputs), mels)
    truth = _counterparts(data, "test")
    truth_heard = kind.from_sounds(kind.to_sounds(truth), mels)
    sources, targets = _training(data, 0), _training(data, 1)
    both = torch.cat([sources[0], targets[0]])
    voice = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    voice.fit(_rows(both), np.repeat([0, 1], [len(sources[0]), len(targets[0])]))
    word = SVC(C=10).fit(_rows(both), np.concatenate([sources[1], targets[1]]))
    shifted = _shift(data, "test", best_shift(data), mels)
    scale = (kind.high - kind.low) / 2
    shares = {
        "target_voice": voice.predict(_rows(heard)).mean(),
        "input_voice": voice.predict(_rows(inputs)).mean(),
        "truth_voice": voice.predict(_rows(truth_heard)).mean(),
        "word_kept": word.score(_rows(heard), labels),
        "truth_word": word.score(_rows(truth_heard), labels),
        "distance": (outputs - truth).abs().mean() * scale,
        "distance_input": (inputs - truth).abs().mean() * scale,
        "distance_shift": (shifted - truth).abs().mean() * scale,
    }
    return {name: round(float(share), 4) for name, share in shares.items()}


def best_shift(data: VoicePairs) -> int:
    """Return the pitch shift in semitones that is best on the validation split."""
    truth, mels = _counterparts(data, "validation"), data.spec.sample[1]  # type: ignore[index]
    return min(SEMITONES, key=lambda steps: float((_shift(data, "validation", steps, mels) - truth).abs().mean()))


def _shift(data: VoicePairs, split: str, semitones: int, mels: int) -> Tensor:
    sounds = torch.cat(list(data.source_sounds(0, SEED, split)))
    kind = data.kind_of_sound
    return kind.from_sounds(pitch_shift(sounds, kind.rate, semitones) if semitones else sounds, mels)


def _conditions(data: VoicePairs, split: str) -> tuple[Tensor, np.ndarray]:
    parts = list(data.conditions(0, SEED, split))
    labels = torch.cat([part.labels for part in parts if part.labels is not None])
    return to_network_range(torch.cat([part.cond for part in parts])), labels.numpy()


def _counterparts(data: VoicePairs, split: str) -> Tensor:
    return to_network_range(torch.cat(list(data.counterparts(0, SEED, split))))


def _training(data: VoicePairs, voice: int) -> tuple[Tensor, np.ndarray]:
    """Return the training images and words of the source voice (0) or of the target voice (1)."""
    if voice == 0:
        return _conditions(data, "train")
    parts = list(data.real_samples(0, SEED, "train"))
    return to_network_range(torch.cat([part.sample for part in parts])), torch.cat(
        [part.cond for part in parts]
    ).numpy()


def _rows(images: Tensor) -> np.ndarray:
    return images.flatten(1).numpy()


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        print(path, json.dumps(check_run(path), indent=2))
