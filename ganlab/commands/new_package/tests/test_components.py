"""Tests of the components of package_name, and of the experiment that uses them."""

from pathlib import Path

import ganlab
import pytest
import torch
from ganlab import Spec
from omegaconf import DictConfig

CONF = Path(__file__).parents[1] / "conf"


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> DictConfig:
    """Compose the experiment of this package, shortened to three steps."""
    monkeypatch.setenv("GANLAB_ALLOW", "package_name")
    return ganlab.compose(["experiment=package_name", "trainer=smoke"], [CONF])


def test_the_loss_is_lower_for_correct_outputs(config: DictConfig) -> None:
    """Both sides of the loss point in the right direction."""
    loss = ganlab.instantiate(config.loss)
    low, high = torch.tensor([-3.0]), torch.tensor([3.0])
    assert loss.discriminator(real=high, fake=low) < loss.discriminator(low, high)
    assert loss.generator(fake=high) < loss.generator(low)


def test_the_generator_returns_samples(config: DictConfig) -> None:
    """The shape of the output is that of the data."""
    generator = ganlab.instantiate(config.generator)(Spec(sample=(2,), latent=4))
    assert generator(torch.zeros(3, 4)).shape == (3, 2)


def test_the_experiment_trains(config: DictConfig, tmp_path: Path) -> None:
    """Three steps lead to a score and to the files of a run."""
    config.run_dir = str(tmp_path)
    assert ganlab.train(config).metrics["fid"] >= 0
    assert (tmp_path / "generator.safetensors").exists()
