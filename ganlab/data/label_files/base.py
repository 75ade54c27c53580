"""`LabelFile`, the base class of files that name the classes of images."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from ganlab.data.readers.archive import Archive


class LabelFile(ABC):
    """Reads the classes of images from one kind of file, which has a fixed name.

    It lies next to the images or in a folder that contains all of them. A new kind is a subclass in a module of its
    own, its name in `file_list.LABEL_FILES`, and an entry in `find.LABEL_FILES`.
    """

    file_name: str
    numbered = False  # classes that are numbers are in the order of numbers, not of texts
    complete = False  # an image that it does not list is an error, not an image without a class

    @abstractmethod
    def read(self, archive: Archive, path: str) -> Mapping[str, set[str]] | None:
        """Return the classes by the path of the image, relative to the file's folder.

        None if it is not about classes, but another program's file of this name. Raises ValueError if it cannot be read
        as one of its kind.
        """


def read_text(archive: Archive, path: str) -> str:
    """Return the text of a file; raises ValueError if it is not readable UTF-8."""
    try:
        data = archive.read(path)
    except (ValueError, OSError) as error:
        raise ValueError(f"{path} in {archive.root} cannot be read ({error}); repair or remove it") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be UTF-8, but byte {error.start} is not; save it as UTF-8") from error
    if "\0" in text:  # UTF-16 without a byte order mark
        raise ValueError(f"{path} must be UTF-8, but it holds zero bytes, as UTF-16 does; save it as UTF-8")
    return text
