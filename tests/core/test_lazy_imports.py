"""torchmetrics' plots and sounds are imported by whoever wants them, and by nobody else."""

import subprocess
import sys

import pytest


def python(code, *path):
    """Run the code in a process of its own, with further places to import from, and return what it prints."""
    code = f"import sys; sys.path[:0] = {[str(each) for each in path]!r}\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def package(folder, content):
    """Write a torchmetrics of our own."""
    (folder / "torchmetrics").mkdir()
    (folder / "torchmetrics" / "__init__.py").write_text(content)
    (folder / "torchmetrics" / "part.py").write_text("import scipy.signal\nkept = scipy.signal\n")
    return folder


LOADED = "print(sorted({'scipy.signal', 'matplotlib', 'matplotlib.pyplot', 'matplotlib.axes'} & set(sys.modules)))"


@pytest.mark.slow
def test_lightning_comes_without_plots_and_sounds():
    assert python(f"import ganlab.commands, pytorch_lightning\n{LOADED}") == "[]"


@pytest.mark.slow
def test_a_run_that_draws_nothing_needs_neither(tmp_path):
    words = [
        *("data=ring", "generator=mlp", "discriminator=mlp", "iterations=1", "sample_every=0", "metric=[]"),
        *("callback=[nan_monitor,progress]", f"run_dir={tmp_path / 'run'}"),
    ]
    code = f"import runpy\nsys.argv[1:] = {words!r}\n"
    code += "try: runpy.run_module('ganlab.commands.train', run_name='__main__')\n"
    assert python(f"{code}finally: {LOADED}").endswith("[]")


@pytest.mark.slow
def test_whoever_wants_them_gets_the_real_ones():
    code = """
import ganlab.commands, torchmetrics, scipy.signal, matplotlib.pyplot as pyplot
from matplotlib.figure import Figure
pyplot.rcParams["lines.linewidth"] = 9.0
metric = torchmetrics.MeanMetric()
metric.update(2.0)
figure, axes = metric.plot()
print(isinstance(figure, Figure), axes.lines[0].get_linewidth() < 9.0, pyplot.rcParams["lines.linewidth"])
print(scipy.signal.convolve([1, 2], [1, 1]).tolist())
"""
    assert python(code).splitlines() == ["True True 9.0", "[1, 3, 2]"]


@pytest.mark.slow
def test_who_has_them_already_keeps_them():
    code = "import matplotlib.pyplot as mine, ganlab.commands\nfrom torchmetrics.utilities import plot\n"
    code += "print(plot.plt is mine)"
    assert python(code) == "True"


def test_a_torchmetrics_that_reads_more_is_imported_as_it_is(tmp_path):
    reads_more = "from torchmetrics.part import kept\nfrom scipy.signal import lfilter\n"
    code = "import ganlab.commands, torchmetrics as t; print(t.lfilter is t.kept.lfilter, type(t.kept).__name__)"
    assert python(code, package(tmp_path, reads_more)) == "True module"


def test_what_it_keeps_answers_later(tmp_path):
    code = "import ganlab.commands, torchmetrics as t, scipy.signal as real; print(t.kept.lfilter is real.lfilter)"
    assert python(code, package(tmp_path, "from torchmetrics.part import kept\n")) == "True"


def test_its_own_mistakes_are_its_own(tmp_path):
    with pytest.raises(AssertionError, match="RuntimeError: broken"):
        python("import ganlab.commands, torchmetrics", package(tmp_path, "raise RuntimeError('broken')\n"))
