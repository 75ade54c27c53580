"""The luminance of colour images."""

from torch import Tensor

WEIGHTS = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)


def luminance(images: Tensor) -> Tensor:
    """Return the luminance of images (n, 1 or 3 or 4, height, width), float32 of shape (n, 1, height, width)."""
    if images.shape[1] == 1:
        return images.float()
    red, green, blue = images[:, :3].float().split(1, 1)
    return WEIGHTS[0] * red + WEIGHTS[1] * green + WEIGHTS[2] * blue
