"""Your own photographs of any sizes, of which networks see parts."""

from typing import Any, final

from ganlab.core.interfaces import Spec
from ganlab.data.pair_files import split_by_folder
from ganlab.data.photograph_parts import PhotographParts
from ganlab.data.readers.decode_image import ImageDecoder
from ganlab.data.readers.photograph_crops import PhotographCrops
from ganlab.data.readers.photograph_files import read_photographs
from ganlab.data.readers.scan import check_on_error


@final
class PhotoFolder(PhotographParts):
    """Parts of `resolution` pixels of the photographs at `path`, in the photographs' own scale.

    Training cuts parts at random places; for scores, parts tile the photographs of a split. The shares `validation` and
    `test` are of photographs, and top-level folders train, val and test are splits. Photographs that need more than
    `memory_limit_mib` as pixels stay on disk. Raises ValueError for a path without images, and, if `on_error` is
    "refuse", for unreadable photographs and for those that are smaller than a part.
    """

    def __init__(
        self,
        path: str,
        resolution: int = 96,
        channels: int = 3,
        flip: bool = True,
        validation: float = 0.1,
        test: float = 0.1,
        limit: int = 0,
        on_error: str = "refuse",
        max_pixels: int = 64_000_000,
        memory_limit_mib: int = 2048,
    ) -> None:
        check_on_error(on_error)
        decoder = ImageDecoder((resolution, resolution), channels, "crop", max_pixels)
        photographs, names, self._remarks = read_photographs(path, decoder, memory_limit_mib, on_error)
        splits = split_by_folder(names, validation, test, limit)
        super().__init__(PhotographCrops(photographs, resolution), list(names), splits, flip)

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for invalid settings."""
        complete = cls.complete_settings(settings)
        if not isinstance(complete["resolution"], int):
            raise ValueError(f"resolution must be the side of a square in pixels, got {complete['resolution']}")
        ImageDecoder((complete["resolution"],) * 2, complete["channels"], "crop", complete["max_pixels"])
        check_on_error(complete["on_error"])
        return super().preview(**settings)

    def summary(self) -> str:
        """Return the sizes of the splits, and remarks on the files."""
        return "; ".join([super().summary(), *self._remarks])
