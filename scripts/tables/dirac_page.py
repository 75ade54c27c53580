"""Writes the text of docs/reports/dirac.md from the findings of all cells."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dirac_cells import BATCH, NEAR, NEAR_STEPS, RATE, RESOLVED, STEPS, WEIGHT, Cell, Finding, Pair

TOLERANCE = 0.005  # largest difference between a measured rate and the spectral radius that counts as agreement
MARKS = {"not differentiable": "—", "not at rest": "~"}

TEMPLATE = Path(__file__).with_name("dirac_page.md")


def page(
    groups: Mapping[str, Sequence[str]],
    representatives: Mapping[Pair, Pair],
    rejected: Mapping[str, str],
    findings: Mapping[Cell, Finding],
) -> str:
    """Return the text of the page."""
    count = 1
    for group in Cell._fields:
        count *= len(groups[group])
    tables = [
        f"### {optimizer}, {schedule}\n\n{_table(groups, representatives, findings, schedule, optimizer)}"
        for optimizer in _sort_optimizers(groups["optimizer"], findings)
        for schedule in groups["schedule"]
    ]
    return TEMPLATE.read_text().format(
        steps=STEPS,
        rate=RATE,
        weight=WEIGHT,
        batch=BATCH,
        count=count,
        distinct=len(findings),
        rejected="\n".join(f"- `{name}`: {sentence}" for name, sentence in rejected.items()),
        agreement=_agreement(findings),
        tables="\n\n".join(tables),
    )


def format_finding(finding: Finding) -> str:
    """Return the text of a cell."""
    value = finding.radius
    return f"{finding.behaviour} {MARKS[value] if isinstance(value, str) else f'{value:.4f}'}"


def disagreements(findings: Mapping[Cell, Finding]) -> dict[Cell, Finding]:
    """Return the cells with a measured rate that differs from their spectral radius."""
    return {
        cell: finding
        for cell, finding in findings.items()
        if isinstance(finding.radius, float)
        and finding.rate is not None
        and not abs(finding.rate - finding.radius) <= TOLERANCE
    }


def _agreement(findings: Mapping[Cell, Finding]) -> str:
    exceptions = disagreements(findings)
    gaps = {
        cell: abs(finding.rate - float(finding.radius))
        for cell, finding in findings.items()
        if finding.rate is not None
    }
    largest = max((gap for cell, gap in gaps.items() if cell not in exceptions), default=0.0)
    result = f"All agree to within {largest:.4f}."
    if exceptions:
        head = ["| pairing | spectral radius | measured |", "| --- | --- | --- |"]
        rows = [
            f"| {', '.join(cell)} | {finding.radius:.4f} | {finding.rate:.4f} |" for cell, finding in exceptions.items()
        ]
        result = "\n".join([f"All others agree to within {largest:.4f}; these do not:\n", *head, *rows])
    return (
        f"Of the different pairings, {len(gaps)} have a spectral radius that differs from 1 by more than\n"
        f"{RESOLVED:g}. Each of them was also trained from θ = ψ = {NEAR:g} for {NEAR_STEPS} steps, and a line was\n"
        f"fitted to the logarithm of the distance over the second half of the steps. {result}"
    )


def _table(
    groups: Mapping[str, Sequence[str]],
    representatives: Mapping[Pair, Pair],
    findings: Mapping[Cell, Finding],
    schedule: str,
    optimizer: str,
) -> str:
    def text(loss: str, regularizer: str) -> str:
        return format_finding(findings[Cell(*representatives[loss, regularizer], schedule, optimizer)])

    losses = _merge_equal(groups["loss"], lambda loss: [text(loss, name) for name in groups["regularizer"]])
    regularizers = _merge_equal(groups["regularizer"], lambda name: [text(loss, name) for loss in groups["loss"]])
    lines = [_row(["", *(", ".join(names) for names in losses)]), _row(["---"] * (len(losses) + 1))]
    lines += [_row([", ".join(names), *(text(loss[0], names[0]) for loss in losses)]) for names in regularizers]
    return "\n".join(lines)


def _merge_equal(names: Sequence[str], texts: Callable[[str], list[str]]) -> list[list[str]]:
    """Group the names with equal rows or columns of `texts`."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        groups.setdefault(tuple(texts(name)), []).append(name)
    return list(groups.values())


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _sort_optimizers(optimizers: Sequence[str], findings: Mapping[Cell, Finding]) -> list[str]:
    """Return the optimizers, those with the most spectral radii first."""

    def radii(optimizer: str) -> int:
        return sum(
            isinstance(finding.radius, float) for cell, finding in findings.items() if cell.optimizer == optimizer
        )

    return sorted(optimizers, key=lambda name: (-radii(name), name))
