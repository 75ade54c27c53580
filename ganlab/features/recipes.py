"""The recipe of a small classifier that fits a data set."""

from ganlab.features.base import Source
from ganlab.features.classifier_recipe import ClassifierRecipe
from ganlab.features.image_recipe import ImageRecipe
from ganlab.features.sound_input import build_log_mel, find_sound_shape
from ganlab.features.sound_recipe import SoundRecipe

MELS, RULE, FLOOR = 40, "slaney", 1e-4  # the defaults of features=sound_classifier


def find_recipe(data: Source) -> ClassifierRecipe | None:
    """Return the recipe for images or sounds of any size, with its default settings; None for other samples."""
    sound = find_sound_shape(data)
    if sound is not None:
        return SoundRecipe(build_log_mel(sound, None, None, MELS, RULE, FLOOR), sound.samples)
    match data.spec.sample:
        case [int(), int(), int()]:
            return ImageRecipe()
    return None
