"""Small texts made on the spot, and the settings of small runs on them."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.kinds.text import TextKind
from ganlab.layers.tokens import END, PADDING, SPECIAL, to_one_hot

SYMBOLS = ("a", "b", "c")
FOR_SYMBOLS = ("recurrent", "transformer", "sequence_cnn", "sequence_recurrent")  # generators and discriminators
GAMES = ("gumbel", "likelihood", "reinforce")
SEQUENCE_METRICS = ("ngram_divergence", "novelty", "unseen_real", "self_bleu", "reverse_perplexity", "adversary_gain")
NETWORKS = ["generator=recurrent", "discriminator=sequence_cnn", "latent=gumbel", "regularizer=[]"]
NARROW = ["generator.width=8", "generator.embedding=4", "discriminator.width=4", "discriminator.embedding=4"]


def spec_of(length: int, symbols: tuple[str, ...] = SYMBOLS) -> Spec:
    """Return the spec of texts of at most `length` − 1 characters."""
    return Spec((length, SPECIAL + len(symbols)), kind="text", facts={"symbols": symbols, "level": "character"})


def encode(*texts: str, length: int = 6, symbols: tuple[str, ...] = SYMBOLS) -> Tensor:
    """Return texts as one-hot rows."""
    tokens = torch.full((len(texts), length), PADDING)
    for row, text in enumerate(texts):
        numbers = [SPECIAL + symbols.index(character) for character in text]
        tokens[row, : len(text) + 1] = torch.tensor([*numbers, END])
    return to_one_hot(tokens, SPECIAL + len(symbols))


def decode(samples: Tensor, symbols: tuple[str, ...] = SYMBOLS) -> list[str]:
    """Return the texts of one-hot rows."""
    return TextKind(symbols, "character").texts(samples)


def write_lines(path: Path, count: int = 60) -> Path:
    """Write different lines of the letters a to d."""
    lines = [
        "".join("abcd"[number // 4**place % 4] for place in range(3 + number % 3)) for number in range(64, 4 * count)
    ]
    path.write_text("\n".join(list(dict.fromkeys(lines))[:count]) + "\n")
    return path


@cache  # once per process
def text_lines() -> list[str]:
    """Return the settings of a small game on a small file."""
    path = write_lines(Path(mkdtemp(prefix="texts_")) / "lines.txt")
    return ["data=text_file", f"data.path={path}", *NETWORKS, "game=gumbel"]


def short_text_lines(group: str, name: str) -> list[str]:
    """Return the overrides that a component for sequences of symbols requires; none for other components."""
    names = {
        "data": ("text_file",),
        "game": GAMES,
        "generator": FOR_SYMBOLS,
        "discriminator": FOR_SYMBOLS,
        "latent": ("gumbel",),
        "features": ("symbol_counts",),
        "metric": SEQUENCE_METRICS,
    }
    if name not in names.get(group, ()):
        return []
    return [line for line in text_lines() if not line.startswith(f"{group}=")]
