"""Pairs of parts that cannot work together, one rule each; a rule returns a sentence where it is broken."""

from ganlab.rules import fitting, labels, measures, memory, numbers, places, trainer  # which add their rules
from ganlab.rules.registry import Parts, broken_rules, rule

__all__ = ["Parts", "broken_rules", "fitting", "labels", "measures", "memory", "numbers", "places", "rule", "trainer"]
