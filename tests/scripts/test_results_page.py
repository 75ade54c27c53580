"""scripts/tables/build.py, which writes docs/reports/results.md, with real sweeps."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "scripts" / "tables" / "build.py"
DEFINITIONS = sorted(PROGRAM.parent.glob("*.yaml"))
SMALL = ["experiment=ring", "trainer=cpu", "iterations=4", "evaluate_every=2", "batch_size=8", "protocol=fast"]
TABLE = {
    "title": "Points",
    "text": "A sweep.",
    "seeds": [0, 1],
    "metrics": ["modes", "class_accuracy"],
    "scores": {"modes@1/2": "half way", "modes": "modes", "high_quality": "share", "class_accuracy": "right"},
    "rows": {"Plain": [*SMALL, "regularizer=[]"], "Broken": [*SMALL, "loss=hing"]},
    "quoted": {"A paper (1999)": {"modes": "6.3 ± 0.5"}},
}


def build(folder, *arguments):
    paths = [f"--definitions={folder}", f"--runs={folder / 'runs'}", f"--page={folder / 'page.md'}"]
    return subprocess.run([sys.executable, str(PROGRAM), *paths, *arguments], capture_output=True, text=True)


@pytest.mark.slow
def test_missing_runs_are_trained_and_the_page_is_written(tmp_path):
    (tmp_path / "points.yaml").write_text(yaml.safe_dump(TABLE, sort_keys=False))
    (tmp_path / "page.md").write_text("# Results\n\n## Points\n\nold\n\n## Gone\n\na removed table\n")
    first = build(tmp_path, "points", "--seeds", "1")
    assert first.returncode == 0, first.stderr
    assert "Broken is not complete" in first.stderr
    page = (tmp_path / "page.md").read_text()
    rows = {line.split("<br>")[0]: line for line in page.splitlines() if line.startswith("|")}
    assert rows["| Broken"].count("not measured") == 4
    assert "not measured" not in rows["| Plain"]
    assert rows["| Plain"].endswith(" - |")  # a GAN of points has no classes
    assert "old" not in page
    assert "Gone" not in page
    assert "6.3 ± 0.5" in page
    configurations = list(tmp_path.glob("runs/*/*/*/config.yaml"))
    times = {path: path.stat().st_mtime_ns for path in configurations}
    assert len(times) == 1
    both = build(tmp_path)
    assert both.returncode == 0, both.stderr
    assert len(list(tmp_path.glob("runs/*/*/*/config.yaml"))) == 2
    assert times == {path: path.stat().st_mtime_ns for path in configurations}
    (plain,) = [line for line in (tmp_path / "page.md").read_text().splitlines() if line.startswith("| Plain")]
    assert "±" in plain or "(all 2)" in plain


def test_an_unknown_table_is_rejected(tmp_path):
    (tmp_path / "points.yaml").write_text(yaml.safe_dump(TABLE))
    done = build(tmp_path, "pionts")
    assert done.returncode == 2
    assert "there is no table 'pionts'; choose points" in done.stderr


def skip_absent_data(words: list[str]) -> None:
    """Skip the test if a row reads files of a Debian package that is not installed."""
    for word in words:
        path = word.removeprefix("data.path=")
        if path.startswith("/usr/share/") and not Path(path).exists():
            pytest.skip(f"{path} of a Debian package is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_every_row_is_a_valid_command(path):
    from ganlab.config import compose

    table = yaml.safe_load(path.read_text())
    optional = {"quoted", "differences", "protocol", "baselines", "checks"}
    assert set(table) - optional == {"title", "text", "seeds", "metrics", "scores", "rows"}
    for words in table["rows"].values():
        skip_absent_data(words)
        compose(words)  # raises an error for the first row that cannot be built
    assert all(override.startswith("protocol.") for override in table.get("protocol", []))
    assert {row for pair in table.get("differences", {}).values() for row in pair} <= set(table["rows"])
