"""Samples from a generator, as a function of the seed alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Batch, Game, Spec, SupportsTruncation
from ganlab.core.random import Random, derive
from ganlab.core.tree import Tree

# Latents are drawn and passed on in pieces of this many samples, so that sample i does not depend on how many are asked
# for, nor on the machine's memory.
CHUNK = 100
INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


class Sampler:
    """Draws samples in the data's own coordinates, images in [−1, 1]."""

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
        """Return float tensors of shape (n, *spec.sample) on the CPU; classes are drawn evenly where `cond` is None.

        `cond` holds one class, by its number or its name, or another condition, for each sample. Raises ValueError for
        a negative n, for a condition of another length or that the generator does not take, and for classes that it
        does not have.
        """
        return self.labelled(n, seed, cond).sample

    def labelled(self, n: int, seed: int = 0, cond: Tree = None) -> Batch:
        """Return the same samples with the conditions that they were made under."""
        if n < 0:
            raise ValueError(f"n must be at least 0, got {n}")
        if cond is not None:
            cond = self._conditions(cond, n)
        if n == 0:
            return Batch(torch.empty(0, *self.spec.sample), cond)
        pieces = [
            Batch(*(tree.map(lambda x: x.cpu(), each) for each in batch))
            for batch in self.batches(n, CHUNK, seed, cond)
        ]
        return Batch(*(tree.map(lambda *parts: torch.cat(parts), *each) for each in zip(*pieces, strict=True)))

    def batches(
        self, n: int, size: int, seed: int = 0, cond: Tree = None, first: int = 0, stride: int = 1
    ) -> Iterator[Batch]:
        """Yield batches first, first + stride, … of `size` samples, of `n` in all, with the conditions they were given.

        They are on the network's device. Sample i does not depend on `size`, nor on who makes which batch.
        """
        latest, chunk = -1, Batch(None)
        for start in range(first * size, n, stride * size):
            stop = min(start + size, n)
            parts = []
            for number in range(start // CHUNK, -(-stop // CHUNK)):
                if number != latest:  # a chunk that two batches share is made once
                    latest, chunk = number, self._chunk(number, n, seed, cond)
                parts.append(_cut(chunk, start - number * CHUNK, stop - number * CHUNK))
            yield Batch(*(tree.map(lambda *xs: torch.cat(xs), *fields) for fields in zip(*parts, strict=True)))

    def _conditions(self, cond: Tree, n: int) -> Tree:
        """Return a condition as the generator takes it; raises ValueError where it cannot."""
        if self.spec.cond is None:
            raise ValueError("this generator is not conditional, so cond must be None")
        given = self._numbers(cond) if self.spec.classes else cond
        try:
            given = torch.as_tensor(given) if self.spec.classes else given
            length = tree.length(given)
        except (TypeError, ValueError, RuntimeError, StopIteration) as error:  # what has no length, or is ragged
            raise ValueError(f"cond must have one entry per sample, {n}, got {cond!r}") from error
        if length != n:
            raise ValueError(f"cond must have one entry per sample, {n}, got {length}")
        return _classes(given, self.spec.classes) if self.spec.classes and n else given

    def _numbers(self, cond: Tree) -> Tree:
        """Put numbers for the names of classes; raises ValueError for a name that no class has."""
        if not isinstance(cond, list | tuple):
            return cond
        known = dict(zip(self.class_names, range(self.spec.classes), strict=False))
        strange = [each for each in cond if isinstance(each, str) and each not in known]
        if strange:
            raise ValueError(f"cond names '{strange[0]}', and the classes are {', '.join(known) or 'numbers'}")
        return [known[each] if isinstance(each, str) else each for each in cond]

    @torch.no_grad()
    def _chunk(self, number: int, n: int, seed: int, cond: Tree) -> Batch:
        """Make a whole chunk, also where fewer are asked for: the first samples are the same however many follow."""
        device = next(self.network.parameters()).device
        random = Random(derive(seed, "samples")).seek(number)
        start = number * CHUNK
        given = self._labels(random, device) if cond is None else tree.narrow(cond, start, min(CHUNK, n - start))
        whole = tree.map(lambda x: torch.cat([x, x[:1].expand(CHUNK - len(x), *x.shape[1:])]).to(device), given)
        with self.evaluating(random):
            samples = self.game.sample(Batch(torch.empty(CHUNK, 0, device=device), whole), self.network)
        return Batch(self.decode(tree.map(lambda x: x.float(), samples)), whole)

    def _labels(self, random: Random, device: torch.device) -> Tensor | None:
        return random.integers("labels", self.spec.classes, (CHUNK,), device) if self.spec.classes else None

    @contextmanager
    def evaluating(self, random: Random) -> Iterator[None]:
        """Lend the game our randomness and put the network into evaluation mode, and give both back."""
        theirs, training = self.game.random, self.network.training
        self.game.random = random
        self.network.eval()
        try:
            yield
        finally:
            self.game.random = theirs
            self.network.train(training)


def _classes(labels: Tensor, count: int) -> Tensor:
    numbers = labels.long()
    wrong = numbers[(numbers < 0) | (numbers >= count)].tolist()
    if labels.ndim != 1 or labels.dtype not in INTEGERS:
        wrong = [f"{labels.dtype} of shape {tuple(labels.shape)}"]
    if wrong:
        raise ValueError(f"cond must be one class for each sample, from 0 to {count - 1}, got {wrong[0]}")
    return numbers


def _cut(batch: Batch, start: int, stop: int) -> Batch:
    return Batch(*(tree.map(lambda x: x[max(start, 0) : stop], field) for field in batch))


def truncate(game: Game, network: nn.Module, truncation: float) -> None:
    """Change what the network will make of the game's latents, for good.

    A style generator's styles keep that share of their distance from the average (Karras et al. 2019, appendix B);
    before any other, latents are cut off at that distance from 0 (Brock et al. 2019, section 3.1). Raises ValueError
    for latents without tails and a truncation out of range.
    """
    if isinstance(network, SupportsTruncation):
        network.truncate(truncation)
    else:
        game.latent = game.latent.truncated(truncation)
