"""A trained translator applied to image files: each in its place below a folder, complete or not there."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, final

from PIL import Image, ImageOps

from ganlab.core.errors import UserError
from ganlab.core.file_replacement import replaced
from ganlab.core.memory import out_of_memory_reason
from ganlab.core.plain_files import read_plain
from ganlab.core.progress import progress
from ganlab.data.readers.decode_image import check_pixels, open_image, without_pillow_limits
from ganlab.data.readers.file_list import SUFFIX_TEXT
from ganlab.data.readers.folder import Folder
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.scan import check_on_error, unreadable_message
from ganlab.games.pictures import to_eight_bits, translate_picture
from ganlab.games.translator import Translator

MAX_PIXELS = 64_000_000  # of an input
# Pillow's format by the ending of a file; images of other formats become PNG.
FORMATS = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".jfif": "JPEG", ".webp": "WEBP", ".bmp": "BMP", ".tif": "TIFF",
    ".tiff": "TIFF",
}  # fmt: skip
CHOICES = ("png", "jpg", "same")
WITHOUT_OPACITY = ("JPEG", "BMP")
OPTIONS: dict[str, dict[str, int]] = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"quality": 95}}


@final
@dataclass(frozen=True)
class Job:
    """One image: `source`, its `name` below the input, and the file that its translation goes to."""

    source: Path
    name: str
    target: Path


@final
@dataclass(frozen=True)
class Applied:
    """How many images were written, and why others could not be read, by name."""

    written: int
    skipped: dict[str, str]


def plan(source: Path, output: Path, file_format: str = "png") -> list[Job]:
    """Return what to translate, and the files to write: those of `source` by their names below `output`.

    `file_format` is png, jpg, or same for the format of each input. Raises UserError if there is no image, if `output`
    is a file, holds the input or lies in it, or if two images would go to one file.
    """
    if not source.exists():
        raise UserError(f"input={source} does not exist; give an image or a folder of images")
    if output.exists() and not output.is_dir():
        raise UserError(f"output={output} is a file; choose a folder")
    folder = source if source.is_dir() else source.parent
    inner, outer = output.resolve(), folder.resolve()
    if inner == outer or (source.is_dir() and (inner.is_relative_to(outer) or outer.is_relative_to(inner))):
        raise UserError(
            f"output={output} and input={source} overlap, so outputs could replace inputs or become inputs of the next "
            "call; choose a folder elsewhere for output"
        )
    names = _image_names(source)
    jobs = [Job(folder / name, name, output / _target_name(name, file_format)) for name in names]
    first: dict[Path, str] = {}
    for job in jobs:
        other = first.setdefault(job.target, job.name)
        if other != job.name:
            raise UserError(
                f"{other} and {job.name} would both be written to {job.target}; use format=same, or rename one of them"
            )
    return jobs


def apply_to_files(
    translator: Translator, jobs: Sequence[Job], on_error: str = "refuse", max_pixels: int = MAX_PIXELS
) -> Applied:
    """Translate images into their files, replacing former ones; a file is complete or not there.

    Of images with several frames the first one is translated. `on_error` "refuse" reads all images before the first is
    translated, and raises UserError if one cannot be read; "skip" leaves those out. Raises UserError also if no image
    can be read, and if a file cannot be written.
    """
    check_on_error(on_error)
    errors: dict[int, str] = {}
    with without_pillow_limits():
        if on_error == "refuse":
            for _ in _readable(progress(list(enumerate(jobs)), "reading images", "image"), errors, max_pixels):
                pass
            _raise_unreadable(jobs, errors, bool(errors))
        written = 0
        for job, picture in _readable(
            progress(list(enumerate(jobs)), "translating images", "image"), errors, max_pixels
        ):
            _write(_translate(translator, job, picture), job, written)
            written += 1
    _raise_unreadable(jobs, errors, not written)
    return Applied(written, {jobs[row].name: reason for row, reason in errors.items()})


def read_picture(path: Path, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Return the first frame of an image file, upright, with 8 bits per channel and its opacity if it has one.

    Raises ValueError, or any exception of the decoder, if it is not an image of at most `max_pixels`.
    """
    with open_image(read_plain(path)) as image:
        check_pixels(image, max_pixels)
        image.load()
        return to_eight_bits(ImageOps.exif_transpose(image))


def _readable(
    jobs: Iterator[tuple[int, Job]], errors: dict[int, str], max_pixels: int
) -> Iterator[tuple[Job, Image.Image]]:
    """Yield the images that can be read, and add the reason to `errors` for each of the others."""
    for row, job in jobs:
        try:
            picture = read_picture(job.source, max_pixels)
        except Exception as error:  # decoders raise anything
            if out_of_memory_reason(error):
                raise
            errors[row] = " ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__
            continue
        yield job, picture


def _raise_unreadable(jobs: Sequence[Job], errors: dict[int, str], raises: bool) -> None:
    if raises:
        message = unreadable_message(PathTable.of([job.name for job in jobs]), errors)
        advice = "" if len(errors) == len(jobs) else ", or set on_error=skip to leave them out"
        raise UserError(f"{message}: repair or remove them{advice}")


def _translate(translator: Translator, job: Job, picture: Image.Image) -> Image.Image:
    try:
        return translate_picture(translator, picture)
    except ValueError as error:  # such as an output that is not finite
        raise UserError(f"{job.name}: {error}") from error


def _write(picture: Image.Image, job: Job, written: int) -> None:
    try:
        with replaced(job.target) as file:
            save(picture, file, FORMATS[job.target.suffix.lower()])
    except (OSError, ValueError) as error:  # encoders raise either, e.g. for an image that is too large for a format
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"{job.target} cannot be written ({reason}), after {written} images that are complete; choose another "
            "output"
        ) from error


def save(picture: Image.Image, file: BinaryIO, file_format: str) -> None:
    """Write a picture; formats without opacity show transparent pixels on white, as viewers do."""
    if file_format in WITHOUT_OPACITY and picture.mode.endswith("A"):
        profile = picture.info.get("icc_profile")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture.convert("RGBA")).convert(picture.mode[:-1])
        picture.info["icc_profile"] = profile
    profile = picture.info.get("icc_profile")
    picture.save(
        file, format=file_format, **OPTIONS.get(file_format, {}), **({"icc_profile": profile} if profile else {})
    )


def _image_names(source: Path) -> list[str]:
    if not source.is_dir():
        return [source.name]
    try:
        files = Folder(source).files()
    except ValueError as error:  # a folder that cannot be listed
        raise UserError(str(error)) from error
    names = [files.images[row] for row in range(len(files.images))]
    if not names:
        other = f" (it has {files.first_ignored})" if files.first_ignored else ""
        raise UserError(f"input={source} holds no images{other}; what is read is {SUFFIX_TEXT}")
    return names


def _target_name(name: str, file_format: str) -> str:
    path = PurePosixPath(name)
    suffix = path.suffix if file_format == "same" and path.suffix.lower() in FORMATS else ".png"
    return os.fspath(path.with_suffix(".jpg" if file_format == "jpg" else suffix))
