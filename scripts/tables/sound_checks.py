"""Check generated sounds by what shares nothing with ganlab: scikit-learn's classifiers and statistics of torchaudio.

usage: sound_checks.py RUN ...

Log-mel spectrograms are summarised by their mean and deviation over time; the classifier, which is trained on the real
training sounds, also reads the means of eighths of the sound. For each run this prints of the report split what
`scripts/results` writes to RUN/checks.json:

  heard           the share of samples that a support vector machine gives their class
  heard_real      the same of real sounds of the report split: what is possible
  heard_noise     the same of noise with the mean spectrum and the mean envelope of the class
  frechet         Fréchet distance of the statistics of samples from those of the report split
  frechet_noise   the same of the noise; frechet_train: of real training sounds
  coverage        share of real sounds that have a sample nearer than their third neighbour among real sounds
  coverage_train  the same with training sounds in place of samples
  distance        median distance of a sample to the nearest training sound, over that of a real sound
  envelope_db     mean absolute difference of the mean envelopes of a class, in decibels
  centroid_hz     mean absolute difference of the mean spectral centroids over time of a class, in hertz
  …_train         both of training sounds; …_noise: of the noise
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.linalg import sqrtm
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import Tensor
from torchaudio.transforms import MelSpectrogram

import ganlab
from ganlab.core.random import Random
from ganlab.data import DataSet
from ganlab.runs.directory import RunDirectory
from ganlab.training.build import build_data

SAMPLES, SEED = 600, 7
BANDS, PARTS, NEIGHBOURS = 40, 8, 3
N_FFT, HOP, FLOOR = 512, 128, 1e-4
Rows = np.ndarray  # (n, numbers)
Labelled = tuple[Tensor, np.ndarray]  # sounds (n, samples, channels), and their classes


def check_sounds(fake: Labelled, noise: Labelled, train: Labelled, test: Labelled, rate: int) -> dict[str, float]:
    """Return the results for generated sounds, and for noise, against real sounds of training and the report split."""
    parts = {"": fake, "_noise": noise, "_train": train, "_real": test}
    rows = {name: summarise(log_mel(sounds, rate)) for name, (sounds, _) in parts.items()}
    classifier = make_pipeline(StandardScaler(), SVC(C=10)).fit(_all_numbers(train[0], rate), train[1])
    result = {f"heard{name}": _score(classifier, parts[name], rate) for name in ("", "_real", "_noise")}
    curves = {name: class_curves(part, rate) for name, part in parts.items()}
    scale = StandardScaler().fit(rows["_train"]).transform
    for name in ("", "_noise", "_train"):
        result[f"frechet{name}"] = frechet_distance(rows[name], rows["_real"])
        result[f"coverage{name}"] = coverage(scale(rows[name]), scale(rows["_real"]))
        differences = np.abs(curves[name] - curves["_real"]).mean((1, 2))
        result[f"envelope_db{name}"], result[f"centroid_hz{name}"] = differences
    nearest = NearestNeighbors(n_neighbors=1).fit(scale(rows["_train"]))
    distances = [np.median(nearest.kneighbors(scale(rows[name]))[0]) for name in ("", "_real")]
    result["distance"] = distances[0] / distances[1]
    return {name: round(float(value), 4) for name, value in result.items()}


def check_run(run: Path) -> dict[str, float]:
    """Return the results for a run's generator."""
    data = build_data(RunDirectory(run).read_config(""))
    labels = torch.arange(SAMPLES) % data.spec.classes
    (draw,) = data.drawn_baselines().values()
    noise = draw(SAMPLES, labels, Random(SEED))
    sounds = ganlab.load(run).sample(SAMPLES, SEED, labels)
    real = [_read(data, split) for split in ("train", "test")]
    classes = labels.numpy()
    return check_sounds((sounds, classes), (noise, classes), *real, int(data.spec.facts["rate"]))


def log_mel(sounds: Tensor, rate: int) -> Tensor:
    """Return the logarithms (n, frames, bands) of mel magnitudes of sounds (n, samples, channels)."""
    mel = MelSpectrogram(rate, N_FFT, hop_length=HOP, n_mels=BANDS, power=1.0, norm="slaney", mel_scale="slaney")
    return mel(sounds.mean(2)).mT.clamp_min(FLOOR).log()


def summarise(bands: Tensor) -> Rows:
    """Return means and deviations (n, 2 · bands) over time."""
    return torch.cat([bands.mean(1), bands.std(1, correction=0)], 1).numpy()


def frechet_distance(first: Rows, second: Rows) -> float:
    """Return the Fréchet distance of Gaussians fitted to the rows."""
    covariances = [np.cov(rows, rowvar=False) for rows in (first, second)]
    root = np.real(sqrtm(covariances[0] @ covariances[1] + 1e-8 * np.eye(first.shape[1])))
    shift = first.mean(0) - second.mean(0)
    return float(shift @ shift + sum(np.trace(covariance) for covariance in covariances) - 2 * np.trace(root))


def coverage(rows: Rows, real: Rows) -> float:
    """Return the share of real rows with one of `rows` nearer than their third neighbour (Naeem et al. 2020, eq. 6)."""
    radii = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(real).kneighbors(real)[0][:, -1]
    return float((NearestNeighbors(n_neighbors=1).fit(rows).kneighbors(real)[0][:, 0] < radii).mean())


def class_curves(part: Labelled, rate: int) -> np.ndarray:
    """Return for each class the mean level in decibels and mean centroid in hertz over time, (2, classes, frames)."""
    sounds, labels = part
    spectra = torch.stft(sounds.mean(2), N_FFT, HOP, window=torch.hann_window(N_FFT), return_complex=True).abs().mT
    powers = spectra.square()
    level = 10 * (powers.mean(2) + FLOOR**2).log10()
    hertz = torch.linspace(0, rate / 2, spectra.shape[2])
    centroid = (powers * hertz).sum(2) / (powers.sum(2) + FLOOR)
    curves = torch.stack([level, centroid]).numpy()
    return np.stack([curves[:, labels == label].mean(1) for label in np.unique(labels)], 1)


def _all_numbers(sounds: Tensor, rate: int) -> Rows:
    bands = log_mel(sounds, rate)
    parts = torch.nn.functional.adaptive_avg_pool1d(bands.mT, PARTS).flatten(1)
    return np.concatenate([summarise(bands), parts.numpy()], 1)


def _score(classifier: Pipeline, part: Labelled, rate: int) -> float:
    return float(classifier.score(_all_numbers(part[0], rate), part[1]))


def _read(data: DataSet, split: str) -> Labelled:
    batches: list[Any] = list(data.real_samples(split=split))
    return torch.cat([batch.sample for batch in batches]), torch.cat([batch.cond for batch in batches]).numpy()


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        print(path, json.dumps(check_run(path), indent=2))
