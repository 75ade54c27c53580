"""The images at a path."""

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.file_list import SUFFIX_TEXT, FileList
from ganlab.data.readers.unread_formats import unread_advice


def list_images(archive: Archive, path: str) -> FileList:
    """Return the files of the archive at `path`; raises ValueError if no image is among them."""
    files = archive.files()
    if not len(files.images):
        raise ValueError(
            f"path must hold images ({SUFFIX_TEXT}), but {path} holds none; give the folder or .zip "
            f"that holds them{unread_advice(files.ignored_examples)}"
        )
    return files
