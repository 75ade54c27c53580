"""Names of the frames of an image file: the name of the file, "#", and the number of the frame.

No file that is read as an image ends like that, because it would have no suffix of an image.
"""

import re

FRAME = re.compile(r"#\d+$")


def frame_name(name: str, frame: int) -> str:
    """Return the name of a frame, counted from 0."""
    return f"{name}#{frame}"


def file_of(name: str) -> str:
    """Return the file of a frame; a name without a frame is returned unchanged."""
    return FRAME.sub("", name)


def frame_of(name: str) -> int:
    """Return the number of a frame, 0 for a name without one."""
    match = FRAME.search(name)
    return int(match[0][1:]) if match else 0
