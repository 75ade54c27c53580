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
    # Simultaneous Wasserstein steps turn outwards by √(1 + h²) each.
    go(tmp_path, *DIRAC, "generator.start=0.5", "discriminator.start=-1.0")
    written = rows(tmp_path)
    assert [row["step"] for row in written] == list(range(1, 13))
    np.testing.assert_allclose(
        [row["radius"] for row in written], 1.25**0.5 * 1.01 ** (np.arange(1, 13) / 2), rtol=1e-5
    )
    for row in written:
        assert row["radius"] == pytest.approx(np.hypot(row["generator/theta"], row["discriminator/psi"]))
    assert "discriminator/adversarial" in written[3]


def test_the_path_is_drawn_whole_after_a_pause(tmp_path):
    go(tmp_path / "whole", *DIRAC)
    go(tmp_path / "paused", *DIRAC, "iterations=5")
    go(tmp_path / "paused", *DIRAC)
    whole, paused = (
        np.asarray(Image.open(tmp_path / name / "samples" / "00000012_trajectory.png")) for name in ("whole", "paused")
    )
    assert np.array_equal(whole, paused)
    assert (np.abs(whole.astype(int) - (228, 87, 46)).sum(2) < 30).sum() > 500  # in the colour of samples


def test_weights_of_several_numbers_are_counted(tmp_path):
    networks = ["generator=dirac", "discriminator=dirac", "ema=none", "callback=[metrics_logger,trajectory]"]
    go(tmp_path, *[line for line in POINTS if not line.startswith(("generator", "discriminator"))], *networks)
    names = {f"{name}.{i}" for name in ("generator/theta", "discriminator/psi") for i in range(2)}
    assert names | {"radius"} <= rows(tmp_path)[0].keys()


def test_networks_of_more_numbers_are_refused(tmp_path):
    with pytest.raises(UserError, match="at most 16 numbers, and these have"):
        go(tmp_path, *POINTS, "callback=[metrics_logger,trajectory]")
