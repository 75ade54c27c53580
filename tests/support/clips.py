"""Small clips with known content."""

import numpy as np

SIDES = (30, 34)  # height and width, as H.264 takes them


def moving_clip(frames=16, height=SIDES[0], width=SIDES[1], channels=1):
    """Return uint8 (frames, height, width, channels): a smooth picture that moves by a pixel per frame."""
    rows, columns = np.mgrid[:height, : width + frames]
    picture = np.stack([127 + 60 * np.sin(columns / (4 + k)) + 60 * np.cos(rows / (3 + k)) for k in range(channels)], 2)
    return np.stack([picture[:, k : k + width].clip(0, 255).astype(np.uint8) for k in range(frames)])
