"""95 % confidence intervals of scores, from repeated sample sets, bootstrap resamples or standard errors."""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import NormalDist, fmean, stdev

Scores = Mapping[str, float]
LEVEL = 0.95


def half_width(values: Sequence[float], of_mean: bool) -> float:
    """Return half the width of Student's t interval for the mean of `values`, or for one value with their deviation."""
    from scipy.special import stdtrit  # imported here because it takes 10 MiB

    deviation = stdev(values) / (sqrt(len(values)) if of_mean else 1)
    return float(stdtrit(len(values) - 1, (1 + LEVEL) / 2)) * deviation


def summarise_repeats(repeats: Sequence[Scores]) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Return the mean scores of independent sample sets and their 95 % intervals, no intervals for a single set."""
    means = {name: fmean(scores[name] for scores in repeats) for name in repeats[0]}
    if len(repeats) < 2:
        return means, {}
    return means, {name: _interval(means[name], [scores[name] for scores in repeats], True) for name in means}


def bootstrap_intervals(scores: Scores, resamples: Sequence[Scores]) -> dict[str, list[float]]:
    """Return 95 % intervals from bootstrap resamples (Efron 1979), centred on the scores of the original samples.

    Duplicates bias most distances upwards, so only the deviation of the resamples is used, not their mean.
    """
    if not resamples:
        return {}
    return {
        name: _interval(scores[name], [resample[name] for resample in resamples], False)
        for name in scores
        if name in resamples[0]
    }


def _interval(centre: float, values: Sequence[float], of_mean: bool) -> list[float]:
    half = half_width(values, of_mean)
    return [centre - half, centre + half]


def standard_error_intervals(scores: Scores) -> dict[str, list[float]]:
    """Return the 95 % intervals of scores that have a standard error, in NAME_standard_error."""
    errors = {name: scores.get(f"{name}_standard_error") for name in scores}
    quantile = NormalDist().inv_cdf((1 + LEVEL) / 2)
    return {
        name: [scores[name] - quantile * error, scores[name] + quantile * error]
        for name, error in errors.items()
        if error is not None
    }
