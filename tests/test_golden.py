"""Losses of the first steps of three small experiments, which a refactoring must not change.

If a change of the numbers is intended, rewrite the files and add a line to the change log:

    GANLAB_WRITE_GOLDEN=1 pytest tests/test_golden.py
"""

import csv
import json
import os
from pathlib import Path

import pytest

import ganlab

GOLDEN = Path(__file__).parent / "golden"
WRITE = "GANLAB_WRITE_GOLDEN"
STEPS = 20
COMMON = [
    "trainer=cpu", "metric=[]", "callback=[nan_monitor,metrics_logger,status_file]",
    f"iterations={STEPS}", "log_every=1",
    "batch_size=16", "optimizer=adam", "optimizer.discriminator.lr=1e-3", "optimizer.generator.lr=5e-4",
]  # fmt: skip
EXPERIMENTS = {
    "ring_wasserstein_gradient_penalty": [
        "data=ring", "generator=mlp", "discriminator=mlp", "generator.widths=[32,32]", "discriminator.widths=[32,32]",
        "latent.size=8", "loss=wasserstein", "regularizer=[gradient_penalty]", "schedule.generator=2", "ema=none",
    ],
    "digits_dcgan_non_saturating_r1": [
        "data=digits", "data.resolution=8", "generator=dcgan", "discriminator=dcgan", "generator.width=8",
        "discriminator.width=8", "latent.size=16", "loss=non_saturating", "regularizer=[r1]",
    ],
    "digits_mlp_hinge_ema": [
        "data=digits", "data.resolution=8", "data.labels=true", "generator=mlp", "discriminator=mlp",
        "generator.widths=[32]", "discriminator.widths=[32]", "latent.size=16", "loss=hinge",
        "regularizer=[]", "ema=half_life", "schedule=simultaneous", "seed=3",
    ],
}  # fmt: skip


def losses(overrides, run_dir):
    """Train and return the values of each loss term and norm by step; None if the player was not updated."""
    ganlab.train(ganlab.compose([*COMMON, *overrides, f"run_dir={run_dir}"]))
    rows = list(csv.DictReader((run_dir / "metrics.csv").read_text().splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, STEPS + 1))
    names = [name for name in rows[0] if "/" in name and name.split("/")[1] not in ("lr", "accuracy")]
    return {name: [float(row[name]) if row[name] else None for row in rows] for name in sorted(names)}


def differs(expected, actual):
    if expected is None or actual is None:
        return expected is not actual
    return actual != pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.filterwarnings("ignore:.*smaller than the logging interval.*", "ignore:.*in eval mode at the start.*")
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_first_losses_are_unchanged(name, tmp_path):
    file = GOLDEN / f"{name}.json"
    actual = losses(EXPERIMENTS[name], tmp_path / "run")
    if os.environ.get(WRITE):
        file.write_text(json.dumps(actual, indent=1) + "\n")
    expected = json.loads(file.read_text())
    changed = [
        f"{term} at step {step}: {before} → {now}"
        for term in sorted({*expected, *actual})
        for step, (before, now) in enumerate(zip(expected.get(term, []), actual.get(term, []), strict=False), 1)
        if differs(before, now)
    ]
    changed += [f"{term} is in only one of them" for term in expected.keys() ^ actual.keys()]
    assert not changed, (
        f"the losses of {name} changed: {'; '.join(changed[:3])}. If that is intended, "
        f"rewrite them with {WRITE}=1 pytest tests/test_golden.py and add a line to CHANGELOG.md that says why"
    )


def test_every_file_belongs_to_an_experiment():
    assert {path.stem for path in GOLDEN.glob("*.json")} == {*EXPERIMENTS}
