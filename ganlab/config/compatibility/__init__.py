"""Rules for components that cannot work together; a rule returns a sentence if it is broken, else None."""

from ganlab.config.compatibility import (
    image_conditions,
    labels,
    memory,
    metrics,
    pairs,
    precision_and_batch,
    pretraining,
    requirements,
    trainer,
)
from ganlab.config.compatibility.registry import Components, broken_rules, rule

# Importing these modules registers their rules.
RULES = (image_conditions, labels, memory, metrics, pairs, precision_and_batch, pretraining, requirements, trainer)

__all__ = ["RULES", "Components", "broken_rules", "rule"]
