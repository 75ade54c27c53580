"""What remains of a run for those who only want samples: weights in safetensors, everything else in JSON."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.core.interfaces import Spec
from ganlab.core.renamed import current_config
from ganlab.data import DataSet
from ganlab.engine.device import select_device
from ganlab.engine.module import GANModule
from ganlab.games.sampler import Sampler, truncate
from ganlab.runs.directory import write_json

WEIGHTS, DESCRIPTION = "generator.safetensors", "generator.json"
AGAIN = "copy both files again from where the run was made"
# The groups that a game, and so its sampler, is built from.
PARTS = ("game", "generator", "discriminator", "loss", "regularizer", "augment", "latent")


def export(run_dir: Path, module: GANModule, config: DictConfig, data: DataSet) -> None:
    """Write the kept generator's weights and how to build and use it."""
    tensors = {name: value.contiguous().cpu() for name, value in module.ema.network.state_dict().items()}
    scratch = run_dir / f"{WEIGHTS}.tmp"
    scratch.write_bytes(save(tensors))  # its own writer hides why a disk refuses
    os.replace(scratch, run_dir / WEIGHTS)
    plain: dict[Any, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    description = {
        "spec": {"sample": data.spec.sample, "cond": data.spec.cond, "classes": data.spec.classes},
        "class_names": list(data.class_names) if data.spec.classes else [],
        "scale": data.scale,
        "steps": module.steps,
        "samples": module.samples,
        "config": {part: plain[part] for part in PARTS},
    }
    write_json(run_dir / DESCRIPTION, description)


def load(run_dir: str | Path, device: str | torch.device = "cpu", truncation: float | None = None) -> Sampler:
    """Return a sampler of a finished run's generator, truncated where asked for (ganlab/games/truncation.py).

    Raises UserError where the directory does not hold one that can be read, for a device that cannot be used and a
    generator that cannot be truncated so.
    """
    place = select_device(device)
    directory = Path(run_dir)
    weights, description = directory / WEIGHTS, directory / DESCRIPTION
    if not weights.exists() or not description.exists():
        what = "does not exist" if not directory.exists() else f"holds no {WEIGHTS}, which is written when a run ends"
        raise UserError(f"{directory} {what}; give the directory of a finished run")
    spec, names, scale, config = _described(description)
    with torch.random.fork_rng(devices=[]):
        game = instantiate(config.game)(spec)
    try:
        game.sampler.load_state_dict(load_file(weights))
    except (SafetensorError, OSError) as error:
        raise _unreadable(weights, error) from error
    except RuntimeError as error:  # torch lists every weight, a line each
        raise UserError(
            f"{weights} holds weights of another generator than {DESCRIPTION} beside it; {AGAIN}"
        ) from error
    if truncation is not None:
        try:
            truncate(game, game.sampler, truncation)
        except ValueError as error:
            raise UserError(f"truncation={truncation:g}: {error}") from error
    game.to(place).eval()
    if config.game.get("generator", {}).get("labels") == "none":  # it was built beside labels that it is not told
        spec = Spec(spec.sample)
    return Sampler(game, game.sampler, spec, lambda samples: samples * scale if scale != 1 else samples, names)


def _described(path: Path) -> tuple[Spec, list[str], float, DictConfig]:
    """Return what the samples are, the classes' names, the scale, and the configuration of the game's parts."""
    try:
        facts = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    match facts:
        case {
            "spec": {"sample": [*sample], "cond": None | [*_] as cond, "classes": int() as classes},
            "scale": int() | float() as scale,
            "config": {"game": {"_target_": str()}} as config,
        }:
            spec = Spec(tuple(sample), None if cond is None else tuple(cond), classes)
            return spec, facts.get("class_names", []), float(scale), OmegaConf.create(current_config(config))
    raise _unreadable(path, "it does not describe a generator as ganlab writes it")


def _unreadable(path: Path, reason: object) -> UserError:
    return UserError(f"{path} cannot be read ({' '.join(str(reason).split())}); {AGAIN}")
