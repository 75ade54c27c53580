"""Sounds of a data set, each with its log-mel spectrogram, from which a vocoder makes it again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Conditions, Spec
from ganlab.core.random import Random
from ganlab.core.tree import Tree
from ganlab.data.audio import AudioDataSet
from ganlab.data.dataset import DataSet, known_labels
from ganlab.layers.griffin_lim import log_mel_to_waves
from ganlab.layers.mel import LogMel


@final
class Vocoder(DataSet):
    """The sounds of a data set, each with its log-mel spectrogram (frames, mels) as its condition.

    A frame has the natural logarithms of mel magnitudes, and there is one for every `hop` samples. Splits, classes and
    places in training are those of `sounds`. Raises ValueError if these are not mono, have classes as conditions, or
    are no multiple of `hop` long, and for settings that do not fit each other.
    """

    def __init__(self, sounds: AudioDataSet, n_fft: int = 512, hop: int = 128, mels: int = 40) -> None:
        self.spec, self.log_mel = build_vocoder_spec(sounds.spec, n_fft, hop, mels)
        self.sounds, self.labels, self.needs_workers = sounds, sounds.labels, sounds.needs_workers
        self.classes_available, self.class_names = sounds.classes_available, sounds.class_names

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for invalid settings."""
        if settings["sounds"] is None:
            return None
        sizes = {"n_fft": 512, "hop": 128, "mels": 40} | settings
        return build_vocoder_spec(sizes["sounds"], sizes["n_fft"], sizes["hop"], sizes["mels"])[0]

    def split(self, name: str) -> Tensor:
        """Return the indices of a split of the sounds, shape (n,); raises ValueError for an unknown split."""
        return self.sounds.split(name)

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Gather sounds as their data set draws them, with their spectrograms."""
        samples = self.sounds.labelled_batch(indices, random).sample
        return Batch(samples, self.spectrograms(samples))

    def real_samples(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield distinct sounds of a split at their fixed places, with known classes.

        Raises ValueError if the split is empty.
        """
        return self.sounds.real_samples(count, seed, split, chunk)

    def conditions(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Conditions]:
        """Yield the spectrograms of what `real_samples` yields, with these sounds; raises what that raises."""
        for batch in self.real_samples(count, seed, split, chunk):
            yield Conditions(self.spectrograms(batch.sample), batch.sample, known_labels(batch))

    def spectrograms(self, sounds: Tensor) -> Tensor:
        """Return the log-mel spectrograms (n, frames, mels) of sounds (n, samples, 1)."""
        with torch.no_grad():
            return self.log_mel(sounds[..., 0])

    def fingerprint(self) -> str:
        """Hash the fingerprint of the sounds and the settings of the spectrograms."""
        return sha256(f"{self.sounds.fingerprint()} {sorted(self.log_mel.describe().items())}".encode()).hexdigest()

    def baselines(self) -> Mapping[str, Callable[[Tree], Tree]]:
        """Return the algorithm of Griffin and Lim, which knows nothing of the data."""
        return {"griffin_lim": self._invert}

    def summary(self) -> str:
        """Return the summary of the sounds."""
        return self.sounds.summary()

    def score_settings(self) -> dict[str, object]:
        """Return the settings of the spectrograms, and those of the sounds."""
        return {"spectrogram": self.log_mel.describe(), **self.sounds.score_settings()}

    def _invert(self, spectrograms: Tree) -> Tree:
        """Return the sounds (n, samples, 1) that Griffin-Lim makes of spectrograms (n, frames, mels)."""
        samples = spectrograms.shape[1] * self.log_mel.stft.hop
        return log_mel_to_waves(self.log_mel, spectrograms, samples, Random())[..., None].clamp(-1, 1)


def build_vocoder_spec(sounds: Spec, n_fft: int, hop: int, mels: int) -> tuple[Spec, LogMel]:
    """Return the spec of sounds with spectrograms as conditions, and what makes these.

    Raises ValueError for sounds that a vocoder is not made for, and for settings that do not fit each other.
    """
    if sounds.kind != "audio":
        raise ValueError(f"data.sounds must be a data set of sounds, got samples of shape {sounds.sample}")
    shape: Any = sounds.sample
    samples, channels = shape
    if channels != 1:
        raise ValueError(f"data.sounds must be mono, got {channels} channels; set data.sounds.channels=1")
    if sounds.cond is not None:
        raise ValueError(
            "data.sounds.labels must be false, because the condition is a spectrogram; known classes stay known to "
            "scores"
        )
    log_mel = LogMel(sounds.facts["rate"], n_fft, hop, mels, padding="hop")
    if samples % hop or samples <= log_mel.stft.margin:
        raise ValueError(
            f"data.sounds.samples must be a multiple of hop={hop} above {log_mel.stft.margin}, so that every frame has "
            f"as many samples, got {samples}"
        )
    return replace(sounds, cond=(log_mel.frames(samples), mels), classes=0, paired=True), log_mel
