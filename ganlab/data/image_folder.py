"""Your own images, in any format that is read."""

from collections.abc import Sequence
from typing import Any, ClassVar

from ganlab.core.interfaces import Spec
from ganlab.data.found_settings import find_settings
from ganlab.data.image import ImageDataSet
from ganlab.data.image_classes import check_classes, find_classes, known_classes
from ganlab.data.readers.decode_image import ImageDecoder, parse_resolution
from ganlab.data.readers.file_list import FileList
from ganlab.data.readers.frames import check_frames
from ganlab.data.readers.grey_range import parse_grey_range
from ganlab.data.readers.image_listing import list_images
from ganlab.data.readers.open import open_archive
from ganlab.data.readers.preparation import prepare_images
from ganlab.data.readers.scan import check_on_error, read_images
from ganlab.data.readers.unread_formats import find_unread


class ImageFolder(ImageDataSet):
    """Images of any size and kind below `path`; the top-level folder, or classes.csv, names an image's class.

    Images that need more than `memory_limit_mib` as pixels stay on disk, and the datamodule's workers decode them. What
    was decoded is cached below $GANLAB_CACHE, so opening the same files again decodes only those that have changed.
    Raises ValueError for a path without images, and for unreadable images if `on_error` is "refuse".
    """

    stratified: ClassVar[bool] = True

    def __init__(
        self,
        path: str,
        resolution: int | Sequence[int] = 64,
        channels: int = 3,
        fit: str = "crop",
        labels: bool = False,
        flip: bool = False,
        validation: float = 0.1,
        test: float = 0.1,
        limit: int = 0,
        on_error: str = "refuse",
        max_pixels: int = 64_000_000,
        memory_limit_mib: int = 2048,
        verify: bool = True,
        frames: str = "first",
        grey_range: Sequence[float] | None = None,
        duplicates: str = "keep",
    ) -> None:
        archive = open_archive(path)
        files = list_images(archive, path)
        prepared = prepare_images(archive, files.images, frames, parse_grey_range(grey_range), max_pixels, verify)
        archive = prepared.archive
        decoder = ImageDecoder(parse_resolution(resolution), channels, fit, max_pixels, prepared.grey_range)
        images, names = read_images(archive, prepared.names, decoder, memory_limit_mib, on_error, verify)
        class_names, numbers = find_classes(archive, files, names)
        if labels:
            check_classes(class_names, numbers, names)
        # Images outside of all class folders, and folders named like splits, leave the classes unknown.
        unknown = not known_classes(class_names, numbers, names)
        if labels and (unknown or len(class_names) < 2):
            _reject_unread_labels(files)
        self.class_names = [] if unknown else class_names
        self.names = names  # of the images in the table
        self.archive, self.listed_names, self.fit = archive, prepared.names, fit
        self._remarks = list(prepared.remarks)
        if files.ignored:
            self._remarks.append(f"files ignored by type: {files.ignored:,}, such as {files.first_ignored}")
        super().__init__(
            images,
            None if unknown else numbers,
            len(self.class_names),
            len(names),
            conditional=labels,
            flip=flip,
            validation=validation,
            test=test,
            limit=limit,
            duplicates=duplicates,
        )

    def image_name(self, index: int) -> str:
        """Return the path of an image in the folder."""
        return self.names[index]

    def summary(self) -> str:
        """Return the sizes of splits and classes, and remarks on files, frames and grey values that are not used."""
        return "; ".join([super().summary(), *self._remarks])

    @classmethod
    def find_settings(cls, settings: dict[str, Any], largest_side: int) -> dict[str, object]:
        """Return the resolution, the channels and whether there are labels, where they are "auto".

        Raises ValueError for a path without images.
        """
        return find_settings(cls.complete_settings(settings), largest_side)

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for invalid settings."""
        complete = cls.complete_settings(settings)
        resolution = parse_resolution(complete["resolution"])
        ImageDecoder(resolution, complete["channels"], complete["fit"], complete["max_pixels"])
        check_on_error(complete["on_error"])
        check_frames(complete["frames"])
        parse_grey_range(complete["grey_range"])
        return super().preview(**settings)


def _reject_unread_labels(files: FileList) -> None:
    """Raise ValueError if the classes may be in a file of a format that is not read."""
    found = find_unread(files.ignored_examples)
    if found is not None:
        unread, name = found
        raise ValueError(
            f"labels is true, but the classes of the images are unknown; {name} is {unread.name}, which is not read: "
            "list its classes in a classes.csv as lines 'path,class'"
        )
