"""The help texts of `ganlab train` and `ganlab evaluate`, made from conf/ itself; it imports nothing heavy."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ganlab.config.overrides import choices

TRAIN_USAGE = """ganlab train: train one experiment

usage: ganlab train [KEY=VALUE ...]           one run
       ganlab train -m KEY=A,B [KEY=C,D ...]  a sweep over all combinations
         --no-wait                            with hydra/launcher=slurm: submit, and return
         --retry-failed                       take failed jobs up again, too
       --config-dir DIR                       your own config groups, beside the shipped ones
       --cfg job                              print the whole configuration and stop

examples: ganlab train experiment=wgan_gp_ring iterations=2000
          ganlab train loss=hinge 'regularizer=[r1,r2]' regularizer.r1.weight=5 regularizer.r2.weight=5
          ganlab train run_dir=outputs/digits/1   (an existing run is continued)
"""

EVALUATE_USAGE = """ganlab evaluate: score a run, or finished samples in files, under a named protocol

usage: ganlab evaluate run=DIR [KEY=VALUE ...]
       ganlab evaluate real=PATH fake=PATH [KEY=VALUE ...]   folders, .zip, .npz or .npy; no GAN needed

examples: ganlab evaluate run=outputs/digits/1 protocol=fast
          ganlab evaluate real=photos fake=samples.zip features=inception 'metric=[fid,kid]' output=scores.json
"""
# A setting of a yaml's top level with its comment, which is its documentation.
SETTING = re.compile(r"\w+: .*  # ")


def train_help(directory: Path) -> str:
    """Return usage, settings with their defaults and comments, and the choices of every group."""
    return _help(TRAIN_USAGE, directory / "train.yaml", choices([directory]) | _of_sweeps(directory))


def evaluate_help(directory: Path) -> str:
    """Return usage, settings with their defaults and comments, and the choices of every group."""
    groups = {name: names for name, names in choices([directory]).items() if name in ("features", "metric", "protocol")}
    return _help(EVALUATE_USAGE, directory / "evaluate.yaml", groups)


def _of_sweeps(directory: Path) -> dict[str, list[str]]:
    """Return the choices of Hydra's groups that are for sweeps."""
    groups: dict[str, list[str]] = {}
    for kind in ("launcher", "sweeper"):
        for path in sorted((directory / "hydra" / kind).rglob("*.yaml")):
            groups.setdefault(path.parent.relative_to(directory).as_posix(), []).append(path.stem)
    return groups


def _help(usage: str, path: Path, groups: Mapping[str, Sequence[str]]) -> str:
    lines = [usage, "settings (KEY=VALUE):"]
    for line in filter(SETTING.match, path.read_text().splitlines()):
        key_value, _, comment = line.partition("  # ")
        if not key_value.endswith("{}"):
            lines.append(f"  {key_value.strip():28} {comment.strip()}")
    lines += ["", "parts (GROUP=NAME; GROUP=[A,B] where several may act; GROUP.KEY=VALUE for what is inside):"]
    for group, names in groups.items():
        lines.append(f"  {group:28} {', '.join(names)}")
    return "\n".join(lines)
