"""Plots and audio metrics of torchmetrics are imported at first use, not before."""

import subprocess
import sys

import pytest


def python(code, *path):
    """Run the code in its own process, with these folders on the path, and return its output."""
    code = f"import sys; sys.path[:0] = {[str(folder) for folder in path]!r}\n{code}"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def package(folder, content):
    """Write a package torchmetrics with this content."""
    (folder / "torchmetrics").mkdir()
    (folder / "torchmetrics" / "__init__.py").write_text(content)
    (folder / "torchmetrics" / "part.py").write_text("import scipy.signal\nsignal = scipy.signal\n")
    return folder


LOADED = "print(sorted({'scipy.signal', 'matplotlib', 'matplotlib.pyplot', 'matplotlib.axes'} & set(sys.modules)))"


@pytest.mark.slow
def test_importing_lightning_imports_neither_matplotlib_nor_scipy_signal():
    assert python(f"import ganlab.commands, pytorch_lightning\n{LOADED}") == "[]"


@pytest.mark.slow
def test_a_run_without_images_imports_neither(tmp_path):
    overrides = [
        *("data=ring", "generator=mlp", "discriminator=mlp", "iterations=1", "sample_every=0", "metric=[]"),
        *("callback=[nan_monitor,progress]", f"run_dir={tmp_path / 'run'}"),
    ]
    code = f"import atexit, runpy\nsys.argv[1:] = {overrides!r}\natexit.register(lambda: {LOADED})\n"
    assert python(f"{code}runpy.run_module('ganlab.commands.train', run_name='__main__')").endswith("[]")


@pytest.mark.slow
def test_importing_scipy_signal_and_pyplot_gives_the_real_modules():
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
def test_a_module_that_was_imported_before_is_not_replaced():
    code = "import matplotlib.pyplot as pyplot, ganlab.commands\nfrom torchmetrics.utilities import plot\n"
    code += "print(plot.plt is pyplot)"
    assert python(code) == "True"


def test_a_torchmetrics_that_reads_more_names_is_imported_without_placeholders(tmp_path):
    reads_more = "from torchmetrics.part import signal\nfrom scipy.signal import lfilter\n"
    code = "import ganlab.commands, torchmetrics as t; print(t.lfilter is t.signal.lfilter, type(t.signal).__name__)"
    assert python(code, package(tmp_path, reads_more)) == "True module"


def test_a_placeholder_forwards_to_the_real_module_later(tmp_path):
    code = "import ganlab.commands, torchmetrics as t, scipy.signal as real; print(t.signal.lfilter is real.lfilter)"
    assert python(code, package(tmp_path, "from torchmetrics.part import signal\n")) == "True"


def test_an_error_of_torchmetrics_itself_is_raised(tmp_path):
    with pytest.raises(AssertionError, match="RuntimeError: broken"):
        python("import ganlab.commands, torchmetrics", package(tmp_path, "raise RuntimeError('broken')\n"))
