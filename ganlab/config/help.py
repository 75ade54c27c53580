"""Help texts of `ganlab train` and `ganlab evaluate`, built from the files in conf/ without heavy imports."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ganlab.config.groups import choices, sweep_choices

TRAIN_USAGE = """ganlab train: train one experiment

usage: ganlab train [KEY=VALUE ...]           one run
       ganlab train -m KEY=A,B [KEY=C,D ...]  a sweep over all combinations
         --no-wait                            with hydra/launcher=slurm: submit the jobs and return
         --retry-failed                       run failed jobs of an existing sweep again
       --config-dir DIR                       a folder with your own config groups, in addition to the shipped ones
       --cfg job                              print the whole configuration and stop
       --help GROUP.NAME                      print the settings of a component, as ganlab describe does
       --version                              print the version of ganlab and stop

examples: ganlab train experiment=wgan_gp_ring iterations=2000
          ganlab train loss=hinge 'regularizer=[r1,r2]' regularizer.r1.weight=5 regularizer.r2.weight=5
          ganlab train experiment=ring '+metric=[kid]'     (metric=[kid] replaces the list, +metric=[kid] appends to it)
          ganlab train run_dir=outputs/digits/1            (an existing run is resumed, as by ganlab resume DIR)
"""

EVALUATE_USAGE = """ganlab evaluate: score a run, or finished samples in files, under a named protocol

usage: ganlab evaluate run=DIR [KEY=VALUE ...]
       ganlab evaluate real=PATH fake=PATH [KEY=VALUE ...]   folders, .zip, .npz or .npy; no GAN needed

examples: ganlab evaluate run=outputs/digits/1 protocol=fast
          ganlab evaluate run=outputs/digits/1 '+metric=[sliced_wasserstein]'
          ganlab evaluate real=photos fake=samples.zip features=inception 'metric=[fid,kid]' output=scores.json
"""
EVALUATE_GROUPS = ("features", "metric", "protocol")
# A setting at the top level of a yaml file; its comment is its documentation.
SETTING = re.compile(r"(\w+): .*  # ")
VALUE = re.compile(r"^(\w+): (\S.*?)(?:  #.*)?$", re.MULTILINE)
DEFAULT_EXPERIMENT = re.compile(r"^  - experiment: (\w+)$", re.MULTILINE)


def train_help(directory: Path) -> str:
    """Return usage, settings with their defaults and comments, and the choices of every group."""
    path = directory / "train.yaml"
    return _format_help(TRAIN_USAGE, path, choices([directory]) | sweep_choices(directory), _own_values(path))


def _own_values(path: Path) -> list[str]:
    """Return a line with the values that the default experiment sets in place of those of the file."""
    match = DEFAULT_EXPERIMENT.search(path.read_text())
    if match is None:
        return []
    general = setting_lines(path)
    own = VALUE.findall((path.parent / "experiment" / f"{match[1]}.yaml").read_text())
    values = [f"{key}: {value}" for key, value in own if key in general and f"{key}: {value}" != general[key][0]]
    return [f"  experiment={match[1]}, the default, sets {', '.join(values)}"] if values else []


def evaluate_help(directory: Path) -> str:
    """Return usage, settings with their defaults and comments, and the choices of every group."""
    groups = {group: names for group, names in choices([directory]).items() if group in EVALUATE_GROUPS}
    return _format_help(EVALUATE_USAGE, directory / "evaluate.yaml", groups)


def setting_lines(path: Path) -> dict[str, tuple[str, str]]:
    """Return "KEY: DEFAULT" and the comment of each setting at the top level of a yaml file."""
    lines: dict[str, tuple[str, str]] = {}
    for line in path.read_text().splitlines():
        match = SETTING.match(line)
        key_value, _, comment = line.partition("  # ")
        if match and not key_value.endswith("{}"):
            lines[match[1]] = key_value.strip(), comment.strip()
    return lines


def _format_help(usage: str, path: Path, groups: Mapping[str, Sequence[str]], own_values: Sequence[str] = ()) -> str:
    lines = [usage, "settings (KEY=VALUE):"]
    lines += [f"  {key_value:28} {comment}" for key_value, comment in setting_lines(path).values()]
    lines += own_values
    lines += [
        "",
        "components (GROUP=NAME, or GROUP=[A,B] for a list; '+GROUP=[C]' appends to a list; GROUP.KEY=VALUE sets what "
        "is inside):",
    ]
    lines += [f"  {group:28} {', '.join(names)}" for group, names in groups.items()]
    return "\n".join(lines)
