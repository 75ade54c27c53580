"""LaTeX tables of a comparison: lines of booktabs, escaped texts, numbers in mathematics."""

import re

import pytest
from matplotlib.mathtext import MathTextParser
from support.run_files import changed, score_file, set_status, write_run, write_seeds

from ganlab.analysis.comparison import as_latex, compare
from ganlab.analysis.comparison.latex import escape, format_number
from ganlab.runs.directory import write_json


def test_a_table_is_a_tabular_with_the_lines_of_booktabs(tmp_path):
    write_seeds(tmp_path / "a", [9.5, 9.7, 9.9], "loss=hinge")
    write_seeds(tmp_path / "b", [9.6, 9.8, 10.0], "loss=wasserstein")
    set_status(write_run(tmp_path / "c", None), state="failed", step=2, reason="100 % of\nthe disk")
    lines = as_latex(compare(tmp_path)).splitlines()
    assert [line for line in lines if line and not line.startswith("%")] == [
        r"\begin{tabular}{lrl}",
        r"\toprule",
        r" & $n$ & fid $\downarrow$ \\",
        r"\midrule",
        r"loss=Hinge & 3 & $9.70 \pm 0.50$ \\",
        r"loss=Wasserstein & 3 & $9.80 \pm 0.50$\textsuperscript{*} \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]
    assert lines[0] == r"% needs \usepackage{booktabs}"
    assert lines[-1] == f"% left out: {tmp_path / 'c'}: failed at step 2: 100 % of the disk"


def test_each_protocol_has_its_tabular(tmp_path):
    write_run(tmp_path / "a", {"fid": 1.0}, "loss=hinge")
    write_run(tmp_path / "b", {"fid": 2.0}, "loss=wasserstein", protocol=changed(samples=2000))
    assert as_latex(compare(tmp_path)).count(r"\begin{tabular}") == 2


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("9.70 ± 0.12", r"$9.70 \pm 0.12$"),
        ("9.70 ± 0.12 *", r"$9.70 \pm 0.12$\textsuperscript{*}"),
        ("(2.03 ± 0.14)e-5", r"$(2.03 \pm 0.14) \times 10^{-5}$"),
        ("0.50 +0.62 -0.50", "$0.50^{+0.62}_{-0.50}$"),
        ("(3.0 +12.7 -3.0)e-5", r"$(3.0^{+12.7}_{-3.0}) \times 10^{-5}$"),
        ("9.70 [9.58, 9.80]", "$9.70 [9.58, 9.80]$"),
        ("9.702 (n=1)", "$9.702$ ($n=1$)"),
        ("1.234e-5", r"$1.234 \times 10^{-5}$"),
        ("nan ± nan", r"$\mathrm{nan} \pm \mathrm{nan}$"),
        ("-0.5", "$-0.5$"),
        ("-", "--"),
    ],
)
def test_numbers(text, latex):
    assert format_number(text) == latex
    parser = MathTextParser("path")
    for formula in re.findall(r"\$[^$]+\$", latex):  # raises ValueError for what is not mathematics
        parser.parse(formula)


def test_special_signs_are_escaped(tmp_path):
    assert escape(r"a_b & 50% {x} #1 $ ~ ^ \ ") == (
        r"a\_b \& 50\% \{x\} \#1 \$ \textasciitilde{} \textasciicircum{} \textbackslash{} "
    )
    write_json(tmp_path / "my_50%.json", score_file({"fid": 1.0}))
    assert escape(str(tmp_path / "my_50%.json")) + " & 1 & $1$" in as_latex(compare(tmp_path / "my_50%.json"))
