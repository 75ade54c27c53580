"""The recipe of a small classifier that fits a data set."""

from ganlab.features.base import Source
from ganlab.features.classifier_recipe import ClassifierRecipe
from ganlab.features.image_recipe import ImageRecipe
from ganlab.features.sound_input import build_log_mel, find_sound_shape
from ganlab.features.sound_recipe import SoundRecipe


def find_recipe(data: Source) -> ClassifierRecipe | None:
    """Return the recipe for images or sounds of any size, with its default settings; None for other samples."""
    sound = find_sound_shape(data)
    if sound is not None:
        return SoundRecipe(build_log_mel(sound), sound.samples)
    match data.spec.sample:
        case [int(), int(), int()]:
            return ImageRecipe()
    return None
