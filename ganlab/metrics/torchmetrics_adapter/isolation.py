"""Random numbers of foreign code, apart from those of training."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from ganlab.core.random import derive


@contextmanager
def own_random_state(*purpose: object) -> Iterator[None]:
    """Seed all global generators from a purpose, and set them back afterwards.

    The body draws the same numbers whenever it is called, and its caller's next numbers do not change.
    """
    seed = derive("foreign metric", *purpose) % (1 << 32)
    python_state, numpy_state = random.getstate(), np.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    try:
        with torch.random.fork_rng(devices):
            torch.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed)
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
