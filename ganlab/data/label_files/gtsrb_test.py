"""The classes of the German traffic sign benchmark's test images, GT-final_test.csv (Stallkamp et al. 2012)."""

import csv
from collections.abc import Mapping
from io import StringIO
from typing import final

from ganlab.data.label_files.base import LabelFile, read_text
from ganlab.data.readers.archive import Archive


@final
class GtsrbTest(LabelFile):
    """Columns separated by semicolons, two of which are Filename and ClassId."""

    file_name = "GT-final_test.csv"
    numbered = True

    def read(self, archive: Archive, path: str) -> Mapping[str, set[str]]:
        """Return the number of every image's sign."""
        # A row that ends early leaves its image without a class.
        rows = csv.DictReader(StringIO(read_text(archive, path)), delimiter=";", restval="")
        if not {"Filename", "ClassId"} <= set(rows.fieldnames or ()):
            raise ValueError(
                f"{path} must have the columns Filename and ClassId; download GTSRB_Final_Test_GT.zip, which has them"
            )
        return {row["Filename"]: {row["ClassId"]} - {""} for row in rows}
