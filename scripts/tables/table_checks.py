"""Check generated tables by what shares nothing with ganlab: csv files, scikit-learn's models, and scipy.

usage: table_checks.py RUN ...

Generated rows, baselines, training rows and rows of the report split are written as csv to RUN/checks/, and read from
there. Generated rows have the classes of training rows as often as these. Models are logistic regression (ridge for a
numeric target), a random forest and a support vector machine, and their score is the accuracy (R²). For each run this
prints what `scripts/results` writes to RUN/checks.json:

  utility, linear, forest, svm   mean and single scores on the report split after training on generated rows
  ratio                          utility / utility of training rows
  two_sample, accuracy           area under the curve and accuracy of a forest that distinguishes rows from real ones
  column_fit, correlation_error  1 − the mean Kolmogorov-Smirnov statistic of numbers; mean difference of correlations
  closest                        share of rows closer to a training row than to any of as many rows of the report split
  membership                     area under the curve of training rows being nearer to generated ones than held-out rows
  …_real                         of training rows; …_gaussian, …_independent_columns, …_bootstrap: of the baselines
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import torch
from scipy.stats import ks_2samp
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from torch import Tensor

import ganlab
from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data import DataSet
from ganlab.runs.directory import RunDirectory
from ganlab.training.build import build_data

ROWS, SEED, TREES = 1000, 7, 200
Columns = dict[str, list[str]]  # texts by name


def check_tables(parts: dict[str, Columns], target: str) -> dict[str, float]:
    """Return the results for the tables "train", "test", "" (generated rows), and baselines by "_NAME"."""
    names = [name for name in parts["train"] if name != target]
    is_number = all(map(_is_number, parts["train"][target]))
    inputs = {part: _numbers(table, names, parts["train"]) for part, table in parts.items()}
    targets = {part: _target(table[target], is_number) for part, table in parts.items()}
    rows = {part: np.column_stack([inputs[part], _codes(targets[part], targets["train"])]) for part in parts}
    scale = StandardScaler().fit(rows["train"]).transform
    result: dict[str, float] = {}
    for part in parts:
        suffix = "_real" if part == "train" else part
        if part == "test":
            continue
        scores = {
            name: model.fit(inputs[part], targets[part]).score(inputs["test"], targets["test"])
            for name, model in _models(is_number).items()
        }
        result |= {f"{name}{suffix}": score for name, score in scores.items()}
        result[f"utility{suffix}"] = np.mean(list(scores.values()))
        area, accuracy = two_sample(rows[part], rows["test"])
        result |= {f"two_sample{suffix}": area, f"accuracy{suffix}": accuracy}
        pairs = [(rows[part][:, k], rows["test"][:, k]) for k in range(rows["test"].shape[1])]
        result[f"column_fit{suffix}"] = 1 - np.mean([ks_2samp(*pair).statistic for pair in pairs])
        differences = np.corrcoef(rows[part].T) - np.corrcoef(rows["test"].T)
        result[f"correlation_error{suffix}"] = np.abs(differences)[np.triu_indices(len(differences), 1)].mean()
        train, test, made = (scale(rows[name]) for name in ("train", "test", part))
        result[f"closest{suffix}"] = closest_share(made, train[: len(test)], test[: len(train)])
        result[f"membership{suffix}"] = membership(made, train, test)
    result["ratio"] = result["utility"] / result["utility_real"]
    return {name: round(float(value), 4) for name, value in result.items()}


def check_run(run: Path) -> dict[str, float]:
    """Return the results for a run's generator."""
    data = build_data(RunDirectory(run).read_config(""))
    train = Batch.cat(data.real_samples())
    labels = train.cond[torch.arange(ROWS) % len(train.cond)] if data.spec.classes else None
    tables = {"": ganlab.load(run).sample(ROWS, SEED, labels)}
    tables |= {f"_{name}": draw(ROWS, labels, Random(SEED)) for name, draw in data.drawn_baselines().items()}
    parts = {name: _write(data, run / "checks" / f"rows{name}", rows, labels) for name, rows in tables.items()}
    for split in ("train", "test"):
        real = Batch.cat(data.real_samples(split=split))
        parts[split] = _write(data, run / "checks" / split, real.sample, real.cond)
    return check_tables(parts, str(data.spec.facts["target"]))


def two_sample(rows: np.ndarray, real: np.ndarray) -> tuple[float, float]:
    """Return the area under the curve and the accuracy of a forest that distinguishes rows from as many real ones."""
    count = min(len(rows), len(real))
    chosen = np.random.default_rng(SEED).permutation(len(rows))[:count]
    both, truth = np.concatenate([real[:count], rows[chosen]]), np.repeat([0, 1], count)
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    forest = RandomForestClassifier(TREES, random_state=SEED)
    shares = cross_val_predict(forest, both, truth, cv=folds, method="predict_proba")[:, 1]
    return roc_auc_score(truth, shares), float(((shares > 0.5) == truth).mean())


def closest_share(rows: np.ndarray, train: np.ndarray, test: np.ndarray) -> float:
    """Return the share of rows that are closer to `train` than to `test`; equal distances count half."""
    first, second = (_nearest(rows, table) for table in (train, test))
    return float((first < second).mean() + (first == second).mean() / 2)


def membership(rows: np.ndarray, train: np.ndarray, test: np.ndarray) -> float:
    """Return the area under the curve of training rows against held-out rows by the nearness of generated ones."""
    nearness = np.concatenate([-_nearest(train, rows), -_nearest(test, rows)])
    return roc_auc_score(np.repeat([1, 0], [len(train), len(test)]), nearness)


def _nearest(rows: np.ndarray, table: np.ndarray) -> np.ndarray:
    return NearestNeighbors(n_neighbors=1).fit(table).kneighbors(rows)[0][:, 0]


def _models(is_number: bool) -> dict:
    if is_number:
        return {
            "linear": make_pipeline(StandardScaler(), Ridge()),
            "forest": RandomForestRegressor(TREES, random_state=SEED),
            "svm": make_pipeline(StandardScaler(), SVR(C=100)),
        }
    return {
        "linear": make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
        "forest": RandomForestClassifier(TREES, random_state=SEED),
        "svm": make_pipeline(StandardScaler(), SVC()),
    }


def _write(data: DataSet, folder: Path, rows: Tensor, labels: Tensor | None) -> Columns:
    """Write rows as csv, and return what is read from there."""
    folder.mkdir(parents=True, exist_ok=True)
    data.kind.write(rows, folder, [] if labels is None else [data.class_names[label] for label in labels.tolist()])
    with (folder / "table.csv").open(newline="") as file:
        names, *lines = csv.reader(file)
    return dict(zip(names, map(list, zip(*lines, strict=True)), strict=True))


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("-").isdigit()


def _numbers(table: Columns, names: list[str], train: Columns) -> np.ndarray:
    """Return numbers as they are, and a column of 0 and 1 for each category of the training rows."""
    columns = []
    for name in names:
        if all(map(_is_number, train[name])):
            columns.append(np.array(table[name], float))
        else:
            columns += [np.array([text == value for text in table[name]], float) for value in sorted(set(train[name]))]
    return np.column_stack(columns)


def _target(texts: list[str], is_number: bool) -> np.ndarray:
    return np.array(texts, float if is_number else str)


def _codes(target: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return a numeric target as it is, and a column of 0 and 1 for each class."""
    if target.dtype.kind == "f":
        return target[:, None]
    return np.column_stack([(target == value).astype(float) for value in np.unique(train)])


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        print(path, json.dumps(check_run(path), indent=2))
