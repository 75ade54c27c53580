"""What remains of a run for those who only want samples: weights in safetensors, everything else in JSON."""

import os
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from safetensors.torch import load_file, save

from ganlab.config import instantiate
from ganlab.errors import UserError
from ganlab.interfaces import Spec
from ganlab.module import GANModule
from ganlab.run_directory import write_json
from ganlab.sampler import Sampler
from ganlab.truncation import truncate

WEIGHTS, DESCRIPTION = "generator.safetensors", "generator.json"
# The groups that a game, and so its sampler, is built from.
PARTS = ("game", "generator", "discriminator", "loss", "regularizer", "augment", "latent")


def export(run_dir: Path, module: GANModule, config: DictConfig, spec: Spec, scale: float) -> None:
    """Write the kept generator's weights and how to build and use it."""
    tensors = {name: value.contiguous().cpu() for name, value in module.ema.network.state_dict().items()}
    scratch = run_dir / f"{WEIGHTS}.tmp"
    scratch.write_bytes(save(tensors))  # its own writer hides why a disk refuses
    os.replace(scratch, run_dir / WEIGHTS)
    plain: dict[Any, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    description = {
        "spec": {"sample": spec.sample, "cond": spec.cond, "classes": spec.classes},
        "scale": scale,
        "steps": module.steps,
        "samples": module.samples,
        "config": {part: plain[part] for part in PARTS},
    }
    write_json(run_dir / DESCRIPTION, description)


def load(run_dir: str | Path, device: str | torch.device = "cpu", truncation: float | None = None) -> Sampler:
    """Return a sampler of a finished run's generator, truncated where asked for (ganlab/truncation.py).

    Raises UserError where the directory does not hold one, ValueError for a generator that cannot be truncated so.
    """
    directory = Path(run_dir)
    weights, description = directory / WEIGHTS, directory / DESCRIPTION
    if not weights.exists() or not description.exists():
        what = "does not exist" if not directory.exists() else f"holds no {WEIGHTS}, which is written when a run ends"
        raise UserError(f"{directory} {what}; give the directory of a finished run")
    facts = OmegaConf.create(description.read_text())
    shape = OmegaConf.to_container(facts.spec)
    assert isinstance(shape, dict)
    cond = None if shape["cond"] is None else tuple(shape["cond"])
    spec = Spec(tuple(shape["sample"]), cond, shape["classes"])
    with torch.random.fork_rng(devices=[]):
        game = instantiate(facts.config.game)(spec)
    game.sampler.load_state_dict(load_file(weights))
    if truncation is not None:
        truncate(game, game.sampler, truncation)
    game.to(device).eval()
    scale = float(facts.scale)
    return Sampler(game, game.sampler, spec, lambda samples: samples * scale if scale != 1 else samples)
