"""Your own images of two domains, without pairs, as CycleGAN translates horses to zebras."""

from collections.abc import Sequence
from typing import Any, final

from ganlab.core.interfaces import Spec
from ganlab.data.image_pairs import build_pair_spec
from ganlab.data.pair_augmentation import PairAugmentation, check_jitter
from ganlab.data.pair_files import ImageSide, open_domains, open_side, split_by_folder, without_domain
from ganlab.data.pair_opening import read_side
from ganlab.data.pair_settings import check_direction, check_places, find_pair_settings
from ganlab.data.readers.decode_image import ImageDecoder, parse_resolution
from ganlab.data.readers.scan import check_on_error
from ganlab.data.splits import check_shares
from ganlab.data.two_domains import TwoDomains


@final
class UnpairedFolder(TwoDomains):
    """Images of two domains from files, any number of each: those of `source` are translated to those of `target`.

    `path` holds the folders trainA, trainB, testA and testB instead, as CycleGAN's data sets do (Zhu et al. 2017), or A
    and B; `direction` "b_to_a" exchanges the domains. A training sample comes with a source drawn at random. Raises
    ValueError for a path without images, and for unreadable images if `on_error` is "refuse".
    """

    def __init__(
        self,
        path: str | None = None,
        source: str | None = None,
        target: str | None = None,
        direction: str = "a_to_b",
        resolution: int | Sequence[int] = 256,
        channels: int = 3,
        source_channels: int = 3,
        fit: str = "crop",
        flip: bool = False,
        jitter: int = 0,
        validation: float = 0.1,
        test: float = 0.1,
        limit: int = 0,
        on_error: str = "refuse",
        max_pixels: int = 64_000_000,
        memory_limit_mib: int = 2048,
    ) -> None:
        size = parse_resolution(resolution)
        check_on_error(on_error)
        check_jitter(jitter, size)
        sides = _open(check_places(path, source, target), direction)
        decoders = [ImageDecoder(size, number, fit, max_pixels) for number in (source_channels, channels)]
        sources, source_names = read_side(sides[0], decoders[0], memory_limit_mib // 2, on_error)
        targets, self.names = read_side(sides[1], decoders[1], memory_limit_mib // 2, on_error)
        splits, source_splits = (
            split_by_folder(map(without_domain, names), validation, test, limit) for names in (self.names, source_names)
        )
        super().__init__(targets, sources, splits, source_splits, PairAugmentation(flip, jitter))

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for invalid settings."""
        complete = cls.complete_settings(settings)
        size = parse_resolution(complete["resolution"])
        check_places(complete["path"], complete["source"], complete["target"])
        check_direction(complete["direction"])
        check_on_error(complete["on_error"])
        check_jitter(complete["jitter"], size)
        check_shares({name: complete[name] for name in ("validation", "test")}, complete["limit"])
        for channels in (complete["channels"], complete["source_channels"]):
            ImageDecoder(size, channels, complete["fit"], complete["max_pixels"])
        return build_pair_spec((complete["channels"], *size), (complete["source_channels"], *size), paired=False)

    @classmethod
    def find_settings(cls, settings: dict[str, Any], largest_side: int) -> dict[str, object]:
        """Return the resolution and the channels of both domains where they are "auto".

        Raises ValueError for a path without images.
        """
        places = check_places(*(settings[key] for key in ("path", "source", "target")))
        return find_pair_settings(_open(places, settings["direction"]), settings, largest_side)

    def image_name(self, index: int) -> str:
        """Return the path of a target below its folder."""
        return self.names[index]


def _open(places: tuple[str, ...], direction: str) -> tuple[ImageSide, ImageSide]:
    """Return the source and the target domain."""
    forward = check_direction(direction)
    first, second = open_domains(places[0]) if len(places) == 1 else (open_side(places[0]), open_side(places[1]))
    return (first, second) if forward else (second, first)
