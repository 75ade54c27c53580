"""The files that `ganlab sample` writes: complete, or those of an earlier call stay."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from ganlab.commands.sample_classes import class_names_of
from ganlab.core.errors import UserError
from ganlab.kinds import KINDS, Kind, Sheet
from ganlab.kinds.picture_file import save_picture

ARRAY, PICTURE, DRAFT = "samples.npy", "sheet.png", ".draft"


def write_samples(output: Path, kind: Kind, sheet: Sheet) -> None:
    """Write the array, the single samples and their sheet in place of those of an earlier call.

    Raises UserError for a folder of other files, or if it cannot be written; then nothing in it has changed.
    """
    draft = output / DRAFT
    try:
        output.mkdir(parents=True, exist_ok=True)
        _require_own(output)
        shutil.rmtree(draft, ignore_errors=True)  # of a call that was killed
        draft.mkdir()
        _write_all(draft, kind, sheet)
        _remove_former(output)
        _move(draft, output)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"output={output} cannot be written ({reason}); choose another folder") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _require_own(output: Path) -> None:
    """Raise UserError for files that this command did not write.

    A folder of someone's own pictures would be read as generated samples from then on.
    """
    other = [entry.name for entry in sorted(output.iterdir()) if not entry.name.startswith(".")]
    if other and not (output / ARRAY).exists():
        raise UserError(
            f"output={output} holds files that `ganlab sample` did not write (such as {other[0]}); choose an empty or "
            "a new folder"
        )


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


def _move(source: Path, target: Path) -> None:
    """Move all files, those of folders last, since the array shows that this command wrote the others."""
    target.mkdir(exist_ok=True)
    for path in sorted(source.iterdir(), key=Path.is_dir):
        if path.is_dir():
            _move(path, target / path.name)
        else:
            os.replace(path, target / path.name)
