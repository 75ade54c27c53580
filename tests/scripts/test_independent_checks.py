"""The independent checks accept real digits that they have not seen, and fail copies, noise and collapse."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlab.data.digits import Digits

sys.path.append(str(Path(__file__).parents[2] / "scripts" / "tables"))

import independent_checks


@pytest.fixture(scope="module")
def digits():
    data = Digits(resolution=8, labels=True)
    batches = [batch for split in ("train", "validation", "test") for batch in data.real_samples(split=split)]
    images = torch.cat([batch.sample for batch in batches]).float() / 127.5 - 1
    return independent_checks._pixels(images, data), torch.cat([batch.cond for batch in batches]).numpy()


def results_for(fake, digits):
    """Check with 700 training digits and 400 held-out ones."""
    rows, labels = digits
    return independent_checks.check_samples(fake, rows[:700], rows[700:1100], labels[700:1100])


def test_unseen_real_digits_are_accepted(digits):
    results = results_for(digits[0][1100:], digits)
    assert independent_checks.find_failures(results) == []
    assert results["forest"] < 0.6
    assert results["copying"] == pytest.approx(results["chance"], abs=0.06)


def test_copies_of_training_digits_fail(digits):
    reasons = independent_checks.find_failures(results_for(digits[0][:650], digits))
    assert any(reason.startswith("copying_over_chance") for reason in reasons)
    assert any(reason.startswith("distance 0") for reason in reasons)


def test_noise_fails_every_check_of_quality(digits):
    noise = np.random.default_rng(0).integers(0, 17, (700, 64)).astype(np.float32)
    reasons = " ".join(independent_checks.find_failures(results_for(noise, digits)))
    for name in ("neighbours", "distance", "forest"):
        assert name in reasons


def test_a_generator_of_one_class_fails(digits):
    rows, labels = digits
    ones = rows[1100:][labels[1100:] == 1]
    reasons = " ".join(independent_checks.find_failures(results_for(ones, digits)))
    assert "smallest_class 0" in reasons
    assert "largest_class" in reasons


def test_enlarged_pictures_lose_their_frame_and_come_back_to_8_by_8(digits):
    large = Digits(resolution=28, labels=True)
    images = torch.cat([batch.sample for batch in large.real_samples(split="train")]).float() / 127.5 - 1
    difference = np.abs(independent_checks._pixels(images, large) - digits[0][: len(images)])
    assert difference.mean() < 0.15  # of 16 levels


def test_a_run_is_checked(tmp_path, capsys, monkeypatch):
    from support import small_runs

    run = small_runs.go(tmp_path / "run", "data=digits", "data.resolution=8", "iterations=2").run_dir
    monkeypatch.setattr(sys, "argv", ["independent_checks.py", str(run)])
    assert independent_checks.main() == 0
    assert '"reasons": ["' in capsys.readouterr().out
