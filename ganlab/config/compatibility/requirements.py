"""Rules for components that require something of other components or of the data."""

from collections.abc import Mapping
from pathlib import PurePath

from omegaconf import DictConfig

from ganlab.augments import Identity
from ganlab.config.compatibility.registry import Components, rule
from ganlab.core.file_names import is_file_name
from ganlab.core.interfaces import ShowsFeatures, ShowsMaps, StyleGenerator
from ganlab.engine.distributed.strategy_choice import count_processes
from ganlab.training_hooks import Anneal


@rule("name")
def require_relative_name(config: DictConfig, components: Components) -> str | None:
    """Reject a name that is a path outside outputs/."""
    path = PurePath(config.name)
    if not path.parts or not all(map(is_file_name, path.parts)):  # a leading / is a part, too
        return f"name must be a folder below outputs/, got '{config.name}'; run_dir=DIR puts a run anywhere"
    return None


@rule()
def require_supported_samples(config: DictConfig, components: Components) -> str | None:
    """Reject augmentations and regularizers of images if the samples are not images."""
    if components.spec is None:
        return None
    sample = components.spec.sample
    rank = 0 if isinstance(sample, Mapping) else len(sample)
    named = {f"regularizer.{name}": term for name, term in components.regularizer.items()}
    for name, component in {"augment": components.augment, **named}.items():
        if component is not None and rank not in component.sample_dims:
            advice = "use augment=none" if name == "augment" else "remove it"
            return (
                f"{name}: {type(component).__name__} changes images, but the data has samples of shape {sample}; "
                f"{advice}"
            )
    return None


@rule("augment", "loss")
def require_boundary(config: DictConfig, components: Components) -> str | None:
    """Reject an adaptive augmentation if the loss has no boundary between real and fake outputs."""
    augment, loss = components.augment, components.loss
    if augment is not None and augment.adapts and loss is not None and loss.boundary is None:
        return (
            f"augment: {type(augment).__name__} follows the sign of D's output on real samples, which is arbitrary "
            f"under {type(loss).__name__}; use augment=scheduled, or a loss such as non_saturating"
        )
    return None


@rule("regularizer", "optimizer")
def require_known_player(config: DictConfig, components: Components) -> str | None:
    """Reject a regularizer that applies to no player of the game."""
    for name, term in components.regularizer.items():
        if not any(term.applies_to(player) for player in config.optimizer):
            return (
                f"regularizer.{name}: {type(term).__name__}.player must be {' or '.join(config.optimizer)}, "
                f"got '{term.player}'"
            )
    return None


@rule()
def require_features(config: DictConfig, components: Components) -> str | None:
    """Reject a regularizer of features if the discriminator does not return them; compilation hides them."""
    names = ", ".join(name for name, term in components.regularizer.items() if term.reads_features)
    if not names or components.discriminator is None:
        return None
    if not isinstance(components.discriminator, ShowsFeatures):
        return (
            f"regularizer.{names} requires the discriminator's features, which "
            f"{type(components.discriminator).__name__} does not return; use a discriminator that does, such as mlp or "
            "dcgan"
        )
    if "discriminator" in config.get("compile", []):
        return (
            f"regularizer.{names} and compile: a compiled discriminator does not return its features; remove one of "
            "them, or write 'compile=[generator]'"
        )
    return None


@rule()
def require_maps(config: DictConfig, components: Components) -> str | None:
    """Reject a regularizer of feature maps if the discriminator shows none."""
    names = ", ".join(name for name, term in components.regularizer.items() if term.reads_maps)
    discriminator = components.discriminator
    if names and isinstance(discriminator, ShowsFeatures) and not isinstance(discriminator, ShowsMaps):
        return (
            f"regularizer.{names} requires the discriminator's feature maps, which {type(discriminator).__name__} does "
            "not show; use discriminator=fastgan, or remove it"
        )
    return None


@rule()
def require_styles(config: DictConfig, components: Components) -> str | None:
    """Reject a regularizer of styles if the generator has no styles."""
    names = ", ".join(name for name, term in components.regularizer.items() if term.reads_styles)
    if names and components.generator is not None and not isinstance(components.generator, StyleGenerator):
        return (
            f"regularizer.{names} requires a style generator, and {type(components.generator).__name__} is not one; "
            "use a generator such as stylegan2, or remove it"
        )
    return None


@rule("latent")
def require_codes(config: DictConfig, components: Components) -> str | None:
    """Reject a regularizer of latent codes if the latents have none."""
    names = ", ".join(name for name, term in components.regularizer.items() if term.needs_codes)
    latent = components.latent
    if names and latent is not None and not (latent.categories or latent.continuous):
        return f"regularizer.{names} requires codes in the latents; write latent=codes"
    return None


@rule("game", "trainer", "batch_size", "microbatches")
def require_whole_packs(config: DictConfig, components: Components) -> str | None:
    """Reject a packing that does not divide the samples that the discriminator receives at once."""
    packing, count = config.game.get("packing", 1), count_processes(config.trainer) or 1
    piece, rest = divmod(config.batch_size, count * config.microbatches)
    if rest:
        return None  # reported by another rule
    at_once = f"batch_size / microbatches{f' / {count} processes' if count > 1 else ''} = {piece}"
    if packing > piece:
        return (
            f"game.packing={packing} is more than the discriminator receives at once, {at_once}; "
            "lower packing or raise batch_size"
        )
    if packing > 0 and piece % packing:
        return f"game.packing must divide {at_once}, got {packing}"
    return None


@rule("game", "discriminator")
def reject_packing_of_single_sample_terms(config: DictConfig, components: Components) -> str | None:
    """Reject packing if a regularizer, or a conditioning method, works on single samples."""
    packing = config.game.get("packing", 1)
    if packing == 1:
        return None
    names = ", ".join(name for name, term in components.regularizer.items() if term.single)
    if names:
        return f"game.packing={packing} and regularizer.{names}: it works on single samples; use one of them"
    is_conditional = components.spec is not None and components.spec.cond is not None
    if is_conditional and config.discriminator.get("labels", "concat") not in ("concat", None):
        return (
            f"game.packing={packing} joins each sample with its condition, so discriminator.labels must be concat, "
            f"got {config.discriminator.labels}"
        )
    return None


@rule("game", "regularizer", "augment")
def reject_unused_components(config: DictConfig, components: Components) -> str | None:
    """Reject regularizers and augmentations that the game would never use."""
    name = str(config.game.get("_target_", "")).rpartition(".")[2]
    if components.regularizer and "regularizers" not in config.game:
        return f"game: {name} does not use regularizer.{', '.join(components.regularizer)}; write 'regularizer=[]'"
    augment = components.augment
    if augment is not None and not isinstance(augment, Identity) and "augment" not in config.game:
        return f"game: {name} does not use {type(augment).__name__}; write augment=none"
    return None


@rule("training_hook", "regularizer", "ema", "optimizer")
def require_annealed_settings(config: DictConfig, components: Components) -> str | None:
    """Reject annealing of weights and rates that the run does not have."""
    optimizers = [optimizer for optimizer in components.optimizer.values() if optimizer is not None]
    hooks = [hook for hook in components.training_hook.values() if isinstance(hook, Anneal)]
    reasons = (hook.unsupported_reason(components.regularizer, components.ema, optimizers) for hook in hooks)
    return next(filter(None, reasons), None)
