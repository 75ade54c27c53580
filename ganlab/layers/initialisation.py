"""Initial weights by name."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.nn import init

from ganlab.layers.checks import look_up

WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d, nn.Conv3d, nn.ConvTranspose3d)

INITIALISERS: Mapping[str, Callable[[Tensor], Tensor] | None] = {
    "dcgan": lambda weight: init.normal_(weight, 0.0, 0.02),  # Radford et al. 2016, section 4
    "xavier": init.xavier_uniform_,
    "orthogonal": init.orthogonal_,
    "he": lambda weight: init.kaiming_normal_(weight, nonlinearity="relu"),  # He et al. 2015, eq. 10
    "torch": None,  # leave torch's initial weights
}


def initialise(network: nn.Module, name: str) -> None:
    """Initialise the weights of all dense and convolutional layers by name, and set their biases to 0.

    Raises ValueError for an unknown name.
    """
    draw = look_up("init", name, INITIALISERS)
    if draw is None:
        return
    for module in network.modules():
        if isinstance(module, WEIGHTED):
            draw(module.weight)
            if module.bias is not None:
                init.zeros_(module.bias)
