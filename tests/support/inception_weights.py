"""A weights file for tests of Inception, without a download."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import inception_v3


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file in the published Inception's format, with random weights that keep the signal in all layers."""
    path = tmp_path_factory.mktemp("inception") / "random.pth"
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(1)
        network = inception_v3(num_classes=1008, aux_logits=False, init_weights=False)
        for module in network.modules():
            match module:
                case nn.Conv2d():
                    nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                case nn.BatchNorm2d():
                    module.weight.uniform_(0.5, 1.5)
                    module.bias.normal_(0, 0.2)
                    module.running_mean.normal_(0, 0.1)
                    module.running_var.uniform_(0.5, 2)
        nn.init.normal_(network.fc.weight, std=0.3)
    torch.save(network.state_dict(), path)
    yield path
    path.unlink()
