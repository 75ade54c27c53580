"""The help text of `ganlab train`, made from conf/ itself; it imports nothing heavy."""

from pathlib import Path

from ganlab.overrides import choices

USAGE = """ganlab train: train one experiment

usage: ganlab train [KEY=VALUE ...]           one run
       ganlab train -m KEY=A,B [KEY=C,D ...]  a sweep over all combinations
       --config-dir DIR                       your own config groups, beside the shipped ones
       --cfg job                              print the whole configuration and stop

examples: ganlab train experiment=wgan_gp_ring iterations=2000
          ganlab train loss=hinge 'regularizer=[r1,r2]' regularizer.r1.weight=5
          ganlab train run_dir=outputs/digits/1   (an existing run is continued)
"""


def train_help(directory: Path) -> str:
    """Return usage, settings with their defaults and comments, and the choices of every group."""
    lines = [USAGE, "settings (KEY=VALUE):"]
    for line in _settings(directory / "train.yaml"):
        key_value, _, comment = line.partition("#")
        lines.append(f"  {key_value.strip():28} {comment.strip()}")
    lines += ["", "parts (GROUP=NAME; GROUP=[A,B] where several may act; GROUP.KEY=VALUE for what is inside):"]
    for group, names in choices([directory]).items():
        lines.append(f"  {group:28} {', '.join(names)}")
    return "\n".join(lines)


def _settings(path: Path) -> list[str]:
    body = path.read_text().split("\nname:", 1)[1].split("\nregularizer:", 1)[0]
    return [line for line in f"name:{body}".splitlines() if line.strip()]
