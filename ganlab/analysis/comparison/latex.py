"""Renders a comparison as LaTeX tables with the lines of the package booktabs."""

import re

from ganlab.analysis.comparison.captions import caption, legend, remarks, short_labels
from ganlab.analysis.comparison.cells import AS_GOOD, cells
from ganlab.analysis.comparison.table import Comparison, Table

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
ARROWS = {True: r" $\uparrow$", False: r" $\downarrow$", None: ""}
SIGN_OF_AS_GOOD = r"\textsuperscript{*}"
COUNT = re.compile(r" \(n=(\d+)\)$")
POWER = re.compile(r"^(.*)e(-?\d+)$")
BOUNDED = re.compile(r"(\S+) \+(\S+) -([^\s)]+)")


def as_latex(comparison: Comparison) -> str:
    r"""Return a tabular for each protocol, to be read by \input; the document needs \usepackage{booktabs}.

    Captions, legends and remarks are comments.
    """
    blocks = ["% needs \\usepackage{booktabs}", *(_tabular(table) for table in comparison.tables)]
    if notes := remarks(comparison):
        blocks.append(_comments(notes))
    return "\n\n".join(blocks) + "\n"


def _tabular(table: Table) -> str:
    scores = [escape(column.name) + ARROWS[column.higher_is_better] for column in table.columns]
    head = ["", "$n$", *map(escape, table.fields), *scores]
    first = len(table.fields)
    rows = []
    for label, row in zip(short_labels(table), table.rows, strict=True):
        texts = cells(table, row)
        rows.append([escape(label), str(row.n), *map(escape, texts[:first]), *map(format_number, texts[first:])])
    lines = [" & ".join(texts) + r" \\" for texts in (head, *rows)]
    return "\n".join(
        [
            _comments([caption(table), *legend(table)]),
            rf"\begin{{tabular}}{{lr{'l' * (len(head) - 2)}}}",
            r"\toprule",
            lines[0],
            r"\midrule",
            *lines[1:],
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def escape(text: str) -> str:
    """Return a text with the signs that LaTeX reads as commands written as signs."""
    return "".join(SPECIAL.get(character, character) for character in text)


def format_number(text: str) -> str:
    """Return a cell, as `format_cell` writes it, in LaTeX's mathematics."""
    if text == "-":
        return "--"
    number, sign = (text.removesuffix(AS_GOOD), SIGN_OF_AS_GOOD) if text.endswith(AS_GOOD) else (text, "")
    count = COUNT.search(number)
    if count:
        number, sign = COUNT.sub("", number), f" ($n={count[1]}$){sign}"
    power = POWER.match(number)
    factor = rf" \times 10^{{{power[2]}}}" if power else ""
    number = power[1] if power else number
    number = BOUNDED.sub(r"\1^{+\2}_{-\3}", number).replace("±", r"\pm")
    number = re.sub(r"nan|inf", lambda match: rf"\mathrm{{{match[0]}}}", number)
    return f"${number}{factor}${sign}"


def _comments(lines: list[str]) -> str:
    return "\n".join("% " + " ".join(line.split()) for line in lines)
