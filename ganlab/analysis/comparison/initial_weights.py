"""Notes on runs that started from the weights of other runs (`init_from`)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ganlab.analysis.comparison.group import Entry

MAX_NOTES = 5


def describe_initial_weights(entries: Sequence[Entry]) -> list[str]:
    """Return a sentence for each row that did not start from random weights: from what, and how much of it was taken.

    Seeds of one row that started from different weights, because the source was trained again, have a sentence, too.
    """
    starts: dict[str, dict[str, Mapping[str, Any]]] = {}
    for entry in entries:
        if weights := entry.run.initial_weights:
            starts.setdefault(entry.group.short_label, {})[json.dumps(weights.get("sha256"), sort_keys=True)] = weights
    notes = []
    for label, sources in starts.items():
        first = next(iter(sources.values()))
        run, steps = first.get("run"), first.get("steps")
        notes.append(f"{label} started from the weights of {run} at step {steps} ({_describe_tensors(first)})")
        if len(sources) > 1:
            notes.append(
                f"the runs of {label} started from {len(sources)} different sets of weights, although init_from={run} "
                "is the same: that run was trained again in between, so they are not seeds of one configuration"
            )
    more = [f"so did {len(notes) - MAX_NOTES} more"] if len(notes) > MAX_NOTES else []
    return [*notes[:MAX_NOTES], *more]


def _describe_tensors(weights: Mapping[str, Any]) -> str:
    tensors = weights.get("tensors")
    parts = tensors.items() if isinstance(tensors, dict) else ()
    return ", ".join(f"{part.get('taken')} of {part.get('of')} tensors of the {name}" for name, part in parts)
