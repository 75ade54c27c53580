"""Which player made a run diverge: a value that is not finite reaches the losses and weights of all players."""

from torch import nn
from torch.nn.utils import get_total_norm

from ganlab.engine.module import GANModule

# A player whose learning rate is so much larger than those of the others is the suspect; recipes use up to 4 times.
RATE_RATIO = 10.0


def suspect(module: GANModule, player: str) -> str:
    """Return the setting of the learning rate to lower, with its value if it is not that of `player`, who failed first.

    It is that of the only player whose weights are not finite, or of one whose rate is much larger than the others'.
    """
    rates = {name: optimizer.param_groups[0]["lr"] for name, optimizer in module.updates.optimizers.items()}
    if len(rates) < 2 or player not in rates:
        return f"optimizer.{player}.lr"
    broken = [name for name, network in module.game.players().items() if not is_finite(network)]
    fastest, *others = sorted(rates, key=lambda name: rates[name], reverse=True)
    if len(broken) == 1:
        player = broken[0]
    if rates[fastest] >= RATE_RATIO * rates[others[0]]:
        player = fastest
    return f"optimizer.{player}.lr (now {rates[player]:.3g})"


def is_finite(network: nn.Module) -> bool:
    """Return whether all weights and buffers are finite, and their norm too."""
    values = [value for value in network.state_dict().values() if value.is_floating_point()]
    return bool(get_total_norm(values).isfinite())
