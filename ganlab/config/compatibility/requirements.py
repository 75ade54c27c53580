"""Parts that look for what other parts, or the data, do not have."""

from collections.abc import Mapping

from omegaconf import DictConfig

from ganlab import metrics
from ganlab.augments import Identity
from ganlab.config.compatibility.registry import Parts, rule
from ganlab.config.targets import locate
from ganlab.core.errors import suggest
from ganlab.core.interfaces import Game, ShowsFeatures, StyleGenerator
from ganlab.engine.distributed.strategies import processes
from ganlab.metrics.metric import ModelMetric
from ganlab.training_hooks import Anneal


@rule("metric", "optimized_metric")
def scores_to_choose_by(config: DictConfig, parts: Parts) -> str | None:
    """Refuse to choose by a score that no metric at all computes; one that this run does not compute is warned of."""
    mine = [name for node in config.metric.values() for name in getattr(locate(node._target_), "scores", {})]
    all_scores = {name for each in vars(metrics).values() for name in getattr(each, "scores", None) or ()}
    wanted = str(config.optimized_metric)
    if wanted in all_scores or wanted in mine:
        return None
    return f"optimized_metric: no metric computes '{wanted}'; choose {', '.join(mine)}{suggest(wanted, all_scores)}"


@rule()
def samples_that_parts_can_change(config: DictConfig, parts: Parts) -> str | None:
    """Refuse what works on images alone where there are none."""
    if parts.spec is None:
        return None
    rank = 0 if isinstance(parts.spec.sample, Mapping) else len(parts.spec.sample)
    named = {"augment": parts.augment} | {f"regularizer.{name}": term for name, term in parts.regularizer.items()}
    for name, part in named.items():
        if part is not None and rank not in part.sample_dims:
            advice = "use augment=none" if name == "augment" else "drop it"
            return (
                f"{name}: {type(part).__name__} changes images, but the data has samples of shape "
                f"{parts.spec.sample}; {advice}"
            )
    return None


@rule("augment", "loss")
def a_boundary_for_what_adapts(config: DictConfig, parts: Parts) -> str | None:
    """Refuse to follow the sign of outputs that have none."""
    if parts.augment is not None and parts.augment.adapts and parts.loss is not None and parts.loss.boundary is None:
        return (
            f"augment: {type(parts.augment).__name__} follows the sign of D's output on real samples, which means "
            f"nothing under {type(parts.loss).__name__}; use augment=scheduled, or a loss such as non_saturating"
        )
    return None


@rule()
def players_for_all_terms(config: DictConfig, parts: Parts) -> str | None:
    """Refuse a term that would join nobody's loss."""
    for name, term in parts.regularizer.items():
        if not any(term.applies_to(player) for player in config.optimizer):
            return (
                f"regularizer.{name}: {type(term).__name__}.player must say whose loss it joins, "
                f"{' or '.join(config.optimizer)}, got '{term.player}'"
            )
    return None


@rule()
def features_for_what_reads_them(config: DictConfig, parts: Parts) -> str | None:
    """Refuse a term of the critic's features where it shows none, or is compiled, which hides them."""
    names = ", ".join(name for name, term in parts.regularizer.items() if term.reads_features)
    if not names or parts.discriminator is None:
        return None
    if not isinstance(parts.discriminator, ShowsFeatures):
        return (
            f"regularizer.{names} reads the critic's features, which {type(parts.discriminator).__name__} does not "
            "show; use a discriminator that does, such as mlp or dcgan"
        )
    if "discriminator" in config.get("compile", []):
        return (
            f"regularizer.{names} and compile: a compiled discriminator does not show its features; drop one of them, "
            "or write 'compile=[generator]'"
        )
    return None


