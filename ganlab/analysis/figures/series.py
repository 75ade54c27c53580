"""Curves over seeds: runs that differ only in their seed become one mean with a band."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from ganlab.analysis.comparison.statistics import summarise
from ganlab.analysis.figures.histories import History
from ganlab.core.score_range import UNBOUNDED, ScoreRange, clip_interval

BANDS = {
    "range": "band: lowest to highest seed",
    "interval": "band: 95 % interval of the mean over seeds (Student's t)",
    "none": "",
}


@final
@dataclass(frozen=True)
class Series:
    """The mean of a column over the seeds of a group, at the positions that all of them have; `n` is their number."""

    label: str
    n: int
    x: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def summarise_seeds(
    label: str, histories: Sequence[History], column: str, x: str, band: str, bounds: ScoreRange = UNBOUNDED
) -> tuple[Series | None, list[str]]:
    """Return the curve of a group, None if no run has the column, and sentences about runs that shorten it."""
    curves = [(history, *history.curve(column, "step")) for history in histories]
    curves = [(history, steps, values) for history, steps, values in curves if len(steps)]
    if not curves:
        return None, []
    shared = sorted(set.intersection(*(set(steps.tolist()) for _, steps, _ in curves)))
    last = max(steps.max() for _, steps, _ in curves)
    notes = []
    if not shared:
        return None, [f"the seeds of {label} have no step in common, so they have no mean"]
    if shared[-1] < last:
        shortest = min(curves, key=lambda curve: curve[1].max())[0]
        notes.append(
            f"{label} is drawn to step {shared[-1]:g}, the last one of {shortest.run.path}; other seeds go to {last:g}"
        )
    values = np.stack([_at(shared, steps, values) for _, steps, values in curves])
    positions = np.mean([_at(shared, steps, history.curve(column, x)[0]) for history, steps, _ in curves], axis=0)
    low, high = _band(values, band, bounds)
    return Series(label, len(curves), positions, values.mean(0), low, high), notes


def _at(shared: Sequence[float], steps: np.ndarray, values: np.ndarray) -> np.ndarray:
    known = dict(zip(steps.tolist(), values.tolist(), strict=True))
    return np.array([known[step] for step in shared])


def _band(values: np.ndarray, band: str, bounds: ScoreRange) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper edge; without seeds to vary, or where a value is not finite, both are the mean."""
    mean = values.mean(0)
    if len(values) == 1 or band == "none":
        return mean, mean
    if band == "range":
        return values.min(0), values.max(0)
    edges = []
    for column in values.T:
        summary = summarise(column.tolist())
        edges.append(clip_interval((summary.low, summary.high), summary.mean, bounds))
    low, high = np.array(edges).T
    return low, high
