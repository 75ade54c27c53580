"""Pairs of parts that cannot work together, one rule each; a rule returns a sentence where it is broken."""

from ganlab.config.compatibility import (
    labels,
    memory,
    trainer,
)
from ganlab.config.compatibility import (
    metrics as measures,
)
from ganlab.config.compatibility import (
    paths as places,
)
from ganlab.config.compatibility import (
    precision_and_batch as numbers,
)
from ganlab.config.compatibility import (
    requirements as fitting,
)  # which add their rules
from ganlab.config.compatibility.registry import Parts, broken_rules, rule

__all__ = ["Parts", "broken_rules", "fitting", "labels", "measures", "memory", "numbers", "places", "rule", "trainer"]
