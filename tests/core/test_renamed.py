"""Runs, sweeps, command lines and packages of the version before the modules were moved still work.

That version wrote `former_runs`: a sweep of two seeds on points with an annealed penalty, and a conditional GAN on
digits with standing statistics, both of 20 steps; `expected.safetensors` has their samples, and the weights after ten
more steps.
"""

import importlib
import re
import shutil
import sys
import warnings
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from support.small_runs import NETWORKS, QUIET, composed

import ganlab
from ganlab.analysis.comparison import as_table, compare
from ganlab.analysis.evaluation import evaluate
from ganlab.commands.train import main
from ganlab.config import compose, locate
from ganlab.config.schema import EVALUATE
from ganlab.core.renamed import ATTRIBUTES, MODULES, current_config, current_override, current_target
from ganlab.sweeps.jobs.record import Record

FORMER = Path(__file__).parents[1] / "former_runs"
EXPECTED = load_file(FORMER / "expected.safetensors")
SHARED = ["checkpoint_every=10", "evaluate_every=10", "sample_every=20", "log_every=5", "protocol=fast"]
RING = [
    *("experiment=ring", "batch_size=32", "generator.widths=[8]", "discriminator.widths=[8]", "modifier=[anneal]"),
    *("modifier.anneal.weights={r1: [0.1, 0.01]}", "modifier.anneal.samples=1000", *SHARED),
    *("protocol.samples=500", "protocol.real_samples=500"),
]
DIGITS = [
    *("experiment=conditional_digits", "batch_size=16", "generator.width=2", "discriminator.width=2"),
    "callback=[health,sentinel,observe,verdicts,evaluate,best,samples,progress,checkpoint,status,interrupt]",
    *("modifier=[standing_statistics]", "recovery=roll_back", "schedule=simultaneous", "lr_schedule=cosine"),
    *(*SHARED, "protocol.samples=200", "protocol.repeats=2"),
]


@pytest.fixture
def former(tmp_path, monkeypatch):
    """Return a copy of the former runs, as the working directory."""
    shutil.copytree(FORMER, tmp_path / "runs")
    monkeypatch.chdir(tmp_path / "runs")
    return tmp_path / "runs"


@pytest.mark.parametrize(("run", "overrides"), [("sweep/0", RING), ("digits", DIGITS)], ids=["ring", "digits"])
def test_a_former_run_is_resumed_by_its_former_command(former, run, overrides, capsys):
    assert main([*overrides, "iterations=30", f"run_dir={run}"]) == 0
    assert f" of 30 in {run}" in capsys.readouterr().err
    resumed = load_file(former / run / "generator.safetensors")
    for name, weights in resumed.items():
        torch.testing.assert_close(weights, EXPECTED[f"resumed/{run.replace('/', '_')}/{name}"], atol=1e-4, rtol=1e-3)
    assert "training_hook" in (former / run / "config.yaml").read_text()


@pytest.mark.parametrize("run", ["sweep/0", "digits"])
def test_a_former_run_is_sampled(former, run):
    samples = ganlab.load(run).sample(8, seed=1)
    torch.testing.assert_close(samples, EXPECTED[f"samples/{run.replace('/', '_')}"], atol=1e-5, rtol=1e-4)


def test_a_former_run_is_evaluated(former):
    config = compose(["run=digits", "protocol=fast", "protocol.samples=100", "metric=[fid]"], command=EVALUATE)
    scores = evaluate(config).content["scores"]
    assert scores["fid"] == pytest.approx(836, rel=0.05)


def test_former_runs_are_compared(former):
    table = as_table(compare([former / "sweep"]))
    assert "0.61 ± 0.40" in table
    assert "reverse_kl" in table


def test_a_former_sweep_is_complete_for_its_former_command(former, capsys):
    assert main(["-m", *RING, "seed=0,1", "iterations=20", "hydra.sweep.dir=sweep"]) == 0
    captured = capsys.readouterr()
    assert "2 jobs: 2 finished" in captured.out + captured.err
    assert "starts" not in captured.out + captured.err
    assert all("training_hook=[anneal]" in job.overrides for job in Record(former / "sweep").jobs())


