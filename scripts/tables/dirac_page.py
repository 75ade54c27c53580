"""docs/dirac.md from what was found."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dirac_cells import BATCH, NEAR, NEAR_STEPS, RATE, RESOLVED, STEPS, WEIGHT, Cell, Finding, Pair

AGREES = 0.005  # how far a fitted rate may be from the spectral radius, for the page to say that they agree
MARKS = {"not differentiable": "—", "not at rest": "~"}

TEMPLATE = Path(__file__).with_name("dirac_page.md")


def page(
    groups: Mapping[str, Sequence[str]],
    alike: Mapping[Pair, Pair],
    refused: Mapping[str, str],
    findings: Mapping[Cell, Finding],
) -> str:
    """Return the page's text."""
    count = 1
    for group in Cell._fields:
        count *= len(groups[group])
    tables = [
        f"### {optimizer}, {schedule}\n\n{_table(groups, alike, findings, schedule, optimizer)}"
        for optimizer in _ordered(groups["optimizer"], findings)
        for schedule in groups["schedule"]
    ]
    return TEMPLATE.read_text().format(
        steps=STEPS,
        rate=RATE,
        weight=WEIGHT,
        batch=BATCH,
        count=count,
        distinct=len(findings),
        refused="\n".join(f"- `{name}`: {sentence}" for name, sentence in refused.items()),
        agreement=_agreement(findings),
        tables="\n\n".join(tables),
    )


def shown(finding: Finding) -> str:
    """Return the text of a cell."""
    value = finding.radius
    return f"{finding.behaviour} {MARKS[value] if isinstance(value, str) else f'{value:.4f}'}"


def exceptions(findings: Mapping[Cell, Finding]) -> dict[Cell, Finding]:
    """Return the cells whose measured rate is not their spectral radius."""
    return {
        cell: each
        for cell, each in findings.items()
        if isinstance(each.radius, float) and each.rate is not None and not abs(each.rate - each.radius) <= AGREES
    }


def _agreement(findings: Mapping[Cell, Finding]) -> str:
    odd = exceptions(findings)
    gaps = {cell: abs(each.rate - float(each.radius)) for cell, each in findings.items() if each.rate is not None}
    largest = max((gap for cell, gap in gaps.items() if cell not in odd), default=0.0)
    lines = [f"| {', '.join(cell)} | {each.radius:.4f} | {each.rate:.4f} |" for cell, each in odd.items()]
    told = f"All agree to {largest:.4f}."
    if odd:
        head = ["| pairing | spectral radius | measured |", "| --- | --- | --- |"]
        told = "\n".join([f"All others agree to {largest:.4f}; these do not:\n", *head, *lines])
    return (
        f"Of those that differ, {len(gaps)} have a spectral radius further from 1 than {RESOLVED:g}. Each was also\n"
        f"trained from θ = ψ = {NEAR:g} for {NEAR_STEPS} steps, and a line fitted to the logarithm of the distance\n"
        f"over the second half of them. {told}"
    )


def _table(
    groups: Mapping[str, Sequence[str]],
    alike: Mapping[Pair, Pair],
    findings: Mapping[Cell, Finding],
    schedule: str,
    optimizer: str,
) -> str:
    def text(loss: str, term: str) -> str:
        return shown(findings[Cell(*alike[loss, term], schedule, optimizer)])

    losses = _families(groups["loss"], lambda loss: [text(loss, term) for term in groups["regularizer"]])
    terms = _families(groups["regularizer"], lambda term: [text(loss, term) for loss in groups["loss"]])
    lines = [_row(["", *(", ".join(names) for names in losses)]), _row(["---"] * (len(losses) + 1))]
    lines += [_row([", ".join(names), *(text(loss[0], names[0]) for loss in losses)]) for names in terms]
    return "\n".join(lines)


def _families(names: Sequence[str], texts: Callable[[str], list[str]]) -> list[list[str]]:
    """Join those whose whole row or column reads the same."""
    families: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        families.setdefault(tuple(texts(name)), []).append(name)
    return list(families.values())


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _ordered(optimizers: Sequence[str], findings: Mapping[Cell, Finding]) -> list[str]:
    """Put those first that the theory has most to say of."""

    def numbers(optimizer: str) -> int:
        return sum(isinstance(each.radius, float) for cell, each in findings.items() if cell.optimizer == optimizer)

    return sorted(optimizers, key=lambda name: (-numbers(name), name))
