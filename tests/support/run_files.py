"""Writes run directories like those of training and `ganlab evaluate`, without training."""

import copy
import json
from functools import cache
from pathlib import Path

from omegaconf import OmegaConf

from ganlab.config import compose
from ganlab.runs.directory import RunDirectory, write_json
from support.small_runs import POINTS

PROTOCOL = {
    "name": "standard",
    "features": {"name": "identity", "width": 2, "resize": {"how": "none"}},
    "metrics": {"fid": {"ddof": 1}, "kid": {"subsets": 50}},
    "origin": {"fid": "fid", "kid": "kid", "recall": "kid"},
    "data": "f03d51df36592e81b4606673b032a08b",
    "split": "validation",
    "samples": 10000,
    "batch_size": 250,
    "seed": 1,
    "versions": {"ganlab": "0.1.0", "torch": "2.15.0"},
}
GROUPS = ("loss", "regularizer", "optimizer", "training_hook", "metric", "trainer")
BETTER = {"fid": False, "kid": False, "recall": True}


def changed(**fields):
    """Return the protocol with changed fields; a__b is the field b of a."""
    protocol = copy.deepcopy(PROTOCOL)
    for name, value in fields.items():
        *outer, last = name.split("__")
        section = protocol
        for key in outer:
            section = section[key]
        section[last] = value
    return protocol


def score_file(scores, protocol=None, intervals=None, better=BETTER, **more):
    protocol = PROTOCOL if protocol is None else protocol
    content = {"scores": scores, "intervals": intervals or {}, "protocol": protocol, "protocol_hash": "", "step": 6}
    return content | ({} if better is None else {"higher_is_better": better}) | more


def write_run(path: Path, scores, *overrides, seed=0, reports=None, state="finished", time="2026-01-01", **file):
    """Write a run; without scores.json if `scores` is None. `reports` are evaluation files by name."""
    choices = tuple(override for override in overrides if override.split("=")[0] in GROUPS)
    settings = OmegaConf.from_dotlist([override for override in overrides if override not in choices])
    config = OmegaConf.merge(_composed(choices), settings, {"seed": seed, "run_dir": str(path)})
    run = RunDirectory(path)
    run.write_config(config)
    write_json(path / "status.json", {"state": state, "step": 6, "iterations": 6, "reason": "", "time": time})
    if scores is not None:
        write_json(path / "scores.json", score_file(scores, **file))
    for name, report in (reports or {}).items():
        write_json(path / "evaluations" / f"{name}.json", report)
    return path


def write_seeds(path: Path, values, *overrides, **file):
    """Write runs with seeds 0, 1, …; `values` are their FIDs."""
    for seed, value in enumerate(values):
        write_run(path / str(seed), {"fid": value}, *overrides, seed=seed, **file)
    return path


def set_status(path: Path, **status):
    (path / "status.json").write_text(json.dumps(status))


def only(comparison):
    """Return the only table."""
    (table,) = comparison.tables
    return table


def rows_of(comparison):
    """Return the row labels of the only table."""
    return [row.label for row in only(comparison).rows]


@cache
def _composed(choices):
    config = compose([*POINTS, *choices])
    OmegaConf.set_struct(config, False)
    return config
