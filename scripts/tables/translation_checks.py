"""Check that translated images keep their class, by classifiers that share nothing with ganlab: scikit-learn's.

usage: translation_checks.py RUN ...

The classifiers read plain pixels, and are trained on real training images of the domain that they look at. For each run
this prints of the report split what `scripts/results` writes to RUN/checks.json:

  kept_svc       the share of outputs to which a support vector machine gives the class of their input
  kept_logistic  the same of a logistic regression
  truth_svc      the share of real images of the target domain that it classifies correctly: what is possible
  input_svc      the share of inputs that it classifies correctly as they are, if they have the shape of an output
  back_…         the same three of the way back, of a game that translates both ways
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import Tensor

import ganlab
from ganlab.core.interfaces import Capability
from ganlab.core.pixel_range import to_network_range
from ganlab.data import DataSet
from ganlab.runs.directory import RunDirectory
from ganlab.training.build import build_data

TRAINING, TESTED, SEED = 6000, 2000, 0  # images
Rows = np.ndarray  # (n, pixels)
Labelled = tuple[Tensor, np.ndarray]  # images (n, channels, height, width) in [−1, 1], and their classes


def check_outputs(outputs: Tensor, inputs: Labelled, training: Labelled, truth: Labelled) -> dict[str, float]:
    """Return the shares for outputs made of the inputs; `training` and `truth` are real images of the target domain."""
    svc = SVC(C=10).fit(_rows(training[0]), training[1])
    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(_rows(training[0]), training[1])
    shares = {
        "kept_svc": svc.score(_rows(outputs), inputs[1]),
        "kept_logistic": logistic.score(_rows(outputs), inputs[1]),
        "truth_svc": svc.score(_rows(truth[0]), truth[1]),
    }
    if inputs[0].shape[1:] == outputs.shape[1:]:
        shares["input_svc"] = svc.score(_rows(inputs[0]), inputs[1])
    return {name: round(float(share), 4) for name, share in shares.items()}


def check_run(run: Path) -> dict[str, Any]:
    """Return the shares for a run's generator."""
    data = build_data(RunDirectory(run).read_config(""))
    sampler = ganlab.load(run)
    inputs, targets = _inputs(data, "test", TESTED), _targets(data, "test", TESTED)
    outputs = sampler.sample(len(inputs[0]), SEED, inputs[0])
    result = check_outputs(outputs, inputs, _targets(data, "train", TRAINING), targets)
    if Capability.WAY_BACK in sampler.game.provides:
        with torch.no_grad():
            back = sampler.game.translate_back(targets[0], sampler.network)
        shares = check_outputs(back, targets, _inputs(data, "train", TRAINING), inputs)
        result |= {f"back_{name}": share for name, share in shares.items()}
    return result


def _inputs(data: DataSet, split: str, count: int) -> Labelled:
    parts = list(data.conditions(count, SEED, split))
    return _join([part.cond for part in parts], [part.labels for part in parts])


def _targets(data: DataSet, split: str, count: int) -> Labelled:
    parts = list(data.real_samples(count, SEED, split))
    return _join([part.sample for part in parts], [part.cond for part in parts])


def _join(images: list[Tensor], labels: list[Any]) -> Labelled:
    return to_network_range(torch.cat(images)), torch.cat(labels).numpy()


def _rows(images: Tensor) -> Rows:
    return images.flatten(1).numpy()


if __name__ == "__main__":
    for path in sys.argv[1:]:
        print(path, json.dumps(check_run(Path(path)), indent=2))
