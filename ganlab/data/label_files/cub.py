"""The classes of Caltech-UCSD Birds, in images.txt, image_class_labels.txt and classes.txt (Wah et al. 2011)."""

from collections.abc import Mapping
from typing import final

from ganlab.data.label_files.base import LabelFile, read_text
from ganlab.data.readers.archive import Archive


@final
class Cub(LabelFile):
    """Three tables: image number and path, image number and class number, class number and name."""

    file_name = "image_class_labels.txt"

    def read(self, archive: Archive, path: str) -> Mapping[str, set[str]]:
        """Return the names of the classes, such as 001.Black_footed_Albatross."""
        folder = path.removesuffix(self.file_name)
        class_of, paths, titles = (
            _read_pairs(archive, folder + file) for file in (self.file_name, "images.txt", "classes.txt")
        )
        return {
            f"images/{name}": {titles.get(class_of.get(number, ""), class_of.get(number, ""))} - {""}
            for number, name in paths.items()
        }


def _read_pairs(archive: Archive, path: str) -> dict[str, str]:
    rows = [line.split(maxsplit=1) for line in read_text(archive, path).splitlines() if line.strip()]
    if any(len(row) < 2 for row in rows):
        raise ValueError(f"{path} must hold lines of two columns; download the data set again")
    return {number: value.strip() for number, value in rows}
