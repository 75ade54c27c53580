"""What every evaluation needs, and what it gives."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch

from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.data import DataSet
from ganlab.data.sample_files.base import Collection
from ganlab.features import Features
from ganlab.metrics import BaseMetric, Evaluator, Samples
from ganlab.metrics.scoring.scoring import build_measures

log = logging.getLogger(__name__)


@final
@dataclass(frozen=True)
class Evaluated:
    """The content of a score file, and what a picture of neighbours is made from."""

    content: Mapping[str, Any]
    evaluator: Evaluator
    fakes: Callable[[], Samples]


def build_parts(
    make_features: Callable[[Any], Features],
    metric: Mapping[Any, Any],
    data: DataSet | Collection,
    device: torch.device,
    kind: type[BaseMetric] = BaseMetric,
) -> tuple[Features, dict[str, BaseMetric]]:
    """Build features and metrics; those that do not fit, or are of no such kind, are left out with a word.

    Raises UserError where that leaves none.
    """
    with torch.random.fork_rng(devices=[]):
        features = make_features(data)
    makers = {name: instantiate(node) for name, node in metric.items()}
    built, left_out = build_measures(makers, features, data)
    measures = {name: each for name, each in built.items() if isinstance(each, kind)}
    left_out += [
        f"metric={name} asks the model and not only its samples; give run=DIR, or drop {name} from metric"
        for name in built.keys() - measures.keys()
    ]
    if not measures:
        raise UserError("; ".join(left_out) or "metric=[] scores nothing; choose metric=[fid] or others")
    for sentence in left_out:
        log.warning("left out: %s", sentence)
    return features.to(device), measures
