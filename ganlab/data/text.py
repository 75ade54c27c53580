"""`TextDataSet`, the base class of data sets of lines of text."""

from abc import ABC
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from hashlib import sha256
from typing import ClassVar

from torch import Tensor

from ganlab.core.interfaces import Batch, Spec
from ganlab.core.random import Random
from ganlab.data.dataset import SPLITS, DataSet, DrawSamples, check_split
from ganlab.data.n_gram_model import NGramModel
from ganlab.data.readers.text_lines import LeftOut, Line, describe_left_out
from ganlab.data.splits import seeded_permutation, split_indices
from ganlab.data.text_table import Alphabet, TextTable
from ganlab.layers.tokens import SPECIAL, to_one_hot


class TextDataSet(DataSet, ABC):
    """Base class of data sets of texts: one-hot rows (length, alphabet), float32, of distinct lines.

    Shares of the distinct `lines` are held out; the training lines determine the alphabet. `left_out` are those that a
    reader has left out; lines of too many symbols, or of symbols that are not in the alphabet, are left out here.
    Raises ValueError if no training line is left.

    >>> class Greetings(TextDataSet):
    ...     def __init__(self):
    ...         lines = [Line(text, "greetings") for text in ("hello", "hole", "heel", "hell")]
    ...         super().__init__(lines, Alphabet(), validation=0.0, test=0.25)
    >>> data = Greetings()
    >>> data.summary()
    'lines: 3 training, 0 validation, 1 test; at most 5 of 4 symbols'
    >>> data.spec.sample, data.kind.texts(data.batch(data.split("test"), Random()).sample)
    ((6, 7), ['hello'])
    """

    orders: ClassVar[tuple[int, ...]] = (2, 3, 4, 5, 6)  # of the n-grams that are baselines

    def __init__(
        self,
        lines: Sequence[Line],
        alphabet: Alphabet,
        validation: float,
        test: float,
        limit: int = 0,
        left_out: Sequence[LeftOut] = (),
    ) -> None:
        if not lines:
            raise ValueError(f"there is no line to train on; {describe_left_out(left_out) or 'the file is empty'}")
        splits = split_indices(len(lines), 0, validation, test, limit)
        self.table = TextTable.of(lines, splits["train"], alphabet)
        self.left_out = [*left_out, *self.table.left_out]
        self._splits = {name: splits[name][self.table.kept[splits[name]]] for name in SPLITS}
        if not len(self._splits["train"]):
            raise ValueError(f"there is no line to train on; {describe_left_out(self.left_out)}")
        self._size = SPECIAL + len(self.table.symbols)
        facts = {"symbols": tuple(self.table.symbols), "level": alphabet.level}
        self.spec = Spec((self.table.tokens.shape[1], self._size), kind="text", facts=facts)
        self._models: dict[int, NGramModel] = {}

    def split(self, name: str) -> Tensor:
        """Return the rows of a split, shape (n,); raises ValueError for an unknown split."""
        check_split(name)
        return self._splits[name]

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        """Return lines as one-hot rows."""
        return Batch(to_one_hot(self.table.tokens[indices], self._size))

    def real_samples(self, count: int = 0, seed: int = 0, split: str = "train", chunk: int = 256) -> Iterator[Batch]:
        """Yield distinct lines of a split in batches of `chunk`; raises ValueError if the split is empty."""
        indices = self.split(split)
        if not len(indices):
            raise ValueError(
                f"this data has no {split} lines: raise data.{split}, or use another split for scores with "
                "protocol.split and protocol.selection_split"
            )
        order = indices[seeded_permutation(len(indices), seed, "reals")][: count or None]
        return (Batch(to_one_hot(self.table.tokens[rows], self._size)) for rows in order.split(chunk))

    def fingerprint(self) -> str:
        """Hash the symbols, the lines and the splits."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        result = sha256(repr(sorted(self.spec.facts.items())).encode())
        for values in (self.table.tokens, *self._splits.values()):
            result.update(repr(tuple(values.shape)).encode() + values.numpy().tobytes())
        return result.hexdigest()

    def summary(self) -> str:
        """Return the sizes of the splits and of the alphabet, and which lines were left out."""
        words = {"train": "training", "validation": "validation", "test": "test"}
        sizes = ", ".join(f"{len(self._splits[name]):,} {words[name]}" for name in SPLITS)
        alphabet = f"at most {self.table.tokens.shape[1] - 1} of {len(self.table.symbols):,} symbols"
        return "; ".join(filter(None, [f"lines: {sizes}", alphabet, describe_left_out(self.left_out)]))

    def drawn_baselines(self) -> Mapping[str, DrawSamples]:
        """Return models of the n-grams of the training lines."""
        return {f"{order}_gram": partial(self._draw_n_grams, order) for order in self.orders}

    def _draw_n_grams(self, order: int, count: int, labels: Tensor | None, random: Random) -> Tensor:
        if order not in self._models:
            self._models[order] = NGramModel.of(self.table.tokens[self.split("train")], self._size, order)
        return self._models[order](count, labels, random)
