"""ganlab: train, evaluate and compare GANs from configurations.

`compose` returns a checked configuration, `train` trains it, `load` returns the generator of a finished run, and
`instantiate` builds single components. The base classes of custom components are here, too. Names are imported when
first used, so `ganlab train --help` does not wait for torch.
"""

from importlib import import_module
from typing import Any

from ganlab.core import renamed

renamed.install()
__version__ = "0.1.0"

_MODULES = {
    "AdversarialLoss": "ganlab.core.interfaces",
    "Augment": "ganlab.core.interfaces",
    "Batch": "ganlab.core.interfaces",
    "BatchView": "ganlab.core.interfaces.batch_view",
    "ConfigurationError": "ganlab.core.errors",
    "DataSet": "ganlab.data",
    "DiscriminatorOutput": "ganlab.core.interfaces",
    "Game": "ganlab.core.interfaces",
    "Latent": "ganlab.core.interfaces",
    "Metric": "ganlab.metrics",
    "Random": "ganlab.core.random",
    "Regularizer": "ganlab.core.interfaces",
    "Result": "ganlab.training.api",
    "Sampler": "ganlab.games.sampler",
    "Spec": "ganlab.core.interfaces",
    "UpdateSchedule": "ganlab.core.interfaces",
    "compose": "ganlab.config.composition",
    "instantiate": "ganlab.config.targets",
    "load": "ganlab.training.export",
    "train": "ganlab.training.api",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'ganlab' has no attribute '{name}'")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*_MODULES, "__version__"])
