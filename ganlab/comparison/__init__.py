"""Comparing runs: tables over seeds, in which only scores under one protocol share a column."""

from ganlab.comparison.assemble import compare
from ganlab.comparison.render import FORMATS, as_csv, as_json, as_markdown, as_table
from ganlab.comparison.runs import LeftOut
from ganlab.comparison.table import Cell, Column, Comparison, Row, Table, Value
from ganlab.comparison.words import remarks

__all__ = [
    "FORMATS",
    "Cell",
    "Column",
    "Comparison",
    "LeftOut",
    "Row",
    "Table",
    "Value",
    "as_csv",
    "as_json",
    "as_markdown",
    "as_table",
    "compare",
    "remarks",
]
