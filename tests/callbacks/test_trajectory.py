import csv

import numpy as np
import pytest
from PIL import Image
from support.small_runs import POINTS, go

from ganlab.core.errors import UserError

DIRAC = ["experiment=dirac", "trainer=cpu", "loss=wasserstein", "regularizer=[]", "iterations=12", "log_every=4"]


def rows(directory):
    with (directory / "metrics.csv").open() as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def test_every_step_of_a_dirac_gan_is_logged(tmp_path):
    # Each simultaneous Wasserstein step increases the radius by the factor √(1 + h²).
    go(tmp_path, *DIRAC, "generator.start=0.5", "discriminator.start=-1.0")
    table = rows(tmp_path)
    assert [row["step"] for row in table] == list(range(1, 13))
    np.testing.assert_allclose([row["radius"] for row in table], 1.25**0.5 * 1.01 ** (np.arange(1, 13) / 2), rtol=1e-5)
    for row in table:
        assert row["radius"] == pytest.approx(np.hypot(row["generator/theta"], row["discriminator/psi"]))
    assert "discriminator/adversarial" in table[3]


def test_the_whole_path_is_drawn_for_a_resumed_run(tmp_path):
    go(tmp_path / "whole", *DIRAC)
    go(tmp_path / "resumed", *DIRAC, "iterations=5")
    go(tmp_path / "resumed", *DIRAC)
    whole, resumed = (
        np.asarray(Image.open(tmp_path / name / "samples" / "00000012_trajectory.png")) for name in ("whole", "resumed")
    )
    assert np.array_equal(whole, resumed)
    assert (np.abs(whole.astype(int) - (228, 87, 46)).sum(2) < 30).sum() > 500  # in the colour of samples


def test_weights_with_several_numbers_are_logged_by_index(tmp_path):
    networks = ["generator=dirac", "discriminator=dirac", "ema=none", "callback=[metrics_logger,trajectory]"]
    go(tmp_path, *[line for line in POINTS if not line.startswith(("generator", "discriminator"))], *networks)
    names = {f"{name}.{i}" for name in ("generator/theta", "discriminator/psi") for i in range(2)}
    assert names | {"radius"} <= rows(tmp_path)[0].keys()


def test_networks_with_more_numbers_are_rejected(tmp_path):
    with pytest.raises(UserError, match="at most 16 numbers, and these have"):
        go(tmp_path, *POINTS, "callback=[metrics_logger,trajectory]")
