"""Samples from a generator, as a function of the seed alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ganlab import tree
from ganlab.interfaces import Batch, Game, Spec
from ganlab.random import Random, derive
from ganlab.tree import Tree

# Latents are drawn and passed on in pieces of this many samples, so that sample i does not depend on how many are asked
# for, nor on the machine's memory.
CHUNK = 100


class Sampler:
    """Draws samples in the data's own coordinates, images in [−1, 1]."""

    def __init__(self, game: Game, network: nn.Module, spec: Spec, decode: Callable[[Tree], Tree]) -> None:
        self.game, self.network, self.spec, self.decode = game, network, spec, decode

    def sample(self, n: int, seed: int = 0, cond: Tree = None) -> Tree:
        """Return float tensors of shape (n, *spec.sample) on the CPU; classes are drawn evenly where `cond` is None.

        Raises ValueError for a negative n or a condition of another length.
        """
        if n < 0:
            raise ValueError(f"n must be at least 0, got {n}")
        if cond is not None and tree.length(cond) != n:
            raise ValueError(f"cond must have one entry per sample, {n}, got {tree.length(cond)}")
        if n == 0:
            return torch.empty(0, *self.spec.sample)
        pieces = [tree.map(lambda x: x.cpu(), piece) for piece in self.stream(n, seed, cond)]
        return tree.map(lambda *parts: torch.cat(parts), *pieces)

    @torch.no_grad()
    def stream(self, n: int, seed: int = 0, cond: Tree = None, first: int = 0, stride: int = 1) -> Iterator[Tree]:
        """Yield samples in chunks on the network's device; chunks first, first + stride, … are made here."""
        device = next(self.network.parameters()).device
        for chunk in range(first, -(-n // CHUNK), stride):
            start = chunk * CHUNK
            count = min(CHUNK, n - start)
            random = Random(derive(seed, "samples")).seek(chunk)
            given = self._labels(random, device) if cond is None else tree.narrow(cond, start, count)
            given = tree.map(lambda x, count=count: x[:count].to(device), given)
            with self._evaluating(random):
                yield self._draw(count, given, device)

    def _draw(self, count: int, cond: Tree, device: torch.device) -> Tree:
        # The whole chunk is drawn and then cut, so that the first samples are the same however many follow.
        whole = Batch(torch.empty(CHUNK, 0, device=device), None)
        part = tree.map(lambda x: torch.cat([x, x[:1].expand(CHUNK - count, *x.shape[1:])]), cond)
        samples = self.game.sample(Batch(whole.sample, part), self.network)
        return self.decode(tree.map(lambda x: x[:count].float(), samples))

    def _labels(self, random: Random, device: torch.device) -> Tensor | None:
        return random.integers("labels", self.spec.classes, (CHUNK,), device) if self.spec.classes else None

    @contextmanager
    def _evaluating(self, random: Random) -> Iterator[None]:
        """Lend the game our randomness and put the network into evaluation mode, and give both back."""
        theirs, training = self.game.random, self.network.training
        self.game.random = random
        self.network.eval()
        try:
            yield
        finally:
            self.game.random = theirs
            self.network.train(training)
