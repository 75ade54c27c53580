"""Tests that need a CUDA device; skipped without one."""

import csv
import json

import pytest
import torch
from support.small_runs import command

import ganlab
from ganlab.core.interfaces import Batch, Spec
from ganlab.games import AdversarialGame

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
    pytest.mark.filterwarnings("ignore:.*isinstance.treespec, LeafSpec.*"),
    pytest.mark.filterwarnings("ignore:.*Online softmax is disabled.*"),
]
SMALL = ["data.resolution=16", "generator.width=8", "discriminator.width=8", "iterations=12", "log_every=4"]
SCORES = ["protocol.samples=200", "sample_every=6", "evaluate_every=0", "checkpoint_every=6"]


def run(tmp_path, *overrides):
    config = ganlab.compose(["trainer=gpu", *SMALL, *SCORES, f"run_dir={tmp_path / 'run'}", *overrides])
    return ganlab.train(config)


@pytest.mark.parametrize(
    "overrides",
    [
        ["trainer.precision=32-true"],
        ["trainer.precision=bf16-mixed"],
        ["trainer.precision=bf16-mixed", "regularizer=[gradient_penalty]", "loss=wasserstein"],
        ["trainer.precision=16-mixed", "regularizer=[]", "loss=hinge", "gradient_clip_norm=1.0"],
        ["microbatches=2", "regularizer=[r1,r2,consensus]", "ema=none"],
        ["compile=[generator]"],
        ["compile=[generator,discriminator]", "regularizer=[]"],
    ],
    ids=lambda words: " ".join(words),
)
def test_a_run_trains_scores_and_samples_on_the_device(tmp_path, overrides):
    result = run(tmp_path, *overrides)
    assert result.metrics["fid"] > 0
    rows = (result.run_dir / "metrics.csv").read_text().splitlines()
    assert len(rows) > 3
    norms = [float(row["generator/gradient_norm"]) for row in csv.DictReader(rows) if row["generator/gradient_norm"]]
    assert norms
    assert max(norms) < 1000
    assert json.loads((result.run_dir / "status.json").read_text())["state"] == "finished"
    samples = ganlab.load(result.run_dir, device="cuda").sample(5, seed=3)
    assert samples.shape == (5, 1, 16, 16)
    assert samples.isfinite().all()


def build_game(device, *overrides):
    config = ganlab.compose([*SMALL, *overrides])
    torch.manual_seed(0)
    game: AdversarialGame = ganlab.instantiate(config.game)(Spec((1, 16, 16)))
    return game.to(device)


@pytest.mark.parametrize("regularizer", ["r1", "r2", "gradient_penalty", "dragan", "consensus"])
def test_penalties_agree_with_the_cpu_and_survive_bf16(regularizer):
    """Only R1 is compared by value: the others draw latents or mixing weights, which differ between devices."""
    real = torch.rand(8, 1, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    values = {}
    for device in ("cpu", "cuda"):
        game = build_game(device, f"regularizer=[{regularizer}]", "loss=wasserstein")
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            terms = game.losses("discriminator", Batch(real.to(device)), 0)
        assert terms[regularizer].dtype == torch.float32
        assert terms[regularizer].isfinite()
        terms[regularizer].backward()
        values[device] = float(terms[regularizer].detach())
    if regularizer == "r1":
        assert values["cuda"] == pytest.approx(values["cpu"], rel=1e-3)


def test_a_resumed_run_equals_an_uninterrupted_run(tmp_path):
    """They are equal bit for bit with cuDNN's deterministic algorithms."""
    overrides = ["trainer.deterministic=true", "trainer.benchmark=false", "generator.norm=none", "evaluate_every=12"]
    whole = run(tmp_path / "whole", *overrides, "metric=[]")
    run(tmp_path / "halves", *overrides, "metric=[]", "iterations=6")
    resumed = run(tmp_path / "halves", *overrides, "metric=[]")
    first, second = (ganlab.load(result.run_dir).network.state_dict() for result in (whole, resumed))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_jobs_of_a_sweep_use_the_device(tmp_path):
    words = ["trainer=gpu", *SMALL, *SCORES, "metric=[]", "optimized_metric=fid", "seed=0,1", "hydra.launcher.slots=2"]
    done = command("train", "-m", *words, f"hydra.sweep.dir={tmp_path / 'sweep'}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for job in "01":
        assert json.loads((tmp_path / "sweep" / job / "status.json").read_text())["state"] == "finished"
        state = torch.load(tmp_path / "sweep" / job / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        assert {tensor.device.type for tensor in state.values()} == {"cuda"}
