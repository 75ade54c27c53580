"""Check the samples of runs by classifiers that share nothing with ganlab: scikit-learn's, on plain pixels.

usage: independent_checks.py RUN ...

Each classifier is trained on real images that the generator never saw. This prints, for each run, what
`scripts/results` writes to RUN/checks.json:

  classes    the smallest and the largest share of a class, by three nearest neighbours
  neighbours how sure three nearest neighbours are of samples, over how sure they are of real images
  logistic   the same of a logistic regression
  distance   the median distance of a sample to the nearest training image, over that of a real image
  copying    the share of samples whose nearest image is one that the generator was trained on; `chance` is its share
  forest     how often a random forest distinguishes samples from real images (five-fold cross-validation)
  failed     how many of them are outside the limits, with the reasons
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import ganlab
from ganlab.config import instantiate
from ganlab.data.digits import SIDE, Digits
from ganlab.runs.directory import RunDirectory

SAMPLES, SEED = 2000, 7
CLOTHING_SIDE = 14  # pixels, to which larger pictures are brought
LIMITS = {  # the least and the largest value; `copying` is relative to chance
    "smallest_class": (0.06, 1.0), "largest_class": (0.0, 0.14),
    "neighbours": (0.95, np.inf), "logistic": (0.95, np.inf),
    "distance": (0.5, 1.15), "copying_over_chance": (0.0, 1.1), "forest": (0.0, 0.8),
}  # fmt: skip
Rows = np.ndarray  # (n, pixels)


def check_samples(fake: Rows, train: Rows, held_out: Rows, labels: np.ndarray) -> dict[str, float]:
    """Return the results for generated pixels; `labels` are the classes of the held-out images."""
    result: dict[str, float] = {}
    neighbours = KNeighborsClassifier(3).fit(held_out, labels)
    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(held_out, labels)
    for name, classifier in (("neighbours", neighbours), ("logistic", logistic)):
        result[name] = _sureness(classifier, fake) / _sureness(classifier, train)
    shares = np.bincount(neighbours.predict(fake), minlength=int(labels.max()) + 1) / len(fake)
    result["smallest_class"], result["largest_class"] = shares.min(), shares.max()
    nearest = NearestNeighbors(n_neighbors=1).fit(train)
    result["distance"] = np.median(nearest.kneighbors(fake)[0]) / np.median(nearest.kneighbors(held_out)[0])
    real = np.concatenate([train, held_out])
    closest = NearestNeighbors(n_neighbors=1).fit(real).kneighbors(fake)[1][:, 0]
    result["copying"], result["chance"] = (closest < len(train)).mean(), len(train) / len(real)
    result["copying_over_chance"] = result["copying"] / result["chance"]
    result["forest"] = _distinguish(fake, real)
    return {name: round(float(value), 4) for name, value in result.items()}


def find_failures(results: dict[str, float]) -> list[str]:
    """Return the results outside the limits, each as "name value"."""
    outside = {name: value for name, value in results.items() if name in LIMITS and not _is_inside(name, value)}
    return [f"{name} {value:.3g}" for name, value in outside.items()]


def check_run(run: Path) -> dict[str, Any]:
    """Return the results for a run's generator, and which of them fail."""
    config = RunDirectory(run).read_config("")
    data = instantiate(config.data, labels=True)
    train, _ = _read(data, ["train"])
    held_out, labels = _read(data, ["validation", "test"])
    images = ganlab.load(run).sample(SAMPLES, seed=SEED)
    most = len(held_out) * 10  # of large data sets, as many training images are enough
    results = check_samples(_pixels(images, data), train[:most], held_out, labels)
    failures = find_failures(results)
    return {**results, "failed": float(len(failures)), "reasons": failures}


def _is_inside(name: str, value: float) -> bool:
    low, high = LIMITS[name]
    return low <= value <= high


def _sureness(classifier: Any, rows: Rows) -> float:
    return float(classifier.predict_proba(rows).max(1).mean())


def _distinguish(fake: Rows, real: Rows) -> float:
    count = min(len(fake), len(real))
    order = np.random.default_rng(0).permutation(len(real))[:count]
    rows, answers = np.concatenate([real[order], fake[:count]]), np.repeat([0, 1], count)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return float(cross_val_score(RandomForestClassifier(200, random_state=0), rows, answers, cv=folds).mean())


def _read(data: Any, splits: list[str]) -> tuple[Rows, np.ndarray]:
    batches = [batch for split in splits for batch in data.real_samples(split=split)]
    images = torch.cat([batch.sample for batch in batches]).float() / 127.5 - 1
    return _pixels(images, data), torch.cat([batch.cond for batch in batches]).numpy()


def _pixels(images: torch.Tensor, data: Any) -> Rows:
    """Return images in [-1, 1] as rows of whole numbers from 0 to 16 (digits, without their frame) or 255."""
    is_digits = isinstance(data, Digits)
    side = (SIDE if images.shape[2] == SIDE else SIDE + 2) if is_digits else CLOTHING_SIDE
    if is_digits and side > SIDE:  # Digits enlarges its pictures with a frame of one pixel; this is the inverse
        images = torch.nn.functional.interpolate(images, (side, side), mode="bicubic")[:, :, 1:-1, 1:-1]
    elif images.shape[2] != side:
        images = torch.nn.functional.interpolate(images, (side, side), mode="bilinear", antialias=True)
    levels = 16 if is_digits else 255
    return ((images + 1) * (levels / 2)).clamp(0, levels).round().flatten(1).numpy()


def main() -> int:
    """Run the program."""
    if not sys.argv[1:] or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if sys.argv[1:] else 2
    for run in map(Path, sys.argv[1:]):
        print(run, json.dumps(check_run(run)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
