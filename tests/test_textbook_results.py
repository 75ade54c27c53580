"""The results of docs/reports/results.md in short runs."""

import json

import pytest
from support.small_runs import go

BRIEF = ["trainer=cpu", "protocol=fast", "sample_every=0", "evaluate_every=0", "checkpoint_every=0", "log_every=500"]


def scores(folder, *overrides):
    go(folder, *overrides, *BRIEF)
    return json.loads((folder / "scores.json").read_text())["scores"]


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "modes", "steps"), [("ring", 8, 480), ("grid", 25, 2000)])
def test_the_plain_gan_loses_modes_and_the_best_recipe_does_not(recipe, modes, steps, tmp_path):
    plain = scores(tmp_path / "plain", f"experiment={recipe}_textbook", "iterations=1000")
    best = scores(tmp_path / "best", f"experiment={recipe}_best", "metric=[modes]", f"iterations={steps}")
    assert plain["modes"] <= 1
    assert plain["reverse_kl"] > 1
    assert best["modes"] == modes
    assert best["reverse_kl"] < 0.1


@pytest.mark.slow
def test_packing_reduces_mode_loss(tmp_path):
    words = ["experiment=ring_textbook", "iterations=1500"]
    plain, packed = (scores(tmp_path / str(size), *words, f"game.packing={size}") for size in (1, 4))
    assert packed["reverse_kl"] < 0.5 < 1 < plain["reverse_kl"]


@pytest.mark.slow
def test_with_few_images_augmentation_prevents_overfitting_of_the_discriminator(tmp_path):
    words = [
        "experiment=small_data_digits",
        "metric=[discriminator_gap]",
        "optimized_metric=discriminator_gap",
        "iterations=1500",
    ]
    gaps = {
        augment: scores(tmp_path / augment, *words, f"augment={augment}")["discriminator_gap"]
        for augment in ("none", "diffaugment")
    }
    assert gaps["none"] > 0.3
    assert abs(gaps["diffaugment"]) < 0.15
