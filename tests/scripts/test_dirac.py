"""docs/reports/dirac.md matches the code: some cells are trained again, and every pairing has a cell."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reports" / "dirac.md"


@pytest.fixture(scope="module")
def tables():
    """The modules of scripts/dirac."""
    folder = str(ROOT / "scripts" / "tables")
    sys.path.insert(0, folder)
    try:
        import dirac_cells
        import dirac_page

        yield dirac_cells, dirac_page
    finally:
        sys.path.remove(folder)


def row(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def parse(text):
    """Return the text of each cell of a page by loss, regularizer, schedule and optimizer."""
    cells = {}
    for section in text.split("\n### ")[1:]:
        title, _, head, _, *rows = section.strip().splitlines()
        optimizer, schedule = title.split(", ")
        columns = row(head)[1:]
        for names, *texts in map(row, rows):
            for losses, cell in zip(columns, texts, strict=True):
                for loss in losses.split(", "):
                    cells |= {(loss, name, schedule, optimizer): cell for name in names.split(", ")}
    return cells


CELLS = [
    ("wasserstein", "none", "simultaneous", "sgd"),
    ("wasserstein", "none", "alternating", "sgd"),
    ("wasserstein", "r1", "alternating", "sgd"),
    ("wasserstein", "none", "simultaneous", "extragradient_sgd"),
    ("minimax", "none", "simultaneous", "optimistic_sgd"),
    ("relativistic_average", "r2", "simultaneous", "sgd"),
    ("non_saturating", "none", "alternating", "sgd"),
    ("wasserstein", "l1", "alternating", "sgd"),
    ("hinge", "top_k", "alternating", "adam"),
    ("least_squares", "lecam", "alternating", "optimistic_adam"),
    ("least_squares", "none", "alternating", "sgd"),
]


@pytest.mark.parametrize("names", CELLS, ids=" ".join)
@pytest.mark.slow
def test_the_page_has_the_computed_results(tables, names):
    cells, page = tables
    finding = cells.examine(cells.Cell(*names))
    assert parse(PAGE.read_text())[names] == page.format_finding(finding)
    # Near the equilibrium, each step multiplies distances by the spectral radius.
    assert finding.rate is None or finding.rate == pytest.approx(finding.radius, abs=page.TOLERANCE)


@pytest.mark.slow
def test_the_page_has_every_pairing_of_components(tables):
    cells, _ = tables
    groups, rejected = cells.applicable()
    page_cells = parse(PAGE.read_text())
    for position, group in enumerate(cells.Cell._fields):
        assert {names[position] for names in page_cells} == set(groups[group]), (
            f"run ./scripts/dirac: {group} has changed"
        )
    sizes = [len(groups[group]) for group in cells.Cell._fields]
    assert len(page_cells) == sizes[0] * sizes[1] * sizes[2] * sizes[3]
    for name, sentence in rejected.items():
        assert f"- `{name}`: {sentence}\n" in PAGE.read_text(), "run ./scripts/dirac"


def test_pairs_with_the_same_gradients_are_trained_once(tables):
    cells, page = tables
    groups = {
        "loss": ["wasserstein", "hinge"],
        "regularizer": ["none", "r1", "r2", "orthogonal"],
        "schedule": ["simultaneous"],
        "optimizer": ["sgd"],
    }
    pairs = cells.representatives(groups)
    assert pairs["hinge", "r2"] == ("hinge", "r1")
    assert pairs["wasserstein", "orthogonal"] == ("wasserstein", "none")
    distinct = [cells.Cell(*pair, "simultaneous", "sgd") for pair in dict.fromkeys(pairs.values())]
    findings = {cell: cells.examine(cell) for cell in distinct}
    text = page.page(groups, pairs, {"wrong": "does not fit"}, findings)
    page_cells = parse(text)
    assert len(page_cells) == 8
    assert page_cells["wasserstein", "none", "simultaneous", "sgd"] == "diverges 1.0440"
    assert page_cells["wasserstein", "r2", "simultaneous", "sgd"] == "converges 0.8888"
    assert "- `wrong`: does not fit" in text
    assert "4 of the 8 pairings are different" in text
    assert "{" not in text
