"""Check generated clips of moving digits by what shares nothing with ganlab: scikit-learn's classifier, and arithmetic.

usage: video_checks.py RUN ...

A support vector machine is trained on single frames of real training clips, cut out around the digit. For each run this
prints what `scripts/results` writes to RUN/checks.json, of clips of all classes in turn:

  digit        the share of clips in which it finds the requested digit in most frames
  same         the mean share of a clip's frames in which it finds the digit that it finds in most of them
  direction    the share of clips whose centre of mass sets out in the requested direction, within 45°
  …_real       all three of real clips of the report split
  …_shuffled   all three of real training clips whose frames are in random order
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.svm import SVC
from torch import Tensor

import ganlab
from ganlab.core.pixel_range import to_network_range
from ganlab.core.random import Random
from ganlab.runs.directory import RunDirectory
from ganlab.training.build import build_data

SAMPLES, FRAMES, SEED, WINDOW = 400, 8000, 7, 20  # clips, frames for training, seed, pixels
AHEAD = 3  # frames after which a direction is seen
DIRECTIONS = np.array([[0, 1], [0, -1], [1, 0], [-1, 0]])  # rows and columns, in the order of the classes
Labelled = tuple[Tensor, np.ndarray]  # clips (n, time, 1, height, width) in [−1, 1], and their classes


def check_clips(parts: dict[str, Labelled], training: Labelled) -> dict[str, float]:
    """Return the shares of each part, with the part's name at the end of their names."""
    frames = training[0].flatten(0, 1)
    rows = np.random.default_rng(SEED).permutation(len(frames))[:FRAMES]
    digits = (training[1] // len(DIRECTIONS)).repeat(training[0].shape[1])
    classifier = SVC(C=10).fit(cut_out(frames[rows]), digits[rows])
    result = {}
    for name, (clips, classes) in parts.items():
        found = classifier.predict(cut_out(clips.flatten(0, 1))).reshape(len(clips), -1)
        most = np.array([np.bincount(row).argmax() for row in found])
        result[f"digit{name}"] = (most == classes // len(DIRECTIONS)).mean()
        result[f"same{name}"] = (found == most[:, None]).mean()
        result[f"direction{name}"] = sets_out(clips, classes).mean()
    return {name: round(float(share), 4) for name, share in result.items()}


def cut_out(frames: Tensor) -> np.ndarray:
    """Return windows (n, pixels) around the centres of mass of frames (n, 1, height, width), black outside of them."""
    light = (frames[:, 0] + 1).clamp(min=0).numpy() / 2
    centres = _centres(light).round().astype(int)
    half = WINDOW // 2
    padded = np.pad(light, ((0, 0), (half, half), (half, half)))
    windows = [
        image[row : row + WINDOW, column : column + WINDOW]
        for image, (row, column) in zip(padded, centres, strict=True)
    ]
    return np.stack(windows).reshape(len(frames), -1)


def sets_out(clips: Tensor, classes: np.ndarray) -> np.ndarray:
    """Return whether each clip (n, time, 1, height, width) begins in the direction of its class."""
    light = (clips[:, :, 0] + 1).clamp(min=0).numpy() / 2
    moved = _centres(light[:, AHEAD - 1]) - _centres(light[:, 0])
    along = (moved * DIRECTIONS[classes % len(DIRECTIONS)]).sum(1)
    return np.asarray((along > 0) & (along >= np.linalg.norm(moved, axis=1) * np.cos(np.pi / 4)))


def check_run(run: Path) -> dict[str, float]:
    """Return the shares for a run's generator, whose classes are digits with directions."""
    data = build_data(RunDirectory(run).read_config(""))
    classes = torch.arange(SAMPLES) % len(data.class_names)
    fake = ganlab.load(run).sample(SAMPLES, SEED, classes)
    shuffled = data.drawn_baselines()["shuffled_frames"](SAMPLES, classes, Random(SEED))
    parts = {"": (fake, classes.numpy()), "_real": _read(data, "test"), "_shuffled": (shuffled, classes.numpy())}
    return check_clips(parts, _read(data, "train", 2 * SAMPLES))


def _read(data: ganlab.DataSet, split: str, count: int = SAMPLES) -> Labelled:
    batches = list(data.real_samples(count, SEED, split))
    clips = to_network_range(torch.cat([batch.sample for batch in batches]))
    return clips, torch.cat([batch.cond for batch in batches]).numpy()


def _centres(light: np.ndarray) -> np.ndarray:
    """Return the centres of mass (n, 2) of images (n, height, width), as rows and columns."""
    mass = light.sum((1, 2)) + 1e-6
    rows = (light.sum(2) @ np.arange(light.shape[1])) / mass
    columns = (light.sum(1) @ np.arange(light.shape[2])) / mass
    return np.stack([rows, columns], 1)


if __name__ == "__main__":
    for path in sys.argv[1:]:
        print(path, json.dumps(check_run(Path(path)), indent=2))