@rule()
def styles_for_what_reads_them(config: DictConfig, parts: Parts) -> str | None:
    """Refuse a term of the generator's styles where it has none."""
    names = ", ".join(name for name, term in parts.regularizer.items() if term.reads_styles)
    if names and parts.generator is not None and not isinstance(parts.generator, StyleGenerator):
        return (
            f"regularizer.{names} reads the styles of a style generator, and {type(parts.generator).__name__} has "
            "none; use a generator that has, such as stylegan2, or drop it"
        )
    return None


@rule("latent")
def codes_for_what_looks_for_them(config: DictConfig, parts: Parts) -> str | None:
    """Refuse to look for codes in latents without any."""
    names = ", ".join(name for name, term in parts.regularizer.items() if term.needs_codes)
    if names and parts.latent is not None and not (parts.latent.categories or parts.latent.continuous):
        return f"regularizer.{names} looks for codes in the latents, which have none; write latent=codes"
    return None


@rule("game", "trainer", "batch_size", "microbatches")
def packs_within_the_batch(config: DictConfig, parts: Parts) -> str | None:
    """Refuse packs that a batch, or a piece of it, cannot fill."""
    packing, count = config.game.get("packing", 1), processes(config.trainer) or 1
    piece, rest = divmod(config.batch_size, count * config.microbatches)
    if rest:
        return None  # which has a rule of its own
    at_once = f"batch_size / microbatches{f' / {count} processes' if count > 1 else ''} = {piece}"
    if packing > piece:
        return (
            f"game.packing={packing} is more than the discriminator gets at once, {at_once}; "
            "lower packing or raise batch_size"
        )
    if packing > 0 and piece % packing:
        return f"game.packing must divide {at_once}, got {packing}"
    return None


@rule("game", "discriminator")
def packs_of_samples_with_their_labels(config: DictConfig, parts: Parts) -> str | None:
    """Refuse to judge packs by what is known of single samples."""
    packing = config.game.get("packing", 1)
    names = ", ".join(name for name, term in parts.regularizer.items() if term.single)
    if packing > 1 and names:
        return f"game.packing={packing} and regularizer.{names}: it looks at single samples; use one of them"
    if (
        packing > 1
        and parts.spec is not None
        and parts.spec.classes
        and config.discriminator.get("labels", "concat") not in ("concat", None)
    ):
        return (
            f"game.packing={packing} joins each sample with its label, so that discriminator.labels must be concat, "
            f"got {config.discriminator.labels}"
        )
    return None


@rule("game", "regularizer", "augment")
def parts_that_the_game_takes(config: DictConfig, parts: Parts) -> str | None:
    """Refuse parts that would be built for a game that never asks them."""
    name = str(config.game.get("_target_", "")).rpartition(".")[2]
    if parts.regularizer and "regularizers" not in config.game:
        return f"game: {name} has no place for regularizer.{', '.join(parts.regularizer)}; write 'regularizer=[]'"
    if parts.augment is not None and not isinstance(parts.augment, Identity) and "augment" not in config.game:
        return f"game: {name} has no place for {type(parts.augment).__name__}; write augment=none"
    return None


@rule("game", "metric")
def games_that_metrics_can_ask(config: DictConfig, parts: Parts) -> str | None:
    """Refuse, before training, a metric that would ask the game for what it does not have."""
    game = locate(str(config.game._target_))
    asked = [locate(str(node._target_)) for node in config.metric.values()]
    if not (isinstance(game, type) and issubclass(game, Game)):
        return None
    probes = [each for each in asked if isinstance(each, type) and issubclass(each, ModelMetric)]
    return next(filter(None, (probe.refusal(game) for probe in probes)), None)


@rule("training_hook", "regularizer", "ema", "optimizer")
def numbers_to_anneal(config: DictConfig, parts: Parts) -> str | None:
    """Refuse to anneal numbers of what the run does not have."""
    optimizers = [each for each in parts.optimizer.values() if each is not None]
    annealing = [each for each in parts.training_hook.values() if isinstance(each, Anneal)]
    return next(filter(None, (each.refusal(parts.regularizer, parts.ema, optimizers) for each in annealing)), None)
