"""Shared fixtures: one thread, and a module that is trained without Lightning's loop."""

import os
import signal
import sys
from types import SimpleNamespace

import pytest
import torch

from ganlab import discriminators, generators
from ganlab.ema import Live
from ganlab.engine.module import GANModule
from ganlab.lr_schedules import Constant
from ganlab.schedules import Alternating


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c():
    # A shell's background jobs ignore SIGINT, and so would all processes that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    os.environ["GANLAB_CACHE"] = str(tmp_path_factory.mktemp("cache"))


class Bench:
    """A GANModule, with a stub of the Trainer that has the attributes that its steps read."""

    def __init__(self, game, lr=0.1, optimizer=torch.optim.SGD, schedule=None, ema=Live, **settings):
        def build_optimizer(weights):
            return optimizer(weights, lr=lr)

        self.module = GANModule(
            game,
            {"discriminator": build_optimizer, "generator": build_optimizer},
            schedule or Alternating(),
            ema,
            **{"lr_schedule": Constant(), "iterations": 1000, "observe_every": 0, **settings},
        )
        strategy = SimpleNamespace(
            _lightning_optimizers=self.module.configure_optimizers(),
            backward=lambda loss, _, **arguments: loss.backward(**arguments),
        )
        self._trainer = SimpleNamespace(strategy=strategy)
        self.module.trainer = self._trainer  # the module has only a weak reference

    def run(self, batches):
        """Train one step per batch and return the module."""
        for index, batch in enumerate(batches):
            self.module.training_step(batch, index)
        return self.module


@pytest.fixture
def bench():
    return Bench


class Linear(torch.nn.Module):
    """D(x) = Σ w · x over all leaves of a nested sample, with weights of the samples' shapes."""

    def __init__(self, **weights):
        super().__init__()
        self.weights = torch.nn.ParameterDict({name: torch.as_tensor(value) for name, value in weights.items()})

    def forward(self, samples, cond=None):
        samples = samples if isinstance(samples, dict) else {"w": samples}
        return sum((x * self.weights[name]).flatten(1).sum(1) for name, x in samples.items())


@pytest.fixture
def linear():
    return Linear


@pytest.fixture
def dirac():
    return generators.Dirac, discriminators.Dirac


@pytest.fixture
def fresh_my_gan():
    """Let the package my_gan be imported from the test's own files: several tests write one of that name."""

    def forget():
        for name in [name for name in sys.modules if name.partition(".")[0] == "my_gan"]:
            del sys.modules[name]

    forget()
    yield
    forget()
