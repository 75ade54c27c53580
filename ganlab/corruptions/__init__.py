"""What is done to images that a generator restores: the inputs of super-resolution, denoising, inpainting and so on."""

from ganlab.corruptions.base import Corruption, DrawnCorruption, FixedCorruption
from ganlab.corruptions.blur import Blur
from ganlab.corruptions.downscale import Downscale
from ganlab.corruptions.grey import Grey
from ganlab.corruptions.jpeg import Jpeg
from ganlab.corruptions.mask import Mask
from ganlab.corruptions.noise import Noise

__all__ = ["Blur", "Corruption", "Downscale", "DrawnCorruption", "FixedCorruption", "Grey", "Jpeg", "Mask", "Noise"]
