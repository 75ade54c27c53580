"""The issues that a configuration is rejected with, for tests of the checks."""

import pytest

from ganlab.config import compose
from ganlab.core.errors import ConfigurationError
from support.small_runs import NETWORKS

POINTS = ["data=ring", *NETWORKS]
IMAGES = ["data=digits", "data.resolution=8", *NETWORKS]
IMAGE_PAIRS = [
    *("data=digits", "data.resolution=16", "data._target_=support.translated_digits.InvertedDigits"),
    *("latent=none", "generator=unet_translator", "discriminator=dcgan"),
]


def issues_of(*overrides: str) -> list[str]:
    """Return the sentences of the ConfigurationError that composing raises."""
    with pytest.raises(ConfigurationError) as caught:
        compose(overrides)
    return caught.value.issues
