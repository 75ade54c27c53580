"""The files that `ganlab sample` writes: complete, or those of an earlier call stay."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from ganlab.commands.sample_classes import class_names_of
from ganlab.core.own_folder import OwnFolder
from ganlab.kinds import Kind, Sheet, all_kinds
from ganlab.kinds.picture_file import save_picture

ARRAY, PICTURE = "samples.npy", "sheet.png"


def write_samples(output: Path, kind: Kind, sheet: Sheet, shown: Sheet | None = None, encoding: str = "") -> None:
    """Write the array, the single samples and their sheet, or another that is `shown`, in place of an earlier call's.

    `encoding` is one of the kind's, empty for its default.
    Raises UserError for a folder of other files, or if it cannot be written; then nothing in it has changed.
    """
    with OwnFolder(output, ARRAY, "ganlab sample").replaced(_remove_former) as draft:
        _write_all(draft, kind, sheet, shown, encoding)


def _write_all(folder: Path, kind: Kind, sheet: Sheet, shown: Sheet | None, encoding: str) -> None:
    samples, labels = sheet.samples, [] if sheet.labels is None else sheet.labels.tolist()
    np.save(folder / ARRAY, samples.numpy())
    if not len(samples):
        return
    kind.write(samples, folder, class_names_of(labels, sheet.class_names), encoding)
    save_picture(kind.draw(shown or _first_samples(kind, sheet)), folder / PICTURE)


def _first_samples(kind: Kind, sheet: Sheet) -> Sheet:
    shown = sheet.first(kind.sheet_samples)
    if len(shown) < len(sheet):
        shown = replace(shown, title=f"{sheet.title} · the first of {len(sheet):,}".removeprefix(" · "))
    return shown


def _remove_former(output: Path) -> None:
    """Remove the sheet and the single samples of an earlier call, which may have been of another kind."""
    (output / PICTURE).unlink(missing_ok=True)
    patterns = {pattern for kind in all_kinds().values() for pattern in kind.output_patterns}
    for former in [path for pattern in patterns for path in output.glob(pattern)]:
        former.unlink()
    for folder in {output.joinpath(pattern).parent for pattern in patterns} - {output}:
        with suppress(OSError):  # it has other files, or there is none
            folder.rmdir()
