"""The file dataset.json that NVIDIA's dataset_tool.py writes for StyleGAN (Karras et al. 2020)."""

import json
from collections.abc import Mapping
from typing import Any, final

from ganlab.data.label_files.base import LabelFile, read_text
from ganlab.data.readers.archive import Archive


@final
class DatasetJson(LabelFile):
    """{"labels": [[path, class number], …]}, or {"labels": null} for images without classes."""

    file_name = "dataset.json"
    numbered = True

    def read(self, archive: Archive, path: str) -> Mapping[str, set[str]] | None:
        """Return the class numbers, none for null; raises ValueError for labels that are vectors or anything else."""
        try:
            content = json.loads(read_text(archive, path))
        except (json.JSONDecodeError, RecursionError) as error:
            raise ValueError(f"{path} cannot be read as json ({error}); write it again or remove it") from error
        if not isinstance(content, dict) or "labels" not in content:
            return None  # another program's file of this name
        labels = [] if content["labels"] is None else content["labels"]
        if not isinstance(labels, list):
            raise _unexpected(path, labels)
        table: dict[str, set[str]] = {}
        for entry in labels:
            name, number = _parse_entry(path, entry)
            table.setdefault(name, set()).add(str(number))
        return table


def _parse_entry(path: str, entry: Any) -> tuple[str, int]:
    match entry:
        case [str() as name, int() as number] if not isinstance(number, bool) and number >= 0:
            return name.replace("\\", "/"), number
        case [str() as name, list()]:
            raise ValueError(
                f"{path} gives a vector of numbers for {name}, but a class is one whole number; write the number of "
                "the class, or list the classes in classes.csv"
            )
    raise _unexpected(path, entry)


def _unexpected(path: str, value: Any) -> ValueError:
    text = json.dumps(value)
    return ValueError(
        f'{path} must hold {{"labels": [[path, class number], ...]}}, but an entry is {text[:80]}; write it again with '
        "NVIDIA's dataset_tool.py, or list the classes in classes.csv"
    )
