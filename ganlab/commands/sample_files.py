"""The files that `ganlab sample` writes: complete, or those of an earlier call stay."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ganlab.commands.sample_classes import class_names_of
from ganlab.core.own_folder import OwnFolder
from ganlab.kinds import KINDS, Kind, Sheet
from ganlab.kinds.picture_file import save_picture

ARRAY, PICTURE = "samples.npy", "sheet.png"


def write_samples(output: Path, kind: Kind, sheet: Sheet) -> None:
    """Write the array, the single samples and their sheet in place of those of an earlier call.

    Raises UserError for a folder of other files, or if it cannot be written; then nothing in it has changed.
    """
    with OwnFolder(output, ARRAY, "ganlab sample").replaced(_remove_former) as draft:
        _write_all(draft, kind, sheet)


def _write_all(folder: Path, kind: Kind, sheet: Sheet) -> None:
    samples, labels = sheet.samples, [] if sheet.labels is None else sheet.labels.tolist()
    np.save(folder / ARRAY, samples.numpy())
    if not len(samples):
        return
    for single in kind.folders:
        single.write(samples, folder, class_names_of(labels, sheet.class_names))
    shown = sheet.first(kind.sheet_samples)
    if len(shown) < len(sheet):
        shown = replace(shown, title=f"{sheet.title} · the first of {len(sheet):,}".removeprefix(" · "))
    save_picture(kind.draw(shown), folder / PICTURE)


def _remove_former(output: Path) -> None:
    """Remove the sheet and the single samples of an earlier call, which may have been of another kind."""
    (output / PICTURE).unlink(missing_ok=True)
    for single in (folder for kind in KINDS for folder in kind.folders):
        single.remove_former(output)
