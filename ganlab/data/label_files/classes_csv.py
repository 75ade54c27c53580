"""ganlab's own table of classes: lines 'path,class' in classes.csv."""

import csv
from collections.abc import Mapping
from io import StringIO
from typing import final

from ganlab.data.label_files.base import LabelFile, read_text
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.file_list import CLASS_TABLE


@final
class ClassesCsv(LabelFile):
    """Rows of two columns, a path and a class; rows of other lengths are not read."""

    file_name = CLASS_TABLE
    complete = True

    def read(self, archive: Archive, path: str) -> Mapping[str, set[str]]:
        """Return all classes that the rows name, without empty ones."""
        text = read_text(archive, path)
        try:
            rows = [row for row in csv.reader(StringIO(text, newline=None)) if len(row) == 2]
        except csv.Error as error:
            raise ValueError(f"{path} cannot be read as lines 'path,class' ({error}); write it again") from error
        table: dict[str, set[str]] = {}
        for name, label in rows:
            table.setdefault(name.strip().replace("\\", "/"), set()).add(label.strip())
        return {name: labels - {""} for name, labels in table.items()}
