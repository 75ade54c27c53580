"""Your own images of two domains, without pairs, as CycleGAN translates horses to zebras."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import signature
from typing import Any, final

from torch import Tensor

from ganlab.core.interfaces import Batch, Conditions, Spec
from ganlab.core.random import Random
from ganlab.core.tree import Tree
from ganlab.corruptions.enlargement import enlargement_baseline
from ganlab.data.dataset import check_split
from ganlab.data.image_pairs import ImagePairs, build_pair_spec
from ganlab.data.pair_augmentation import PairAugmentation, check_jitter
from ganlab.data.pair_files import ImageSide, open_domains, open_side, split_by_folder, without_domain
from ganlab.data.pair_opening import read_side
from ganlab.data.pair_settings import check_direction, check_places, find_pair_settings
from ganlab.data.readers.decode_image import ImageDecoder, parse_resolution
from ganlab.data.readers.scan import check_on_error
from ganlab.data.splits import check_shares


@final
class UnpairedFolder(ImagePairs):
    """Images of two domains from files, any number of each: those of `source` are translated to those of `target`.

    `path` holds the folders trainA, trainB, testA and testB instead, as CycleGAN's data sets do (Zhu et al. 2017), or A
    and B; `direction` "b_to_a" exchanges the domains. A training sample comes with a source drawn at random. Raises
    ValueError for a path without images, and for unreadable images if `on_error` is "refuse".
    """

    noun = "target images"

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
        self._source, source_names = read_side(sides[0], decoders[0], memory_limit_mib // 2, on_error)
        self._target, self.names = read_side(sides[1], decoders[1], memory_limit_mib // 2, on_error)
        self.needs_workers = self._source.needs_workers or self._target.needs_workers
        self._augmentation = PairAugmentation(flip, jitter)
        splits, self._source_splits = (
            split_by_folder(map(without_domain, names), validation, test, limit) for names in (self.names, source_names)
        )
        super().__init__((channels, *size), (source_channels, *size), splits, paired=False)

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for invalid settings."""
        complete = {name: parameter.default for name, parameter in signature(cls).parameters.items()} | settings
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

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Gather targets and as many sources drawn at random, each cut and mirrored by itself."""
        choices = self._source_splits["train"]
        rows = choices[random.integers("source", len(choices), (len(indices),))]
        (target,) = self._augmentation.change([self.targets(indices)], random, "target")
        (source,) = self._augmentation.change([self.sources(rows)], random, "source")
        return Batch(target, source)

    def targets(self, indices: Tensor) -> Tensor:
        """Gather targets as they are."""
        return self._target.take(indices)

    def sources(self, indices: Tensor) -> Tensor:
        """Gather sources as they are; the indices are their own, not those of targets."""
        return self._source.take(indices)

    def conditions(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Conditions]:
        """Yield distinct sources of a split; no target belongs to them. Raises ValueError if the split is empty."""
        check_split(split)
        rows = self._shuffled(self._source_splits[split], split, seed, "conditions")
        return (Conditions(self.sources(part)) for part in rows[: count or None].split(chunk))

    def condition_count(self, requested: int = 0, split: str = "train") -> int:
        """Return how many conditions `conditions` yields if `requested` (0: all) are requested."""
        check_split(split)
        available = len(self._source_splits[split])
        return min(requested or available, available)

    def source_digest(self) -> str:
        """Return the hashes of both domains, and the splits of the sources."""
        splits = {name: rows.tolist() for name, rows in sorted(self._source_splits.items())}
        return f"{self._source.digest} {self._target.digest} {splits}"

    def baselines(self) -> Mapping[str, Callable[[Tree], Tree]]:
        """Return the input itself; none if the channels differ."""
        return enlargement_baseline(1) if self.spec.sample == self.spec.cond else {}

    def summary(self) -> str:
        """Return the sizes of the splits of both domains."""
        train, validation, test = (f"{self.condition_count(0, name):,}" for name in ("train", "validation", "test"))
        return f"{super().summary()}; sources: {train} training, {validation} validation, {test} test"


def _open(places: tuple[str, ...], direction: str) -> tuple[ImageSide, ImageSide]:
    """Return the source and the target domain."""
    forward = check_direction(direction)
    first, second = open_domains(places[0]) if len(places) == 1 else (open_side(places[0]), open_side(places[1]))
    return (first, second) if forward else (second, first)
