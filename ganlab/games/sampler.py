"""Samples of a generator as a function of the seed only, and the truncation trick."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Batch, Game, Shape, Spec, SupportsTruncation
from ganlab.core.memory import require_memory
from ganlab.core.progress import progress
from ganlab.core.random import Random, derive
from ganlab.core.tree import Tree

# Latents are drawn and passed through the generator in chunks of this many samples, so sample i depends neither on the
# number of samples nor on the machine's memory.
CHUNK = 100
BYTES = 4  # of a float32 value
INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


class Sampler:
    """Draws samples of a generator in the data's own coordinates; images are in [−1, 1]."""

    def __init__(
        self,
        game: Game,
        network: nn.Module,
        spec: Spec,
        decode: Callable[[Tree], Tree],
        class_names: Sequence[str] = (),
    ) -> None:
        self.game, self.network, self.spec, self.decode = game, network, spec, decode
        self.class_names = class_names

    def sample(self, n: int, seed: int = 0, cond: Tree = None) -> Tree:
        """Return float tensors of shape (n, *spec.sample) on the CPU.

        `cond` holds one condition per sample: for classes, a number or a name. Without it, a conditional generator
        draws classes uniformly. Raises ValueError for a negative n, for a `cond` of another length, for unknown
        classes, and for any `cond` if the generator is unconditional.
        """
        return self.sample_batch(n, seed, cond).sample

    def sample_batch(self, n: int, seed: int = 0, cond: Tree = None) -> Batch:
        """Return the samples of `sample` with the conditions under which they were generated."""
        if n < 0:
            raise ValueError(f"n must be at least 0, got {n}")
        if cond is not None:
            cond = self._check_conditions(cond, n)
        if n == 0:
            return Batch(torch.empty(0, *self.spec.sample), cond)
        self.require_memory(n)
        batches = progress(self.batches(n, CHUNK, seed, cond), "generating", "batch", -(-n // CHUNK))
        return Batch.cat(batch.map(Tensor.cpu) for batch in batches)

    def require_memory(self, n: int) -> None:
        """Raise UserError if `n` samples exceed the available memory."""
        size = 2 * n * _count_values(self.spec.sample) * BYTES  # they are joined from chunks
        require_memory(size, f"n={n:,} samples of shape {self.spec.sample}", "lower n")

    def batches(
        self, n: int, size: int, seed: int = 0, cond: Tree = None, first: int = 0, stride: int = 1
    ) -> Iterator[Batch]:
        """Yield batches first, first + stride, … of `size` samples, of `n` samples in all, with their conditions.

        They are on the network's device. Sample i depends neither on `size` nor on `first` and `stride`, so several
        processes can share the work.
        """
        latest, chunk = -1, Batch(None)
        for start in range(first * size, n, stride * size):
            stop = min(start + size, n)
            parts = []
            for number in range(start // CHUNK, -(-stop // CHUNK)):
                if number != latest:  # generate a chunk that two batches share only once
                    latest, chunk = number, self._generate_chunk(number, n, seed, cond)
                parts.append(_slice(chunk, start - number * CHUNK, stop - number * CHUNK))
            yield Batch.cat(parts)

    def _check_conditions(self, cond: Tree, n: int) -> Tree:
        """Return conditions as the generator reads them; raises ValueError if they are invalid."""
        if self.spec.cond is None:
            raise ValueError("this generator is not conditional, so cond must be None")
        conditions = self._class_numbers(cond) if self.spec.classes else cond
        try:
            conditions = torch.as_tensor(conditions) if self.spec.classes else conditions
            length = tree.length(conditions)
        except (TypeError, ValueError, RuntimeError, StopIteration) as error:  # a scalar, text or a ragged list
            raise ValueError(f"cond must have one entry per sample, {n}, got {cond!r}") from error
        if length != n:
            raise ValueError(f"cond must have one entry per sample, {n}, got {length}")
        return _check_classes(conditions, self.spec.classes) if self.spec.classes and n else conditions

    def _class_numbers(self, cond: Tree) -> Tree:
        """Replace names of classes by their numbers; raises ValueError for an unknown name."""
        if not isinstance(cond, list | tuple):
            return cond
        number_of = dict(zip(self.class_names, range(self.spec.classes), strict=False))
        unknown = [entry for entry in cond if isinstance(entry, str) and entry not in number_of]
        if unknown:
            raise ValueError(f"cond names '{unknown[0]}', but the classes are {', '.join(number_of) or 'numbers'}")
        return [number_of[entry] if isinstance(entry, str) else entry for entry in cond]

    @torch.no_grad()
    def _generate_chunk(self, number: int, n: int, seed: int, cond: Tree) -> Batch:
        """Generate a complete chunk, also for fewer samples, so the first samples do not depend on their number."""
        device = next(self.network.parameters()).device
        random = Random(derive(seed, "samples")).seek(number)
        start = number * CHUNK
        if cond is None:
            conditions = self._draw_labels(random, device)
        else:
            conditions = tree.narrow(cond, start, min(CHUNK, n - start))
        conditions = tree.map(lambda x: _fill_chunk(x).to(device), conditions)
        with self.evaluation_mode(random):
            samples = self.game.sample(Batch(torch.empty(CHUNK, 0, device=device), conditions), self.network)
        return Batch(self.decode(tree.map(lambda x: x.float(), samples)), conditions)

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


def _check_classes(labels: Tensor, count: int) -> Tensor:
    numbers = labels.long()
    invalid = numbers[(numbers < 0) | (numbers >= count)].tolist()
    if labels.ndim != 1 or labels.dtype not in INTEGERS:
        invalid = [f"{labels.dtype} of shape {tuple(labels.shape)}"]
    if invalid:
        raise ValueError(f"cond must be one class for each sample, from 0 to {count - 1}, got {invalid[0]}")
    return numbers


def _fill_chunk(values: Tensor) -> Tensor:
    """Repeat the first row until there are CHUNK rows."""
    return torch.cat([values, values[:1].expand(CHUNK - len(values), *values.shape[1:])])


def _count_values(shape: Shape) -> int:
    return sum(map(_count_values, shape.values())) if isinstance(shape, Mapping) else torch.Size(shape).numel()


def _slice(batch: Batch, start: int, stop: int) -> Batch:
    return batch.map(lambda x: x[max(start, 0) : stop])


def truncate(game: Game, network: nn.Module, truncation: float) -> None:
    """Apply the truncation trick, permanently: samples become less diverse and more typical.

    A style generator scales the distance of its styles from their average by `truncation` (Karras et al. 2019,
    appendix B); for other generators the game's latents are truncated at ±`truncation` (Brock et al. 2019, section
    3.1). Raises ValueError for latents without tails and for a truncation out of range.
    """
    if isinstance(network, SupportsTruncation):
        network.truncate(truncation)
    else:
        game.latent = game.latent.truncated(truncation)
