"""Compares runs: tables over seeds in which only scores under the same protocol share a column."""

from ganlab.analysis.comparison.assemble import compare
from ganlab.analysis.comparison.captions import remarks
from ganlab.analysis.comparison.render import FORMATS, as_csv, as_json, as_latex, as_markdown, as_table
from ganlab.analysis.comparison.runs import SkippedRun
from ganlab.analysis.comparison.table import Cell, Column, Comparison, Row, Table, Value

__all__ = [
    "FORMATS",
    "Cell",
    "Column",
    "Comparison",
    "Row",
    "SkippedRun",
    "Table",
    "Value",
    "as_csv",
    "as_json",
    "as_latex",
    "as_markdown",
    "as_table",
    "compare",
    "remarks",
]