@pytest.mark.parametrize(
    ("former", "present"),
    [
        ("modifier=[anneal]", "training_hook=[anneal]"),
        ("+modifier=[anneal]", "+training_hook=[anneal]"),
        ("~modifier", "~training_hook"),
        ("modifier.anneal.samples=3", "training_hook.anneal.samples=3"),
        ("callback=[health,progress,verdicts]", "callback=[nan_monitor,progress,output_histograms]"),
        ("callback.sentinel.patience=4", "callback.collapse_monitor.patience=4"),
        ("callback.own.status=health", "callback.own.status=health"),
        ("name=modifier", "name=modifier"),
        ("loss=hinge", "loss=hinge"),
    ],
)
def test_former_overrides(former, present):
    assert current_override(former) == current_override(present) == present


def test_every_former_name_has_a_present_one():
    for name in ATTRIBUTES.values():
        assert callable(locate(name)) or isinstance(locate(name), type), name
    for module in MODULES.values():
        importlib.import_module(module)
    assert current_target("ganlab.schedule.Alternating") == "ganlab.schedules.Alternating"
    assert current_config({"modifier": {"a": {"_target_": "ganlab.callbacks.Anneal"}}, "list": [{"seed": 1}]}) == {
        "training_hook": {"a": {"_target_": "ganlab.training_hooks.Anneal"}},
        "list": [{"seed": 1}],
    }


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith("ganlab.sweeps")])
def test_a_former_import_works_with_one_warning_that_states_the_present_name(module):
    for name in [name for name in sys.modules if name in MODULES]:
        del sys.modules[name]
    with pytest.warns(FutureWarning, match=f"^{module} is now {MODULES[module]}; change the import$") as warned:
        importlib.import_module(module)
    assert len([one for one in warned if module in str(one.message).split()]) == 1


def test_imports_from_the_former_readme():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        scope: dict = {}
        exec(
            "from ganlab.interfaces import AdversarialLoss, Batch, Regularizer, Spec, Verdict\n"
            "from ganlab.round import Round\nfrom ganlab.random import Random\nfrom ganlab.data import Distribution\n",
            scope,
        )
    assert scope["Round"] is ganlab.BatchView
    assert scope["Verdict"] is ganlab.DiscriminatorOutput
    assert scope["Spec"] is ganlab.Spec
    assert scope["Random"] is ganlab.Random


def test_methods_with_former_names_are_called():
    with pytest.warns(FutureWarning, match="Own.perturb is now called perturb_input"):

        class Own(ganlab.Regularizer):
            player = "discriminator"

            def penalty(self, view):
                return view.on_real.logits.square()

            def perturb(self, samples, step, random):
                return samples + 1

    assert Own(1.0).perturb_input(torch.zeros(1), 0, None) == 1


def test_a_command_cannot_be_imported():
    with pytest.raises(ImportError, match=r"ganlab\.train is a command: run python -m ganlab\.train"):
        importlib.import_module("ganlab.train")
    assert ganlab.train.__name__ == "train"
    assert composed("data=ring", *NETWORKS, *QUIET)


MOVED = [name for name in ATTRIBUTES if re.fullmatch(r"ganlab\.(callbacks|layers|metrics)\.\w+", name)]


@pytest.mark.parametrize("name", MOVED)
def test_a_class_is_imported_from_the_package_that_it_left(name):
    package, _, former = name.rpartition(".")
    with pytest.warns(FutureWarning, match=f"^{name} is now {ATTRIBUTES[name]}; change the import$"):
        imported = getattr(importlib.import_module(package), former)
    assert imported is locate(ATTRIBUTES[name])
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'Nonsense'"):
        importlib.import_module(package).Nonsense  # noqa: B018
