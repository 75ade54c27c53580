"""The feature space of a small classifier of a data set of sounds, which is trained on its labels."""

from typing import Any, final

from torch import Tensor

from ganlab.features.base import MAX_SPATIAL, LabelledSource
from ganlab.features.sound_input import FLOOR, MELS, RULE, build_log_mel, require_sound_shape
from ganlab.features.sound_recipe import SoundRecipe
from ganlab.features.trained_classifier import TrainedClassifierFeatures


@final
class SoundClassifier(TrainedClassifierFeatures):
    """Penultimate features (64), logits and last maps of a small classifier of log-mel spectrograms of sounds.

    The classifier is trained once on the labels of the data set, for `steps` batches of 64 sounds, and saved under
    $GANLAB_CACHE (~/.cache/ganlab); `weights` is the file of one that was trained before, with its json file next to
    it. The settings of the spectrogram are those of `LogMelStatistics`;
    it is averaged to at most 48 frames. Raises FileNotFoundError if the weights do not
    exist, and ValueError if they are damaged or were trained with other settings, if the data set has no labels to
    train on, or if it has no sounds.
    """

    name = "sound_classifier"

    def __init__(
        self,
        data: LabelledSource,
        weights: str | None = None,
        seed: int = 0,
        steps: int = 300,
        n_fft: int | None = None,
        hop: int | None = None,
        mels: int = MELS,
        rule: str = RULE,
        floor: float = FLOOR,
    ) -> None:
        shape = require_sound_shape(data, self.name)
        log_mel = build_log_mel(shape, n_fft, hop, mels, rule, floor)
        recipe = SoundRecipe(log_mel, shape.samples)
        super().__init__(recipe, data, weights, seed, steps)
        if self.channels != shape.channels:
            raise ValueError(
                f"features.weights={weights} has a classifier of sounds with {self.channels} channels, but the data's "
                f"have {shape.channels}; train it again on this data"
            )
        self.recipe = recipe
        pixels = _quarter(recipe.frames) * _quarter(mels)
        self.spatial_width = max(1, MAX_SPATIAL // pixels) * pixels

    def prepare(self, samples: Tensor) -> Tensor:
        """Return the scaled log-mel spectrograms (n, channels, frames, mels) of sounds (n, samples, channels)."""
        return self.recipe.inputs(samples)

    def describe_input(self) -> dict[str, Any]:
        """Return the settings of the spectrogram, and the frames that it is averaged to."""
        spectrogram = self.recipe.log_mel.describe()
        resize = {"resize": "averages in time", "resolution": [self.recipe.frames, spectrogram["mels"]]}
        return {**resize, "channels": self.channels, **spectrogram}


def _quarter(size: int) -> int:
    """Return the size after two layers of stride 2."""
    return (size + 3) // 4
