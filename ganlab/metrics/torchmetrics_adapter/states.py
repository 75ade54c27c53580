"""The states of a torchmetrics metric as a statistic: gathered with all others, joined over processes, and cached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import torch
import torchmetrics
from torch import Tensor

from ganlab.core import private_api
from ganlab.features.base import FeatureBatch
from ganlab.metrics.accumulators import Accumulator, gather_objects
from ganlab.metrics.statistics import Statistic
from ganlab.metrics.torchmetrics_adapter.inputs import Inputs
from ganlab.metrics.torchmetrics_adapter.isolation import own_random_state

EXAMPLE = "example"  # the first samples, from which a new object learns what it keeps besides its states
EXAMPLE_COUNT = 2


@final
@dataclass(frozen=True)
class MetricStates(Statistic):
    """The states of a metric after all samples of one set; `definition` names its class and settings."""

    definition: str
    inputs: Inputs
    is_real: bool
    metric: torchmetrics.Metric = field(compare=False, repr=False)

    @property
    def reads(self) -> tuple[str, ...]:
        """The one field that the metric's `update` takes."""
        return (self.inputs.field,)

    def accumulator(self) -> Accumulator:
        """Return an accumulator without samples."""
        return MetricAccumulator(self.metric, self.inputs, self.is_real)


@final
class MetricAccumulator(Accumulator):
    """Updates a metric batch by batch; what it appends to lists is kept on the CPU in the order of the samples."""

    def __init__(self, metric: torchmetrics.Metric, inputs: Inputs, is_real: bool) -> None:
        self.metric, self.inputs, self.is_real = metric, inputs, is_real
        self.pieces: dict[int, dict[str, Tensor]] = {}  # by the index of the batch's first sample
        metric.reset()

    def add(self, batch: FeatureBatch, start: int) -> None:
        """Update the metric with a batch."""
        values = self.inputs.prepare(getattr(batch, self.inputs.field)).to(batch.features.device)
        self.metric.to(values.device)
        with own_random_state("update", start):
            update(self.metric, values, self.inputs, self.is_real)
        lists = {name: state for name, state in self.metric.metric_state.items() if isinstance(state, list)}
        self.pieces[start] = {name: join(state) for name, state in lists.items() if state}
        if not start:
            self.pieces[start][EXAMPLE] = values[:EXAMPLE_COUNT].cpu()
        for name in lists:
            setattr(self.metric, name, [])

    def result(self) -> dict[str, Tensor]:
        """Return all states; a list becomes one tensor."""
        private_api.mark_metric_updated(self.metric)  # also in a process without samples
        with self.metric.sync_context():
            states = {name: state for name, state in self.metric.metric_state.items() if isinstance(state, Tensor)}
        values = {name: state.detach().cpu().clone() for name, state in states.items()}
        pieces = dict(piece for pieces in gather_objects(self.pieces) for piece in pieces.items())
        for name in sorted({name for piece in pieces.values() for name in piece}):
            values[name] = torch.cat([pieces[start][name] for start in sorted(pieces) if name in pieces[start]])
        return values


def update(metric: torchmetrics.Metric, values: Tensor, inputs: Inputs, is_real: bool) -> None:
    """Update a metric with samples, real or generated."""
    if inputs.takes_real:
        metric.update(values, real=is_real)
    else:
        metric.update(values)


def set_states(metric: torchmetrics.Metric, states: Mapping[str, Tensor], inputs: Inputs) -> None:
    """Give a metric the states of generated samples, as if it had seen them; raises ValueError without samples."""
    gathered = as_states(metric, states)
    update(metric, states[EXAMPLE], inputs, is_real=False)
    for name, value in gathered.items():
        setattr(metric, name, value)


def as_states(metric: torchmetrics.Metric, states: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return what was gathered in the form that the metric's class gives its states.

    Raises ValueError if no sample was gathered.
    """
    if EXAMPLE not in states:
        raise ValueError("a set of samples is empty")
    forms: dict[str, Any] = metric.metric_state
    return {
        name: ([states[name]] if name in states else []) if isinstance(form, list) else states[name]
        for name, form in forms.items()
    }


def join(pieces: list[Tensor]) -> Tensor:
    """Return the tensors of a list as one; scalars become a vector."""
    return torch.cat([torch.atleast_1d(piece.detach().cpu()) for piece in pieces])
