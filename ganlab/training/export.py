"""The exported generator of a run: weights in a safetensors file, everything else in JSON."""

import json
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.core.file_replacement import replaced
from ganlab.core.interfaces import Spec
from ganlab.core.renamed import current_config
from ganlab.data import DataSet
from ganlab.engine.device import select_device
from ganlab.engine.module import GANModule
from ganlab.games.sampler import Sampler, truncate
from ganlab.runs.directory import write_json

WEIGHTS, DESCRIPTION = "generator.safetensors", "generator.json"
REMEDY = "copy both files again from the original run directory"
# The config groups from which a game, and so its sampler, is built.
GROUPS = ("game", "generator", "discriminator", "loss", "regularizer", "augment", "latent")


def export(run_dir: Path, module: GANModule, config: DictConfig, data: DataSet) -> None:
    """Write the EMA generator's weights and the settings to build and sample it."""
    tensors = {name: value.contiguous().cpu() for name, value in module.ema.network.state_dict().items()}
    with replaced(run_dir / WEIGHTS) as file:
        file.write(save(tensors))  # safetensors' own file writer hides the reason of a disk error
    plain: dict[Any, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    description = {
        "spec": {"sample": data.spec.sample, "cond": data.spec.cond, "classes": data.spec.classes},
        "class_names": list(data.class_names) if data.spec.classes else [],
        "scale": data.scale,
        "steps": module.steps,
        "samples": module.samples,
        "config": {group: plain[group] for group in GROUPS},
    }
    write_json(run_dir / DESCRIPTION, description)


def load(run_dir: str | Path, device: str | torch.device = "cpu", truncation: float | None = None) -> Sampler:
    """Return a sampler of a finished run's generator, with truncation if it is not None (see `games.sampler.truncate`).

    Raises UserError if the directory has no exported generator or it cannot be read, for a device that does not work,
    and for a truncation that the generator does not support.
    """
    target = select_device(device)
    directory = Path(run_dir)
    weights, description = directory / WEIGHTS, directory / DESCRIPTION
    if not directory.exists():
        raise UserError(f"{directory} does not exist; give the directory of a finished run")
    if not weights.exists() or not description.exists():
        raise UserError(
            f"{directory} holds no {WEIGHTS}, which is written when a run ends; give the directory of a finished run"
        )
    spec, names, scale, config = _read_description(description)
    with torch.random.fork_rng(devices=[]):
        game = instantiate(config.game)(spec)
    try:
        game.sampler.load_state_dict(load_file(weights))
    except (SafetensorError, OSError) as error:
        raise _unreadable(weights, error) from error
    except RuntimeError as error:  # its message has one line per weight
        raise UserError(
            f"{weights} holds weights of another generator than {DESCRIPTION} describes; {REMEDY}"
        ) from error
    if truncation is not None:
        try:
            truncate(game, game.sampler, truncation)
        except ValueError as error:
            raise UserError(f"truncation={truncation:g}: {error}") from error
    game.to(target).eval()
    if config.game.get("generator", {}).get("labels") == "none":  # only the discriminator receives the labels
        spec = Spec(spec.sample)
    return Sampler(game, game.sampler, spec, lambda samples: samples * scale if scale != 1 else samples, names)


def _read_description(path: Path) -> tuple[Spec, list[str], float, DictConfig]:
    """Return the samples' spec, the names of the classes, the scale, and the configuration of the game."""
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
    return UserError(f"{path} cannot be read ({' '.join(str(reason).split())}); {REMEDY}")
