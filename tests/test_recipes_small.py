"""Every small experiment of an architecture, at its configured widths, for a few steps."""

import math

import pytest
import torch
from support.small_runs import QUIET, go, rows

import ganlab
from ganlab.config import compose, conf_directory

ENDINGS = ("digits", "fashion_mnist")
RECIPES = sorted(path.stem for end in ENDINGS for path in (conf_directory() / "experiment").glob(f"*{end}.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_trains_and_stays_finite(name, tmp_path):
    labels = compose([f"experiment={name}"]).data.get("labels", False)
    data = ["data=digits", f"data.labels={str(labels).lower()}"] if name.endswith("fashion_mnist") else []
    result = go(tmp_path / "run", f"experiment={name}", *data, *QUIET, "iterations=3", "batch_size=8")
    losses = [float(row[key]) for row in rows(tmp_path / "run") for key in row if "/adversarial" in key]
    assert len(losses) in (6, 12)  # of both players, and in both directions of CycleGAN
    assert all(map(math.isfinite, losses))
    sampler = ganlab.load(result.run_dir)
    cond = torch.zeros(2, *sampler.spec.cond) if sampler.spec.cond else None
    assert sampler.sample(2, seed=1, cond=cond).isfinite().all()


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_with_labels_measure_class_accuracy(name):
    config = compose([f"experiment={name}"])
    knows_classes = "_target_" in config.features and not config.features._target_.endswith("LogMelStatistics")
    labels = config.data.get("labels", False)  # translators have none
    assert ("class_accuracy" in config.metric) == (labels and knows_classes)
