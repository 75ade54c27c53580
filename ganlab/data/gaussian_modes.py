"""Gaussian mixtures of one dimension, whose components are the modes of a column."""

from typing import NamedTuple, final

import numpy as np

ITERATIONS, TOLERANCE = 500, 1e-6  # of expectation-maximisation; the tolerance is of the mean log-likelihood
MOST_MODES = 10  # that `auto` tries, as CTGAN has them
LEAST_SHARE = 1e-3  # a mode's deviation in that of all values: a smaller one would be of a single value
LEAST_ROWS = 10  # of each mode that `auto` tries


@final
class Mixture(NamedTuple):
    """Means, standard deviations and shares (k,) of Gaussians, and the mean log-likelihood of the values."""

    means: np.ndarray
    deviations: np.ndarray
    shares: np.ndarray
    log_likelihood: float

    def criterion(self, count: int) -> float:
        """Return the Bayesian information criterion for `count` values; lower is better (Schwarz 1978)."""
        return (3 * len(self.means) - 1) * np.log(count) - 2 * count * self.log_likelihood


def fit_modes(values: np.ndarray, modes: int | None, resolution: float) -> Mixture:
    """Return the mixture of `modes` Gaussians, or of the number up to 10 with the best criterion for None.

    Expectation-maximisation starts at quantiles, so equal values (n,) give equal modes. No deviation is below that of
    values rounded to multiples of `resolution`. Constant values have one mode of deviation 0. Modes that no value
    belongs to are left out. `values` must not be empty.
    """
    if not values.std():
        return Mixture(values[:1].astype(float), np.zeros(1), np.ones(1), 0.0)
    most = min(modes or MOST_MODES, len(np.unique(values)))
    if modes is None:
        most = max(1, min(most, len(values) // LEAST_ROWS))
    fitted = [_fit(values, count, resolution) for count in (range(1, most + 1) if modes is None else [most])]
    return min(fitted, key=lambda mixture: mixture.criterion(len(values)))


def _fit(values: np.ndarray, count: int, resolution: float) -> Mixture:
    least = max(LEAST_SHARE * values.std(), resolution / 12**0.5)
    means = np.quantile(values, (np.arange(count) + 0.5) / count)
    deviations = np.full(count, max(values.std() / count, least))
    shares, before, likelihood = np.full(count, 1 / count), -np.inf, -np.inf
    for _ in range(ITERATIONS):
        logits = np.log(shares) - np.log(deviations) - ((values[:, None] - means) / deviations) ** 2 / 2
        highest = logits.max(1, keepdims=True)
        weights = np.exp(logits - highest)
        totals = weights.sum(1, keepdims=True)
        likelihood = float((highest + np.log(totals)).mean()) - np.log(2 * np.pi) / 2
        sums = (weights / totals).sum(0)
        used = sums > 1e-3  # an empty mode has no mean
        weights = (weights / totals)[:, used]
        sums = sums[used]
        means = weights.T @ values / sums
        squares = (weights * (values[:, None] - means) ** 2).sum(0) / sums
        deviations, shares = np.sqrt(squares).clip(least), sums / sums.sum()
        if likelihood - before < TOLERANCE:
            break
        before = likelihood
    return Mixture(means, deviations, shares, likelihood)
