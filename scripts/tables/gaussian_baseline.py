"""The baseline of pictures: principal components of the training pictures, and a Gaussian in their space."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA

from ganlab.config import compose, instantiate

SAMPLES, SEED = 10_000, 1
EVALUATE = [sys.executable, "-m", "ganlab.commands.evaluate"]


def draw(train: np.ndarray, components: int, count: int, seed: int) -> np.ndarray:
    """Return pictures uint8 (count, height, width, channels) with the mean and variances of `train` in PCA space."""
    rows = train.reshape(len(train), -1).astype(np.float64)
    pca = PCA(components, svd_solver="randomized" if components < len(rows) // 2 else "full", random_state=seed)
    deviations = pca.fit_transform(rows).std(0)
    codes = np.random.default_rng(seed).normal(size=(count, components)) * deviations
    pixels = pca.inverse_transform(codes).clip(0, 255).round().astype(np.uint8)
    return pixels.reshape(count, *train.shape[1:])


def score_baseline(directory: Path, words: list[str], components: int, metrics: list[str]) -> None:
    """Write samples.npz and scores.json, if they are missing, for the data and features of an experiment's `words`.

    Raises CalledProcessError if the scores cannot be computed.
    """
    scores = directory / "scores.json"
    if scores.exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    config = compose(words)
    data = instantiate(config.data)
    for split in ("train", "test"):
        np.savez(directory / f"{split}.npz", _pictures(data, split))
    train = np.load(directory / "train.npz")["arr_0"]
    np.savez(directory / "samples.npz", draw(train, components, SAMPLES, SEED))
    paths = [
        f"{key}={directory / name}.npz" for key, name in (("real", "test"), ("train", "train"), ("fake", "samples"))
    ]
    features = [word for word in words if word.partition(".")[0].partition("=")[0] == "features"]
    choice = f"metric=[{','.join(metrics)}]"
    subprocess.run([*EVALUATE, *paths, *features, choice, f"output={scores}"], check=True, stdout=subprocess.DEVNULL)


def read_scores(directory: Path) -> dict[str, float]:
    """Return the scores of a baseline; empty if it is not scored."""
    path = directory / "scores.json"
    return json.loads(path.read_text())["scores"] if path.exists() else {}


def _pictures(data, split: str) -> np.ndarray:
    """Return the pictures of a split, uint8 (n, height, width, channels)."""
    batches = [batch.sample for batch in data.real_samples(split=split)]
    return torch.cat(batches).permute(0, 2, 3, 1).numpy()
