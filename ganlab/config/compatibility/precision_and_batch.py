"""Rules for precision, compilation, normalisation and batch sizes."""

from omegaconf import DictConfig
from torch.nn.modules.batchnorm import _BatchNorm

from ganlab.config.compatibility.registry import Components, rule
from ganlab.engine.distributed.strategy_choice import count_processes
from ganlab.optimizers import Extragradient


@rule("trainer")
def reject_half_precision_penalty(config: DictConfig, components: Components) -> str | None:
    """Reject float16 with a gradient penalty: squared gradient norms leave its range."""
    names, precision = _gradient_penalties(components), str(config.trainer.get("precision", "32-true"))
    if names and precision in ("16", "16-mixed", "16-true"):
        return (
            f"regularizer.{names} and trainer.precision={precision}: gradient norms overflow in 16-bit floats; "
            "use trainer.precision=bf16-mixed or 32-true"
        )
    return None


@rule("trainer")
def reject_loss_scaling_of_simultaneous_updates(config: DictConfig, components: Components) -> str | None:
    """Reject loss scaling if one player's update changes the scale that another player's gradients already have."""
    precision, schedule = str(config.trainer.get("precision", "32-true")), components.schedule
    if precision in ("16", "16-mixed") and schedule is not None and max(map(len, schedule(0))) > 1:
        return (
            f"trainer.precision={precision} and schedule: each player's update rescales the loss, but here both "
            "gradients are computed before; use trainer.precision=bf16-mixed or schedule=alternating"
        )
    return None


@rule("compile")
def reject_compiled_penalty(config: DictConfig, components: Components) -> str | None:
    """Reject compilation of a player that a gradient penalty differentiates twice."""
    for player in config.compile:
        terms = components.regularizer.items()
        names = [name for name, term in terms if term.differentiates and term.applies_to(player)]
        rest = [other for other in config.compile if other != player]
        if names:
            return (
                f"regularizer.{', '.join(names)} and compile: a compiled {player} cannot be differentiated twice; "
                f"remove one of them, or write 'compile=[{','.join(rest)}]'"
            )
    return None


@rule()
def reject_batch_norm_with_penalty(config: DictConfig, components: Components) -> str | None:
    """Reject batch norm in the discriminator if a penalty needs the gradient of a single sample."""
    names, discriminator = _gradient_penalties(components), components.discriminator
    if names and discriminator is not None and any(isinstance(layer, _BatchNorm) for layer in discriminator.modules()):
        has_choice = "norm" in config.discriminator
        advice = "use discriminator.norm=layer, group or none" if has_choice else "use another one, or 'regularizer=[]'"
        return (
            f"regularizer.{names} and batch norm in the discriminator: a penalty per sample is undefined if samples "
            f"share statistics; {advice}"
        )
    return None


@rule("discriminator")
def require_matching_output(config: DictConfig, components: Components) -> str | None:
    """Reject a loss of probabilities for a discriminator that returns logits, and the reverse."""
    if components.loss is None:
        return None
    head, name = config.discriminator.get("head", "logit"), type(components.loss).__name__
    if components.loss.reads == "probability" and head == "logit":
        return (
            f"loss: {name} reads the discriminator's output as a probability; write discriminator.head=tanh_probability"
        )
    if components.loss.reads == "logit" and head == "tanh_probability":
        return (
            f"discriminator.head=tanh_probability and loss: {name} reads logits, not probabilities; use "
            "loss=minimax_probability or loss=non_saturating_probability, or discriminator.head=logit"
        )
    return None


@rule("batch_size", "microbatches")
def require_equal_microbatches(config: DictConfig, components: Components) -> str | None:
    """Reject microbatches of different sizes."""
    if config.batch_size % config.microbatches:
        return f"microbatches must divide batch_size={config.batch_size}, got {config.microbatches}"
    return None


@rule("trainer", "batch_size", "microbatches")
def require_equal_shares(config: DictConfig, components: Components) -> str | None:
    """Reject batches that processes cannot share equally."""
    count = count_processes(config.trainer) or 1
    if count > 1 and config.batch_size % (count * config.microbatches):
        pieces = f" with {config.microbatches} microbatches each" if config.microbatches > 1 else ""
        return f"batch_size must be a multiple of the {count} processes{pieces} that share it, got {config.batch_size}"
    return None


@rule("optimizer", "regularizer")
def reject_terms_that_extragradient_skips(config: DictConfig, components: Components) -> str | None:
    """Reject lazy terms that would act only at extrapolation steps of extragradient, never at its updates."""
    for player, optimizer in components.optimizer.items():
        for name, term in components.regularizer.items():
            if isinstance(optimizer, Extragradient) and term.applies_to(player) and term.every % 2 == 0:
                return (
                    f"regularizer.{name}.every={term.every} and optimizer.{player}: every second step of "
                    f"{type(optimizer).__name__} only extrapolates, and the term would act at those alone; "
                    "use an odd every"
                )
    return None


def _gradient_penalties(components: Components) -> str:
    return ", ".join(name for name, term in components.regularizer.items() if term.differentiates)
