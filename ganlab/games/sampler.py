"""Samples of a generator as a function of the seed only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.errors import UserError
from ganlab.core.interfaces import Batch, Game, Shape, Spec
from ganlab.core.memory import require_memory
from ganlab.core.pixel_range import to_network_range
from ganlab.core.progress import progress
from ganlab.core.random import Random, derive
from ganlab.core.tree import Tree
from ganlab.games.conditions import check_conditions, missing_conditions
from ganlab.games.latent_paths import GivenLatents, check_latents, path_latents, require_latent
from ganlab.games.pictures import apply
from ganlab.games.translator import OVERLAP, Translator

# Latents are drawn and passed through the generator in chunks of this many samples, so sample i depends neither on the
# number of samples nor on the machine's memory.
CHUNK = 100
BYTES = 4  # of a float32 value


class Sampler:
    """Draws samples of a generator in the data's own coordinates; images are in [−1, 1].

    No result keeps gradients. `encode` is the inverse of `decode`; `absent` says why there is no trained discriminator,
    if there is none. `conditions` returns so many conditions that cannot be made up, such as images to translate.
    """

    def __init__(
        self,
        game: Game,
        network: nn.Module,
        spec: Spec,
        decode: Callable[[Tree], Tree],
        class_names: Sequence[str] = (),
        encode: Callable[[Tree], Tree] | None = None,
        absent: str = "",
        conditions: Callable[[int], Tree] | None = None,
    ) -> None:
        self.game, self.network, self.spec, self.decode = game, network, spec, decode
        self.class_names, self._encode, self.absent = class_names, encode, absent
        self._draw_conditions = conditions

    def sample(self, n: int | None = None, seed: int = 0, cond: Tree = None, latents: Any = None) -> Tree:
        """Return float tensors of shape (n, *spec.sample) on the CPU.

        `cond` holds one condition per sample: for classes, a number or a name, or one of these for all samples.
        Without it, a conditional generator draws classes uniformly; other conditions come from the sampler's data, or
        must be given: tensors (n, *spec.cond) in [−1, 1], or uint8. `latents` (n, spec.latent), as `draw_latents`
        returns them, replace those that the seed gives; `n` may then be left out. Raises ValueError for a negative n,
        for a `cond` of another length, for unknown classes, for any `cond` if the generator is unconditional, and for
        latents of another shape.
        """
        return self.sample_batch(n, seed, cond, latents).sample

    def sample_batch(self, n: int | None = None, seed: int = 0, cond: Tree = None, latents: Any = None) -> Batch:
        """Return the samples of `sample` with the conditions under which they were generated."""
        if n is not None and n < 0:
            raise ValueError(f"n must be at least 0, got {n}")
        if latents is not None:
            latents = check_latents(latents, require_latent(self.game).size, n)
            n = len(latents)
        if n is None:
            raise ValueError("give the number of samples, n, or their latents")
        if cond is not None:
            cond = check_conditions(cond, n, self.spec, self.class_names)
        if n == 0:
            return Batch(_no_samples(self.spec.sample), cond)
        self.require_memory(n)
        chunks = self.batches(n, CHUNK, seed, cond, latents=latents)
        return Batch.cat(batch.map(Tensor.cpu) for batch in progress(chunks, "generating", "batch", -(-n // CHUNK)))

    def require_memory(self, n: int) -> None:
        """Raise UserError if `n` samples exceed the available memory."""
        size = 2 * n * _count_values(self.spec.sample) * BYTES  # they are joined from chunks
        require_memory(size, f"n={n:,} samples of shape {self.spec.sample}", "lower n")

    def draw_latents(self, n: int, seed: int = 0) -> Tensor:
        """Return the latents (n, spec.latent) of the samples that `sample(n, seed)` returns, on the CPU.

        Raises ValueError for a negative n, and if the game draws no latents.
        """
        if n < 0:
            raise ValueError(f"n must be at least 0, got {n}")
        latent, device = require_latent(self.game), self._device()
        chunks = [latent.sample(CHUNK, _chunk_random(seed, number), device).cpu() for number in range(-(-n // CHUNK))]
        return torch.cat([torch.empty(0, latent.size), *chunks])[:n]

    def interpolate(self, n: int, kind: str | None = None, seed: int = 0, cond: Tree = None, paths: int = 1) -> Tree:
        """Return `n` samples on each of `paths` paths between latents, both ends included, (paths · n, *spec.sample).

        `kind` is "spherical", "linear", or None for what fits the latents: spherical for normal ones. Path i goes from
        latents 2i to 2i + 1 of `draw_latents`. `cond` holds one condition per path; without it, a conditional generator
        draws a class for each. Raises ValueError for n below 2, for paths below 1, for another kind, as `sample` does
        for `cond`, and if the game draws no latents.
        """
        return self.interpolate_batch(n, kind, seed, cond, paths).sample

    def interpolate_batch(
        self, n: int, kind: str | None = None, seed: int = 0, cond: Tree = None, paths: int = 1
    ) -> Batch:
        """Return the samples of `interpolate` with the conditions under which they were generated."""
        if paths < 1:
            raise ValueError(f"paths must be at least 1, got {paths}")
        latents = path_latents(require_latent(self.game), self.draw_latents(2 * paths, seed), n, kind)
        if cond is not None:
            cond = check_conditions(cond, paths, self.spec, self.class_names)
        elif self.spec.classes:
            cond = Random(derive(seed, "paths")).integers("labels", self.spec.classes, (paths,))
        else:
            cond = self._require_conditions(paths)
        return self.sample_batch(cond=tree.map(lambda x: x.repeat_interleave(n, 0), cond), latents=latents)

    def class_grid(self, per_class: int = 8, seed: int = 0) -> Tree:
        """Return `per_class` samples of every class, class by class, shape (classes · per_class, *spec.sample).

        The same latents are used for every class. Raises ValueError if the generator has no classes, and for per_class
        below 1.
        """
        if not self.spec.classes:
            raise ValueError("this generator has no classes; use sample")
        if per_class < 1:
            raise ValueError(f"per_class must be at least 1, got {per_class}")
        latents = self.draw_latents(per_class, seed).repeat(self.spec.classes, 1)
        cond = torch.arange(self.spec.classes).repeat_interleave(per_class)
        return self.sample(cond=cond, latents=latents)

    def apply(self, images: Any, tile: int | None = None, overlap: int = OVERLAP, seed: int = 0) -> Any:
        """Return the translations of images of any size, in the form of the input; see `games.pictures.apply`.

        `tile` and `overlap` are those of `games.translator.Translator`. Raises UserError if the generator does not make
        images from images, and what these two raise.
        """
        return apply(Translator(self.game, self.network, self.spec, tile, overlap, seed), images)

    @property
    def discriminator(self) -> nn.Module:
        """The trained discriminator; it reads what `encode` returns for samples, and their conditions.

        Raises UserError if the game has none, or if its trained weights are not in the run directory.
        """
        players = self.game.players()
        if "discriminator" not in players or not self.game.provides:
            raise UserError(f"{type(self.game).__name__} has no discriminator")
        if self.absent:
            raise UserError(self.absent)
        return players["discriminator"]

    def encode(self, samples: Tree) -> Tree:
        """Convert samples from the data's own coordinates to those in which networks see them."""
        if self._encode is None:
            raise ValueError("this sampler was made without encode; use ganlab.load, or the data set")
        return self._encode(samples)

    def batches(
        self,
        n: int,
        size: int,
        seed: int = 0,
        cond: Tree = None,
        first: int = 0,
        stride: int = 1,
        latents: Tensor | None = None,
    ) -> Iterator[Batch]:
        """Yield batches first, first + stride, … of `size` samples, of `n` samples in all, with their conditions.

        They are on the network's device. Sample i depends neither on `size` nor on `first` and `stride`, so several
        processes can share the work.
        """
        cond = self._require_conditions(n) if cond is None else cond
        latest, chunk = -1, Batch(None)
        for start in range(first * size, n, stride * size):
            stop = min(start + size, n)
            parts = []
            for number in range(start // CHUNK, -(-stop // CHUNK)):
                if number != latest:  # generate a chunk that two batches share only once
                    latest, chunk = number, self._generate_chunk(number, n, seed, cond, latents)
                parts.append(_slice(chunk, start - number * CHUNK, stop - number * CHUNK))
            yield Batch.cat(parts)

    @torch.no_grad()
    def _generate_chunk(self, number: int, n: int, seed: int, cond: Tree, latents: Tensor | None) -> Batch:
        """Generate a complete chunk, also for fewer samples, so the first samples do not depend on their number."""
        device, random = self._device(), _chunk_random(seed, number)
        start = number * CHUNK
        count = min(CHUNK, n - start)
        conditions = self._draw_labels(random, device) if cond is None else tree.narrow(cond, start, count)
        conditions = to_network_range(tree.map(lambda x: _fill_chunk(x).to(device), conditions))
        batch = Batch(torch.empty(CHUNK, 0, device=device), conditions)
        with self.evaluation_mode(random):
            if latents is None:
                samples = self.game.sample(batch, self.network)
            else:
                samples = self._sample_given(batch, _fill_chunk(latents[start : start + count]))
        return Batch(self.decode(tree.map(lambda x: x.float(), samples)), conditions)

    def _sample_given(self, batch: Batch, latents: Tensor) -> Tree:
        """Return samples of given latents; raises ValueError if the game's samples do not depend on latents alone."""
        given, own = GivenLatents(latents), self.game.latent
        self.game.latent = given
        try:
            samples = self.game.sample(batch, self.network)
        finally:
            self.game.latent = own
        if not given.used:
            raise ValueError(f"{type(self.game).__name__} draws no latents, so none can be given")
        return samples

    def _device(self) -> torch.device:
        return next(self.network.parameters()).device

    def _require_conditions(self, n: int) -> Tree:
        """Return conditions that cannot be made up; None for classes, which each chunk draws, and without conditions.

        Raises ValueError if there are no data to take them from.
        """
        if not self.spec.cond:
            return None
        if self._draw_conditions is None:
            raise missing_conditions(self.spec)
        return self._draw_conditions(n)

    def _draw_labels(self, random: Random, device: torch.device) -> Tensor | None:
        return random.integers("labels", self.spec.classes, (CHUNK,), device) if self.spec.classes else None

    @contextmanager
    def evaluation_mode(self, random: Random) -> Iterator[None]:
        """Make the game draw from `random` and the network evaluate; restore both on exit."""
        game_random, training = self.game.random, self.network.training
        self.game.random = random
        self.network.eval()
        try:
            yield
        finally:
            self.game.random = game_random
            self.network.train(training)


def _chunk_random(seed: int, number: int) -> Random:
    return Random(derive(seed, "samples")).seek(number)


def _fill_chunk(values: Tensor) -> Tensor:
    """Repeat the first row until there are CHUNK rows."""
    return torch.cat([values, values[:1].expand(CHUNK - len(values), *values.shape[1:])])


def _no_samples(shape: Shape) -> Tree:
    if isinstance(shape, Mapping):
        return {name: _no_samples(part) for name, part in shape.items()}
    return torch.empty(0, *shape)


def _count_values(shape: Shape) -> int:
    return sum(map(_count_values, shape.values())) if isinstance(shape, Mapping) else torch.Size(shape).numel()


def _slice(batch: Batch, start: int, stop: int) -> Batch:
    return batch.map(lambda x: x[max(start, 0) : stop])
