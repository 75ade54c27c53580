"""Which settings of a sweep matter: the share of a score's variance that each explains by itself."""

from collections.abc import Sequence
from importlib.util import find_spec

from ganlab.sweeps.results.variables import Variable

FEWEST = 4  # configurations, below which nothing can be said


def importances(variables: Sequence[Variable], scores: Sequence[float]) -> tuple[str, dict[str, float]]:
    """Return the method and each variable's share, which add up to 1, the largest first; nothing for too few scores.

    The shares are those of fANOVA (Hutter et al. 2014) where Optuna is installed, and else of permutation importance
    (Breiman 2001); both ask a random forest, so with few configurations they are rough.
    """
    if len(scores) < FEWEST or not variables or len(set(scores)) < 2:
        return "", {}
    method, compute = ("fANOVA", _fanova) if find_spec("optuna") else ("permutation importance", _permutation)
    shares = compute(variables, scores)
    total = sum(shares.values())
    if total <= 0:
        return "", {}
    return method, {name: share / total for name, share in sorted(shares.items(), key=lambda item: -item[1])}


def _fanova(variables: Sequence[Variable], scores: Sequence[float]) -> dict[str, float]:
    import optuna
    from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    spaces: dict[str, BaseDistribution] = {
        each.name: CategoricalDistribution(list(range(len(each.options))))
        if each.options
        else FloatDistribution(min(each.scaled), max(each.scaled))
        for each in variables
    }
    study = optuna.create_study()
    for i, score in enumerate(scores):
        point = {each.name: int(each.values[i]) if each.options else each.scaled[i] for each in variables}
        study.add_trial(optuna.trial.create_trial(params=point, distributions=spaces, value=score))
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return optuna.importance.get_param_importances(study, evaluator=evaluator)


def _permutation(variables: Sequence[Variable], scores: Sequence[float]) -> dict[str, float]:
    import numpy as np
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    points = np.array([each.scaled for each in variables]).T
    forest = RandomForestRegressor(random_state=0).fit(points, scores)
    drops = permutation_importance(forest, points, scores, n_repeats=20, random_state=0).importances_mean
    return {each.name: max(0.0, float(drop)) for each, drop in zip(variables, drops, strict=True)}
