"""How far a score may be off: intervals from repeated sets of samples, or from resampling a fixed one."""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import NormalDist, fmean, stdev

Scores = Mapping[str, float]
LEVEL = 0.95


def half_width(values: Sequence[float], of_mean: bool) -> float:
    """Return half of the interval that Student's t gives for the mean of `values`, or for one value like them."""
    from scipy.special import stdtrit  # 10 MiB that a run without intervals need not hold

    spread = stdev(values) / (sqrt(len(values)) if of_mean else 1)
    return float(stdtrit(len(values) - 1, (1 + LEVEL) / 2)) * spread


def over_repeats(repeats: Sequence[Scores]) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Return mean scores of independent sets of samples and their 95 % intervals, none for a single set."""
    means = {name: fmean(each[name] for each in repeats) for name in repeats[0]}
    if len(repeats) < 2:
        return means, {}
    return means, {name: _around(means[name], [each[name] for each in repeats], True) for name in means}


def over_resamples(scores: Scores, resamples: Sequence[Scores]) -> dict[str, list[float]]:
    """Return 95 % intervals from bootstrap resamples (Efron 1979), centred on the scores of the samples themselves.

    Duplicates bias most distances upwards, so only the spread of the resamples is used, not their mean.
    """
    return {
        name: _around(scores[name], [each[name] for each in resamples], False)
        for name in scores
        if resamples and name in resamples[0]
    }


def _around(centre: float, values: Sequence[float], of_mean: bool) -> list[float]:
    half = half_width(values, of_mean)
    return [centre - half, centre + half]


def from_standard_errors(scores: Scores) -> dict[str, list[float]]:
    """Return the 95 % intervals of scores that come with a standard error of their own, as NAME_standard_error."""
    errors = {name: scores.get(f"{name}_standard_error") for name in scores}
    quantile = NormalDist().inv_cdf((1 + LEVEL) / 2)
    return {
        name: [scores[name] - quantile * error, scores[name] + quantile * error]
        for name, error in errors.items()
        if error is not None
    }
