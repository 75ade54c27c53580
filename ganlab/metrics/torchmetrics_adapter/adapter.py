"""Makes a metric of torchmetrics one of ganlab's."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast, final

import torch
import torchmetrics
from torch import Tensor

from ganlab.core import private_api
from ganlab.core.torchmetrics_classes import is_torchmetrics
from ganlab.features.base import Features, Source
from ganlab.kinds import kind_of
from ganlab.metrics.metric import BaseMetric, Metric
from ganlab.metrics.statistics import SampleStatistics, Statistic
from ganlab.metrics.torchmetrics_adapter.inputs import read_inputs
from ganlab.metrics.torchmetrics_adapter.isolation import own_random_state
from ganlab.metrics.torchmetrics_adapter.states import MetricStates, as_states, set_states, update

PLAIN = (bool, int, float, str, list, type(None))  # what json knows
Factory = Callable[[Features, Any], BaseMetric]


@final
class TorchMetric(Metric):
    """Any metric of torchmetrics that takes images, features or logits, alone or with `real`.

    Images are uint8 from 0 to 255 for a class with `normalize=False`, else float32 from 0 to 1; grey images have three
    channels for a class with a feature network of its own. The argument's name decides whether `update` receives
    samples, `features`, `logits` or `spatial` features. A single value is the score; a second one is its standard
    deviation, NAME_std; further ones are named by number or key. Whatever the class draws at random does not change the
    random numbers of training. Raises ValueError if the class cannot be built, e.g. because its weights are not here.
    """

    def __init__(self, name: str, build: "partial[Any]", features: Features, data: Source | None = None) -> None:
        kind, settings = cast(type, build.func), build.keywords
        self.name = name  # type: ignore[misc]
        self.inputs = read_inputs(kind, settings)
        self.scores = directions(name, kind)  # type: ignore[misc]
        self.reference = "held_out" if self.inputs.takes_real else "none"  # type: ignore[misc]
        self.needs_logits = self.inputs.field == "logits"  # type: ignore[misc]
        super().__init__(features, data)
        self.definition = f"{kind.__module__}.{kind.__qualname__}({settings})"
        self.settings: dict[str, Any] = {"class": f"{kind.__module__}.{kind.__qualname__}"}
        self.settings |= {key: value if isinstance(value, PLAIN) else repr(value) for key, value in settings.items()}
        self.metric = self._build(build, features, data)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """The states after all generated samples."""
        return [self._states(is_real=False)]

    @property
    def reference_statistics(self) -> Sequence[Statistic]:
        """The states after all real samples."""
        return [self._states(is_real=True)]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the scores; raises ValueError for too few samples, or for a class whose states cannot be joined."""
        metric, inputs = self.metric, self.inputs
        metric.reset()
        with own_random_state("compute"):
            try:
                metric.to("cpu")
                set_states(metric, fake[self._states(is_real=False)], inputs)
                if inputs.takes_real:
                    metric.merge_state(as_states(metric, real[self._states(is_real=True)]))
                value = metric.compute()
            except (RuntimeError, ValueError) as error:
                raise ValueError(f"{self.name}: {' '.join(str(error).split())}") from error
        metric.reset()
        scores = named_scores(self.name, value)
        extra = {score: None for score in scores if score not in self.scores}
        self.scores = {**self.scores, **extra}  # type: ignore[misc]
        return scores

    def describe(self) -> dict[str, Any]:
        """Return the class and its settings."""
        return self.settings

    def _build(self, build: "partial[Any]", features: Features, data: Source | None) -> torchmetrics.Metric:
        """Build the metric and try it with two blank samples, so that errors are reported before training."""
        attempt = "cannot be built"
        try:
            with own_random_state("build"):
                metric: torchmetrics.Metric = build()
                attempt = "does not accept these samples"
                update(metric, self.inputs.prepare(_blank(self.inputs.field, features, data)), self.inputs, False)
        except Exception as error:  # a constructor may raise anything, and download weights
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise ValueError(
                f"metric.{self.name}: {cast(type, build.func).__name__} {attempt} ({reason}); "
                f"correct its settings, bring its weights, or remove {self.name} from metric"
            ) from error
        metric.reset()
        private_api.keep_metric_local(metric)  # rank 0 computes scores of states that are already joined
        return metric

    def _states(self, is_real: bool) -> MetricStates:
        return MetricStates(self.definition, self.inputs, is_real, self.metric)


def _blank(field: str, features: Features, data: Source | None) -> Tensor:
    """Return two samples, features or logits of zeros."""
    shapes: dict[str, tuple[int, ...]] = {
        "features": (features.width,),
        "logits": (features.classes,),
        "spatial": (features.spatial_width,),
    }
    if field == "samples" and data is not None:
        is_quantised = kind_of(data.spec).is_quantised
        return torch.zeros((2, *data.spec.sample), dtype=torch.uint8 if is_quantised else torch.float32)
    return torch.zeros((2, *shapes.get(field, (features.width,))))


def adapt(name: str, factory: Factory) -> Factory:
    """Return a factory of metrics for what a yaml file builds, which may be a class of torchmetrics."""
    if isinstance(factory, partial) and is_torchmetrics(factory.func):
        return partial(TorchMetric, name, factory)
    return factory


def directions(name: str, kind: object) -> dict[str, bool | None]:
    """Return the scores that a metric's class declares, each with whether higher is better.

    A class of torchmetrics declares one, which has the name of its yaml file.
    """
    if is_torchmetrics(kind):
        return {name: getattr(kind, "higher_is_better", None)}
    return dict(getattr(kind, "scores", {}))


def named_scores(name: str, value: Any) -> dict[str, float]:
    """Return the numbers of a computed value by name; raises ValueError if it is not made of numbers."""
    if isinstance(value, Mapping):
        values = {f"{name}_{key}": inner for key, inner in value.items()}
    elif isinstance(value, tuple | list):
        values = {[name, f"{name}_std"][i] if i < 2 else f"{name}_{i}": inner for i, inner in enumerate(value)}
    else:
        values = {name: value}
    for key, inner in values.items():
        if isinstance(inner, Tensor) and inner.numel() != 1:
            raise ValueError(f"{key} has shape {tuple(inner.shape)}; a score is one number, so set a reduction")
    return {key: float(torch.as_tensor(inner)) for key, inner in values.items()}
