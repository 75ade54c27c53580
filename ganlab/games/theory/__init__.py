"""Theory of a game without training: its vector field, its step as a map, and how fast paths converge or diverge."""

from ganlab.games.theory.behaviour import classify_path, convergence_rate
from ganlab.games.theory.derivative import NotDifferentiableError, jacobian
from ganlab.games.theory.equilibrium import NotAtEquilibriumError, StepMap, field_jacobian, spectral_radius, step_map
from ganlab.games.theory.joint_state import JointState
from ganlab.games.theory.orbit import draw_orbit, plot_orbit

__all__ = [
    "JointState",
    "NotAtEquilibriumError",
    "NotDifferentiableError",
    "StepMap",
    "classify_path",
    "convergence_rate",
    "draw_orbit",
    "field_jacobian",
    "jacobian",
    "plot_orbit",
    "spectral_radius",
    "step_map",
]
