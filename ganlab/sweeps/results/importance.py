"""The importance of the swept settings: the share of a score's variance that each setting explains."""

from collections.abc import Sequence
from importlib.util import find_spec

from ganlab.sweeps.results.plots import Variable

MIN_CONFIGURATIONS = 4


def method_name() -> str:
    """Return the method that this environment has."""
    return "fANOVA" if find_spec("optuna") else "permutation importance"


def importances(variables: Sequence[Variable], scores: Sequence[float]) -> tuple[str, dict[str, float]]:
    """Return the method and the share of each variable, largest first; the shares add up to 1.

    The method is fANOVA (Hutter et al. 2014) if Optuna is installed, otherwise permutation importance (Breiman 2001).
    Both fit a random forest, so the shares are rough for few configurations. Returns "" and {} for less than 4
    configurations, for no variables, and if all scores are equal or all shares are 0.
    """
    if len(scores) < MIN_CONFIGURATIONS or not variables or len(set(scores)) < 2:
        return "", {}
    method = method_name()
    shares = METHODS[method](variables, scores)
    total = sum(shares.values())
    if total <= 0:
        return "", {}
    return method, {name: share / total for name, share in sorted(shares.items(), key=lambda item: -item[1])}


def _fanova(variables: Sequence[Variable], scores: Sequence[float]) -> dict[str, float]:
    import optuna
    from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    distributions: dict[str, BaseDistribution] = {
        variable.name: CategoricalDistribution(list(range(len(variable.options))))
        if variable.options
        else FloatDistribution(min(variable.scaled), max(variable.scaled))
        for variable in variables
    }
    study = optuna.create_study()
    for i, score in enumerate(scores):
        params = {
            variable.name: int(variable.values[i]) if variable.options else variable.scaled[i] for variable in variables
        }
        study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=score))
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return optuna.importance.get_param_importances(study, evaluator=evaluator)


def _permutation(variables: Sequence[Variable], scores: Sequence[float]) -> dict[str, float]:
    import numpy as np
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    points = np.array([variable.scaled for variable in variables]).T
    forest = RandomForestRegressor(random_state=0).fit(points, scores)
    losses = permutation_importance(forest, points, scores, n_repeats=20, random_state=0).importances_mean
    return {variable.name: max(0.0, float(loss)) for variable, loss in zip(variables, losses, strict=True)}


METHODS = {"fANOVA": _fanova, "permutation importance": _permutation}
