"""Several critics' verdicts as one."""

from collections.abc import Sequence
from math import lcm

import torch
from torch import Tensor

from ganlab.interfaces import Verdict


def join_votes(verdicts: Sequence[Verdict]) -> Tensor:
    """Return the logits of all critics, shape (n, critics, votes).

    Who gives fewer logits than others has them repeated, so that every critic has the same say in a mean.
    """
    flat = [verdict.logits.reshape(len(verdict.logits), -1) for verdict in verdicts]
    votes = lcm(*(each.shape[1] for each in flat))
    return torch.stack([each[:, :, None].expand(-1, -1, votes // each.shape[1]).flatten(1) for each in flat], 1)
