"""docs/dirac.md tells what the code does: some of its cells are trained again, and it has all parts that there are."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "dirac.md"


@pytest.fixture(scope="module")
def tables():
    """Make the program's modules importable, and return them."""
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
    """Return the text of every cell of a page, by loss, regularizer, schedule and optimizer."""
    cells = {}
    for section in text.split("\n### ")[1:]:
        title, _, head, _, *rows = section.strip().splitlines()
        optimizer, schedule = title.split(", ")
        columns = row(head)[1:]
        for names, *texts in map(row, rows):
            for losses, told in zip(columns, texts, strict=True):
                for loss in losses.split(", "):
                    cells |= {(loss, name, schedule, optimizer): told for name in names.split(", ")}
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
def test_the_page_says_what_is_computed(tables, names):
    cells, page = tables
    found = cells.examine(cells.Cell(*names))
    assert parse(PAGE.read_text())[names] == page.shown(found)
    # Near the equilibrium, distances change by the spectral radius.
    assert found.rate is None or found.rate == pytest.approx(found.radius, abs=page.AGREES)


@pytest.mark.slow
def test_the_page_has_every_pairing_of_parts(tables):
    cells, _ = tables
    groups, refused = cells.applicable()
    told = parse(PAGE.read_text())
    for place, group in enumerate(cells.Cell._fields):
        assert {names[place] for names in told} == set(groups[group]), f"run ./scripts/dirac: {group} has changed"
    sizes = [len(groups[group]) for group in cells.Cell._fields]
    assert len(told) == sizes[0] * sizes[1] * sizes[2] * sizes[3]
    for name, sentence in refused.items():
        assert f"- `{name}`: {sentence}\n" in PAGE.read_text(), "run ./scripts/dirac"


def test_pairs_with_the_same_gradients_are_trained_once_and_shown_alike(tables):
    cells, pages = tables
    groups = {
        "loss": ["wasserstein", "hinge"],
        "regularizer": ["none", "r1", "r2", "orthogonal"],
        "schedule": ["simultaneous"],
        "optimizer": ["sgd"],
    }
    alike = cells.twins(groups)
    assert alike["hinge", "r2"] == ("hinge", "r1")
    assert alike["wasserstein", "orthogonal"] == ("wasserstein", "none")
    distinct = [cells.Cell(*pair, "simultaneous", "sgd") for pair in dict.fromkeys(alike.values())]
    findings = {each: cells.examine(each) for each in distinct}
    text = pages.page(groups, alike, {"wrong": "does not fit"}, findings)
    told = parse(text)
    assert len(told) == 8
    assert told["wasserstein", "none", "simultaneous", "sgd"] == "diverges 1.0440"
    assert told["wasserstein", "r2", "simultaneous", "sgd"] == "converges 0.8888"
    assert "- `wrong`: does not fit" in text
    assert "Of the 8 pairings 4 differ" in text
    assert "{" not in text
