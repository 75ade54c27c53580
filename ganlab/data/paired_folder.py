"""Your own pairs of images: two folders, or one folder of images side by side."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Spec
from ganlab.core.random import Random
from ganlab.core.tree import Tree
from ganlab.corruptions.enlargement import enlargement_baseline
from ganlab.data.image_pairs import ImagePairs, build_pair_spec
from ganlab.data.pair_augmentation import PairAugmentation, check_jitter
from ganlab.data.pair_files import has_two_folders, match_names, split_by_folder
from ganlab.data.pair_opening import open_pairs, read_side
from ganlab.data.pair_settings import check_direction, check_places, divide_size, find_pair_settings
from ganlab.data.readers.decode_image import ImageDecoder, parse_resolution
from ganlab.data.readers.scan import check_on_error
from ganlab.data.splits import check_shares


@final
class PairedFolder(ImagePairs):
    """Pairs of images from files: `source` and `target` have equal file names, or `path` holds them side by side.

    Images are fitted to `resolution`; if the target files are k times as large as the source files in both directions,
    the sources are fitted to resolution / k: pairs for super-resolution. Top-level folders train, val and test are
    splits and replace the shares `validation` and `test`. `direction` "b_to_a" exchanges the sides: A is the source or
    the left half. Raises ValueError, with the files named, for images without another one of their name, unlike sizes
    and unreadable files, unless `on_error` is "skip".
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
        sides, scale, self._remarks = open_pairs(check_places(path, source, target), direction, on_error, max_pixels)
        small, self.scale_of_sources = divide_size(size, scale), scale
        check_jitter(jitter, small)
        decoders = [
            ImageDecoder(small, source_channels, fit, max_pixels),
            ImageDecoder(size, channels, fit, max_pixels),
        ]
        self._source, source_names = read_side(sides[0], decoders[0], memory_limit_mib // 2, on_error)
        self._target, target_names = read_side(sides[1], decoders[1], memory_limit_mib // 2, on_error)
        # A file that cannot be read is absent on its side; on_error decided that its partner is skipped as well.
        self._source_rows, self._target_rows, _ = match_names(source_names, target_names, "skip")
        self.names = source_names.take(self._source_rows)
        self.needs_workers = self._source.needs_workers or self._target.needs_workers
        self._augmentation = PairAugmentation(flip, jitter)
        splits = split_by_folder(self.names, validation, test, limit)
        super().__init__((channels, *size), (source_channels, *small), splits)
        if scale > 1:
            self._remarks.append(f"targets are {scale} times as large as sources")

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file, None for two folders; raises ValueError for invalid settings.

        Only the files of two folders have the ratio of targets and sources, which sizes and `jitter` depend on.
        """
        complete = cls.complete_settings(settings)
        size = parse_resolution(complete["resolution"])
        places = check_places(complete["path"], complete["source"], complete["target"])
        check_direction(complete["direction"])
        check_on_error(complete["on_error"])
        check_shares({name: complete[name] for name in ("validation", "test")}, complete["limit"])
        for channels in (complete["channels"], complete["source_channels"]):
            ImageDecoder(size, channels, complete["fit"], complete["max_pixels"])
        if len(places) == 2 or has_two_folders(places[0]):
            return None
        check_jitter(complete["jitter"], size)
        return build_pair_spec((complete["channels"], *size), (complete["source_channels"], *size))

    @classmethod
    def find_settings(cls, settings: dict[str, Any], largest_side: int) -> dict[str, object]:
        """Return the resolution and the channels of both sides where they are "auto".

        Raises ValueError for a path without images.
        """
        places = check_places(*(settings[key] for key in ("path", "source", "target")))
        sides, _, _ = open_pairs(places, settings["direction"], "skip", settings["max_pixels"])
        return find_pair_settings(sides, settings, largest_side)

    def image_name(self, index: int) -> str:
        """Return the path of a pair below its folder."""
        return self.names[index]

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Gather pairs, and cut and mirror both images of each alike."""
        return Batch(*self._augmentation.change([self.targets(indices), self.sources(indices)], random))

    def targets(self, indices: Tensor) -> Tensor:
        """Gather targets as they are."""
        return self._target.take(self._target_rows[indices])

    def sources(self, indices: Tensor) -> Tensor:
        """Gather sources as they are."""
        return self._source.take(self._source_rows[indices])

    def source_digest(self) -> str:
        """Return the hashes of both sides, and which images are pairs."""
        rows = torch.stack([self._source_rows, self._target_rows])
        return f"{self._source.digest} {self._target.digest} {rows.tolist()}"

    def baselines(self) -> Mapping[str, Callable[[Tree], Tree]]:
        """Return the input itself, or enlarged if targets are larger; none if the channels differ."""
        if self.spec.sample[0] != self.spec.cond[0]:  # type: ignore[index]
            return {}
        return enlargement_baseline(self.scale_of_sources)

    def summary(self) -> str:
        """Return the sizes of the splits, and remarks on the files."""
        return "; ".join([super().summary(), *self._remarks])
