"""Devices that this machine lacks are reported in a sentence before there is a run directory."""

import pytest
import torch

from ganlab import compose
from ganlab.core.errors import UserError
from ganlab.engine.accelerators import require_accelerator
from ganlab.training.api import train


@pytest.fixture
def gpus(monkeypatch):
    """Return a function that sets how many CUDA devices there are."""

    def pretend(count: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    return pretend


@pytest.mark.parametrize("name", ["gpu", "cuda", "mps"])
def test_a_device_that_does_not_exist(gpus, name):
    gpus(0)
    with pytest.raises(
        UserError, match=rf"^trainer\.accelerator={name}: PyTorch finds no such device on this machine; "
    ):
        require_accelerator({"accelerator": name})


@pytest.mark.parametrize("devices", [3, "3", [0, 2], "1,2"])
def test_more_devices_than_there_are(gpus, devices):
    gpus(2)
    with pytest.raises(UserError, match=r"this machine has 2 gpu devices; write trainer\.devices=2 or less$"):
        require_accelerator({"accelerator": "gpu", "devices": devices})


@pytest.mark.parametrize("devices", [1, 2, -1, "auto", [1], "0,1"])
def test_devices_that_exist(gpus, devices):
    gpus(2)
    require_accelerator({"accelerator": "gpu", "devices": devices})


@pytest.mark.parametrize("name", ["cpu", "auto"])
def test_the_cpu_is_always_there(gpus, name):
    gpus(0)
    require_accelerator({"accelerator": name, "devices": 7})


def test_training_without_the_device_leaves_no_run_directory(gpus, tmp_path):
    gpus(0)
    config = compose(["experiment=ring", "trainer=gpu", "metric=[]", f"run_dir={tmp_path / 'run'}"])
    with pytest.raises(UserError, match=r"^trainer\.accelerator=gpu: PyTorch finds no such device"):
        train(config)
    assert not (tmp_path / "run").exists()
