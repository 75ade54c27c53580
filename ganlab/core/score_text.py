"""Scores as text: one with its floor and with what makes it weak, and those of baselines."""

from collections.abc import Mapping


def score_text(name: str, value: float, floor: Mapping[str, float], weak: Mapping[str, str]) -> str:
    """Return e.g. "fid 4.1, real 1.2", with a remark in parentheses if the score says little.

    `floor` has the scores of real samples by name, `weak` the remarks.
    """
    real = f", real {floor[name]:.4g}" if name in floor else ""
    remark = f" ({weak[name]})" if name in weak else ""
    return f"{name} {value:.4g}{real}{remark}"


def baseline_lines(baselines: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return one line per baseline with its scores, e.g. "baseline bicubic: psnr 23.1, ssim 0.777"."""
    return [
        f"baseline {name}: {', '.join(f'{score} {value:.4g}' for score, value in scores.items())}"
        for name, scores in baselines.items()
        if scores
    ]
