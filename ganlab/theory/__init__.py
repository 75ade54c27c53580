"""What can be said of a game without training it: its field, its steps as a map, and how fast they lead away or in."""

from ganlab.theory.behaviour import behaviour, rate
from ganlab.theory.derivative import NotDifferentiable, jacobian
from ganlab.theory.equilibrium import NotAtRest, StepMap, field_jacobian, spectral_radius, step_map
from ganlab.theory.moves import Moves
from ganlab.theory.picture import draw_orbit, orbit

__all__ = [
    "Moves",
    "NotAtRest",
    "NotDifferentiable",
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
