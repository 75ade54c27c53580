"""A network that belongs to the training of another one, but has no part in it."""

from typing import Any, final

from torch import nn

from ganlab.core.interfaces.components import EqualBuffers


@final
class FixedNetwork(EqualBuffers):
    """Holds a network that never trains: its weights are buffers that move with the game but are in no checkpoint.

    The network stays in evaluation mode.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        for layer in network.modules():
            for name, weight in list(layer.named_parameters(recurse=False)):
                delattr(layer, name)
                layer.register_buffer(name, weight.detach(), persistent=False)
            for name, buffer in list(layer.named_buffers(recurse=False)):
                layer.register_buffer(name, buffer, persistent=False)
        self.network: Any = network
        self.eval()

    def train(self, mode: bool = True) -> "FixedNetwork":
        """Stay in evaluation mode, also if a parent module switches to training mode."""
        return super().train(False)
