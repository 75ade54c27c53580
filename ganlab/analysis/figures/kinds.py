"""The kinds of figures by name, and the settings that each of them reads."""

from collections.abc import Callable

from ganlab.analysis.figures.real_and_fake import draw_real_and_fake
from ganlab.analysis.figures.request import Drawing, FigureRequest
from ganlab.analysis.figures.sample_history import draw_sample_history
from ganlab.analysis.figures.score_points import draw_scores
from ganlab.analysis.figures.training_curves import draw_training_curves

KINDS: dict[str, Callable[[FigureRequest], Drawing]] = {
    "curves": draw_training_curves,
    "scores": draw_scores,
    "samples": draw_sample_history,
    "real_and_fake": draw_real_and_fake,
}
