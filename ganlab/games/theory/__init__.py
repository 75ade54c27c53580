"""What can be said of a game without training it: its field, its steps as a map, and how fast they lead away or in."""

from ganlab.games.theory.behaviour import behaviour, rate
from ganlab.games.theory.derivative import NotDifferentiableError, jacobian
from ganlab.games.theory.equilibrium import NotAtEquilibriumError, StepMap, field_jacobian, spectral_radius, step_map
from ganlab.games.theory.picture import draw_orbit, orbit
from ganlab.games.theory.player_updates import PlayerUpdates

__all__ = [
    "NotAtEquilibriumError",
    "NotDifferentiableError",
    "PlayerUpdates",
    "StepMap",
    "behaviour",
    "draw_orbit",
    "field_jacobian",
    "jacobian",
    "orbit",
    "rate",
    "spectral_radius",
    "step_map",
]
