"""Parts whose numbers do not fit each other."""

from omegaconf import DictConfig
from torch.nn.modules.batchnorm import _BatchNorm

from ganlab.config.compatibility.registry import Parts, rule
from ganlab.engine.distributed.strategies import processes
from ganlab.optimizers import Extragradient


def _differentiating(parts: Parts) -> str:
    return ", ".join(name for name, term in parts.regularizer.items() if term.differentiates)


@rule("trainer")
def half_precision_without_penalty(config: DictConfig, parts: Parts) -> str | None:
    """Refuse 16-bit floats, whose range a squared gradient norm leaves, where a penalty differentiates."""
    names, precision = _differentiating(parts), str(config.trainer.get("precision", "32-true"))
    if names and precision in ("16", "16-mixed", "16-true"):
        return (
            f"regularizer.{names} and trainer.precision={precision}: gradient norms overflow in 16-bit floats; "
            "use trainer.precision=bf16-mixed or 32-true"
        )
    return None


@rule("trainer")
def one_scale_for_players_that_move_at_once(config: DictConfig, parts: Parts) -> str | None:
    """Refuse to scale losses where a player's step changes the scale that another's gradient already has."""
    precision = str(config.trainer.get("precision", "32-true"))
    if precision in ("16", "16-mixed") and parts.schedule is not None and max(map(len, parts.schedule(0))) > 1:
        return (
            f"trainer.precision={precision} and schedule: the loss is scaled anew at each player's step, but here both "
            "have their gradients before; use trainer.precision=bf16-mixed or schedule=alternating"
        )
    return None


@rule("compile")
def compiled_player_without_penalty(config: DictConfig, parts: Parts) -> str | None:
    """Refuse to compile what is differentiated twice."""
    for player in config.compile:
        names = [name for name, term in parts.regularizer.items() if term.differentiates and term.applies_to(player)]
        rest = [other for other in config.compile if other != player]
        if names:
            return (
                f"regularizer.{', '.join(names)} and compile: a compiled {player} cannot be differentiated twice; drop "
                f"one of them, or write 'compile=[{','.join(rest)}]'"
            )
    return None


@rule("compile", "optimizer")
def compiled_players_exist(config: DictConfig, parts: Parts) -> str | None:
    """Refuse to compile players that the game does not have."""
    unknown = [player for player in config.compile if player not in config.optimizer]
    return f"compile: there is no player '{unknown[0]}'; choose {', '.join(config.optimizer)}" if unknown else None


@rule()
def no_batch_norm_under_penalty(config: DictConfig, parts: Parts) -> str | None:
    """Refuse batch norm where the penalty asks for the gradient of one sample."""
    names = _differentiating(parts)
    if names and parts.discriminator is not None:
        normalised = any(isinstance(layer, _BatchNorm) for layer in parts.discriminator.modules())
        if normalised:
            return (
                f"regularizer.{names} and batch norm in the discriminator: a penalty per sample has no meaning where "
                "samples share statistics; use discriminator.norm=layer, group or none"
            )
    return None


@rule("discriminator")
def probabilities_for_losses_of_probabilities(config: DictConfig, parts: Parts) -> str | None:
    """Refuse a loss that takes the critic's output for what it is not."""
    if parts.loss is None:
        return None
    head = config.discriminator.get("head", "logit")
    name = type(parts.loss).__name__
    if parts.loss.reads == "probability" and head == "logit":
        return f"loss: {name} reads the critic's output as a probability; write discriminator.head=tanh_probability"
    if parts.loss.reads == "logit" and head == "tanh_probability":
        return (
            f"discriminator.head=tanh_probability and loss: {name} reads logits, not probabilities; use "
            "loss=minimax_probability or loss=non_saturating_probability, or discriminator.head=logit"
        )
    return None


@rule("batch_size", "microbatches")
def batch_divides_into_microbatches(config: DictConfig, parts: Parts) -> str | None:
    """Refuse microbatches of unlike size."""
    if config.batch_size % config.microbatches:
        return f"microbatches must divide batch_size={config.batch_size}, got {config.microbatches}"
    return None


@rule("trainer", "batch_size", "microbatches")
def batch_divides_among_processes(config: DictConfig, parts: Parts) -> str | None:
    """Refuse processes with parts of unlike size."""
    count = processes(config.trainer) or 1
    if count > 1 and config.batch_size % (count * config.microbatches):
        pieces = f" with {config.microbatches} microbatches each" if config.microbatches > 1 else ""
        return f"batch_size must be a multiple of the {count} processes{pieces} that share it, got {config.batch_size}"
    return None


@rule("optimizer", "regularizer")
def lazy_terms_that_meet_updates(config: DictConfig, parts: Parts) -> str | None:
    """Refuse terms that would act only where extragradient looks ahead, and never where it updates."""
    for player, optimizer in parts.optimizer.items():
        for name, term in parts.regularizer.items():
            if isinstance(optimizer, Extragradient) and term.applies_to(player) and term.every % 2 == 0:
                return (
                    f"regularizer.{name}.every={term.every} and optimizer.{player}: every other move of "
                    f"{type(optimizer).__name__} only looks ahead, and the term would act at those alone; "
                    "use an odd every"
                )
    return None
