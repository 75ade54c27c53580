"""Sequences of symbols as one-hot rows, of an alphabet that begins with padding, begin and end."""

from typing import NamedTuple, final

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.interfaces import Spec

PADDING, BEGIN, END = 0, 1, 2  # the first symbols of every alphabet
SPECIAL = 3  # how many these are
IMPOSSIBLE = -1e9  # a logit of what may not follow; finite, so that it has gradients


@final
class TokenShape(NamedTuple):
    """The positions of a sample, its end included, and the size of its alphabet, the special symbols included."""

    length: int
    size: int


def are_tokens(spec: Spec) -> bool:
    """Return whether samples are one-hot rows (length, alphabet): their kind then has the fact `symbols`."""
    return "symbols" in spec.facts


def token_shape(spec: Spec, network: str, group: str) -> TokenShape:
    """Return the shape of samples; raises ValueError, naming the network, if they are no sequences of symbols."""
    if not are_tokens(spec):
        raise ValueError(
            f"{network} needs sequences of symbols, such as text, but the data has samples of shape {spec.sample}; "
            f"use data=words or data=text_file, or another {group}"
        )
    return TokenShape(*spec.sample)


def to_tokens(samples: Tensor) -> Tensor:
    """Return the symbols' numbers (n, length), int64, of one-hot rows (n, length, alphabet)."""
    return samples.argmax(-1)


def to_one_hot(tokens: Tensor, size: int) -> Tensor:
    """Return one-hot rows (n, length, size), float32, of numbers (n, length)."""
    return functional.one_hot(tokens.long(), size).float()


def shift_right(samples: Tensor) -> Tensor:
    """Return what a generator has read before each position of one-hot rows: begin, and all rows but the last."""
    begin = torch.zeros_like(samples[:, :1])
    begin[..., BEGIN] = 1
    return torch.cat([begin, samples[:, :-1]], 1)


def allow_possible(logits: Tensor, is_last: Tensor) -> Tensor:
    """Return logits (…, alphabet) of which those of padding and begin, and at the last position all but end, are low.

    `is_last` (…) is whether that is the last position of a sample.
    """
    numbers = torch.arange(logits.shape[-1], device=logits.device)
    never = (numbers == PADDING) | (numbers == BEGIN)
    return logits.masked_fill(never | (is_last[..., None] & (numbers != END)), IMPOSSIBLE)
