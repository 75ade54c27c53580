"""Buffer of per-step loss terms until a logger reads them."""

from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.interfaces.communicator import Communicator

MAX_STEPS = 1000


@final
class LossBuffer:
    """The loss terms of the steps since the last `drain`, at most 1,000, by name; tensors stay on their device."""

    def __init__(self) -> None:
        self._steps: deque[dict[str, Tensor]] = deque(maxlen=MAX_STEPS)
        self.drained_names: tuple[str, ...] = ()  # of the terms that the last `drain` returned

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        return iter(self._steps)

    def append(self, terms: dict[str, Tensor]) -> None:
        """Add the terms of one step."""
        self._steps.append(terms)

    def drain(self, device: torch.device) -> dict[str, Tensor]:
        """Return the mean of each term over the steps that have it, and empty the buffer."""
        by_name: dict[str, list[Tensor]] = {}
        for name, value in chain.from_iterable(terms.items() for terms in self._steps):
            by_name.setdefault(name, []).append(value.float().to(device))
        self._steps.clear()
        self.drained_names = tuple(by_name)
        return {name: torch.stack(values).mean() for name, values in by_name.items()}

    def state_dict(self, communicator: Communicator, device: torch.device) -> dict[str, Any]:
        """Return the state for a checkpoint; the next row of a resumed run is then a mean over the same steps.

        Every process must call this: the terms are means over the processes, because all processes load them.
        """
        steps = list(enumerate(self._steps))
        values = {f"{name} {step}": value.to(device) for step, terms in steps for name, value in terms.items()}
        means = [value.float() for value in communicator.mean(values).values()]
        stacked = torch.stack(means).cpu() if means else torch.empty(0)
        return {"names": [list(terms) for terms in self._steps], "values": stacked}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the terms of a checkpoint."""
        values = iter(state["values"])
        self._steps.clear()
        self._steps.extend({name: next(values) for name in names} for names in state["names"])
