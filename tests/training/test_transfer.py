"""Weights of a run on digits help on few images of another kind: better at a third of the steps than from scratch.

The small version of scripts/tables/transfer.yaml, on bold digits.
"""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from support.small_runs import QUIET, go

import ganlab

NETWORKS = ["generator=mlp", "discriminator=mlp", "generator.widths=[64]", "discriminator.widths=[64]"]
RECIPE = [*NETWORKS, "latent.size=16", "batch_size=32", "regularizer=[]", *QUIET, "log_every=0", "data.resolution=8",
          "optimizer.generator.lr=1e-3", "optimizer.discriminator.lr=1e-3"]  # fmt: skip
STEPS, IMAGES = 120, 200


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    directory = tmp_path_factory.mktemp("source") / "digits"
    go(directory, "data=digits", *RECIPE, "iterations=480")
    return directory


@pytest.fixture(scope="module")
def bold(tmp_path_factory):
    """Return a folder of few digits with wider strokes, and others of them, shape (n, 64), from -1 to 1."""
    folder = tmp_path_factory.mktemp("bold")
    digits = (load_digits().images * 15.9375).astype(np.uint8)
    digits = np.maximum(digits, np.roll(digits, 1, axis=2))
    for number, digit in enumerate(digits[:IMAGES]):
        Image.fromarray(digit).save(folder / f"{number:03}.png")
    return folder, digits[IMAGES:].reshape(-1, 64) / 127.5 - 1


def frechet_distance(run, real):
    """Return the Fréchet distance of pixels."""
    fake = ganlab.load(run).sample(1000).numpy().reshape(-1, 64)
    first, second = np.cov(real.T), np.cov(fake.T)
    root = np.sqrt(np.linalg.eigvals(first @ second).real.clip(0)).sum()
    return np.square(real.mean(0) - fake.mean(0)).sum() + np.trace(first) + np.trace(second) - 2 * root


@pytest.mark.parametrize("seed", range(3))
def test_a_third_of_the_steps_suffices(tmp_path, source, bold, seed):
    folder, real = bold
    settings = ["data=image_folder", f"data.path={folder}", "data.channels=1", *RECIPE, f"seed={seed}"]
    go(tmp_path / "scratch", *settings, f"iterations={STEPS}")
    go(tmp_path / "started", *settings, f"iterations={STEPS // 3}", f"init_from={source}")
    started, scratch = (frechet_distance(tmp_path / name, real) for name in ("started", "scratch"))
    print("DIST", started, scratch)
    assert started < scratch
