"""The classes of tiny-ImageNet's validation images, val_annotations.txt."""

from collections.abc import Mapping
from typing import final

from ganlab.data.label_files.base import LabelFile, read_text
from ganlab.data.readers.archive import Archive


@final
class ValAnnotations(LabelFile):
    """Lines of file, class and box, separated by tabs; the images lie in images/."""

    file_name = "val_annotations.txt"

    def read(self, archive: Archive, path: str) -> Mapping[str, set[str]]:
        """Return the WordNet number of every image."""
        rows = [line.split("\t") for line in read_text(archive, path).splitlines() if line.strip()]
        if any(len(row) < 2 for row in rows):
            raise ValueError(f"{path} must hold lines of file, class and box; download the data set again")
        return {f"images/{row[0]}": {row[1]} for row in rows}
