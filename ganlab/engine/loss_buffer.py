"""Loss terms on their way from the steps that they are of to whoever looks at them."""

from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import Any, final

import torch
from torch import Tensor

from ganlab.engine.distributed.communicator import Communicator

KEPT = 1000  # steps


@final
class LossBuffer:
    """The terms of the latest 1,000 steps that nobody took yet, by name; on a device they stay there unread."""

    def __init__(self) -> None:
        self._steps: deque[dict[str, Tensor]] = deque(maxlen=KEPT)
        self.taken: tuple[str, ...] = ()  # the names of the terms that were taken last

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        return iter(self._steps)

    def append(self, terms: dict[str, Tensor]) -> None:
        """Keep the terms of one step more."""
        self._steps.append(terms)

    def take(self, device: torch.device) -> dict[str, Tensor]:
        """Return the mean of each term over the steps that have it, and forget them."""
        by_name: dict[str, list[Tensor]] = {}
        for name, value in chain.from_iterable(terms.items() for terms in self._steps):
            by_name.setdefault(name, []).append(value.float().to(device))
        self._steps.clear()
        self.taken = tuple(by_name)
        return {name: torch.stack(values).mean() for name, values in by_name.items()}

    def state_dict(self, communicator: Communicator, device: torch.device) -> dict[str, Any]:
        """Return what a checkpoint keeps, so that the row after a continuation is a mean of the same steps.

        The terms are means over the processes, all of which call this, since all take them up.
        """
        steps = list(enumerate(self._steps))
        values = {f"{name} {step}": value.to(device) for step, terms in steps for name, value in terms.items()}
        means = [value.float() for value in communicator.mean(values).values()]
        kept = torch.stack(means).cpu() if means else torch.empty(0)
        return {"names": [list(terms) for terms in self._steps], "values": kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what a checkpoint kept."""
        values = iter(state["values"])
        self._steps.clear()
        self._steps.extend({name: next(values) for name in names} for names in state["names"])
