"""The exported networks of a run: weights in safetensors files, everything else in JSON."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, final

import torch
from omegaconf import DictConfig, OmegaConf

from ganlab.config.targets import instantiate
from ganlab.core import tree
from ganlab.core.errors import UserError
from ganlab.core.interfaces import Spec
from ganlab.core.renamed import current_config
from ganlab.data import DataSet
from ganlab.engine.device import select_device
from ganlab.engine.module import GANModule
from ganlab.games.latent_paths import latent_size
from ganlab.games.sampler import Sampler
from ganlab.games.truncation import truncate
from ganlab.kinds import all_kinds
from ganlab.runs.demos import generator_directory, is_demo
from ganlab.runs.directory import write_json
from ganlab.training.exported_game import (
    DESCRIPTION,
    GENERATOR,
    OTHERS,
    load_generator,
    load_others,
    other_weights,
    unreadable,
    write_weights,
)

# The config groups from which a game, and so its sampler, is built.
GROUPS = ("game", "generator", "discriminator", "loss", "regularizer", "augment", "latent")


def export(run_dir: Path, module: GANModule, config: DictConfig, data: DataSet) -> None:
    """Write the EMA generator's weights, those of the other networks, and the settings to build and sample them."""
    write_weights(run_dir / OTHERS, other_weights(module.game), module.steps)
    write_weights(run_dir / GENERATOR, module.ema.network.state_dict(), module.steps)
    plain: dict[Any, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    description = {
        "spec": asdict(replace(data.spec, latent=latent_size(module.game), kind=data.kind.name)),
        "class_names": list(data.class_names) if data.spec.classes else [],
        "scale": data.scale,
        "steps": module.steps,
        "samples": module.samples,
        "config": {group: plain[group] for group in GROUPS},
    }
    write_json(run_dir / DESCRIPTION, description)


def load(run_dir: str | Path, device: str | torch.device = "cpu", truncation: float | None = None) -> Sampler:
    """Return a sampler of a finished run's generator, with truncation if it is not None (see `games.truncation`).

    `demo:NAME` in place of a directory is a generator of the package, such as `ganlab.load("demo:digits")`. The
    sampler's `discriminator` is the trained one; if the directory has none, its use raises UserError. The networks are
    in evaluation mode, and their weights require no gradients. Raises UserError if the directory has no exported
    generator or it cannot be read, for a device that does not work, and for a truncation that the generator does not
    support.
    """
    target = select_device(device)
    directory = generator_directory(run_dir)
    weights, description = directory / GENERATOR, directory / DESCRIPTION
    if not directory.exists():
        raise UserError(f"{directory} does not exist; give the directory of a finished run")
    if not weights.exists() or not description.exists():
        raise UserError(
            f"{directory} holds no {GENERATOR}, which is written when a run ends; give the directory of a finished run"
        )
    facts = _read_description(description)
    game = _build_game(facts.config, facts.spec, description)
    absent = load_others(game, directory / OTHERS, facts.steps)
    if is_demo(run_dir):
        absent = f"{run_dir} is a generator alone, without its discriminator; train a run to have both"
    load_generator(game, weights)
    if truncation is not None:
        try:
            truncate(game, game.sampler, truncation)
        except ValueError as error:
            raise UserError(f"truncation={truncation:g}: {error}") from error
    game.to(target).eval().requires_grad_(False)
    spec = replace(facts.spec, latent=latent_size(game))
    if facts.config.game.get("generator", {}).get("labels") == "none":  # only the discriminator receives the labels
        spec = replace(spec, cond=None, classes=0)
    return Sampler(game, game.sampler, spec, facts.decode, facts.class_names, facts.encode, absent)


@final
@dataclass(frozen=True)
class _Description:
    """What generator.json says: the samples' spec, the names of the classes, and the configuration of the game."""

    spec: Spec
    class_names: list[str]
    scale: float
    steps: int
    config: DictConfig

    def decode(self, samples: Any) -> Any:
        """Convert samples from network coordinates to the data's own coordinates."""
        return tree.map(lambda x: x * self.scale, samples) if self.scale != 1 else samples

    def encode(self, samples: Any) -> Any:
        """Convert samples from the data's own coordinates to network coordinates."""
        return tree.map(lambda x: x / self.scale, samples) if self.scale != 1 else samples


def _build_game(config: DictConfig, spec: Spec, description: Path) -> Any:
    """Build the game that a description file holds; raises UserError, naming the file, if that is impossible."""
    try:
        with torch.random.fork_rng(devices=[]):
            return instantiate(config.game)(spec)
    except UserError:  # such as a package that is not allowed
        raise
    except Exception as error:  # constructors and Hydra may raise anything
        reason = " ".join(str(error.__cause__ or error).split())
        raise unreadable(description, f"its settings do not build a game: {reason}") from error


def _read_description(path: Path) -> _Description:
    try:
        facts = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    match facts:
        case {
            "spec": {"sample": [*sample], "cond": None | [*_] as cond, "classes": int() as classes, **more},
            "scale": int() | float() as scale,
            "config": {"game": {"_target_": str()}} as config,
        }:
            is_known = more.get("kind") in all_kinds()  # else it is a kind of a package that is not imported
            kind = str(more["kind"]) if is_known else ""
            kind_facts: Any = more.get("facts") if is_known else None
            paired = bool(more.get("paired"))  # older descriptions do not say it, and have no images as conditions
            condition = None if cond is None else tuple(cond)
            spec = Spec(tuple(sample), condition, classes, kind=kind, paired=paired, facts=kind_facts or {})
            current = OmegaConf.create(current_config(config))
            return _Description(spec, facts.get("class_names", []), float(scale), facts.get("steps", -1), current)
    raise unreadable(path, "it does not describe a generator as ganlab writes it")
