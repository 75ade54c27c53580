"""Rules for games that begin with maximum likelihood."""

from omegaconf import DictConfig

from ganlab.config.compatibility.registry import Components, rule

MAX_SHARE = 0.7  # of the steps, before both players are updated


@rule("game", "iterations")
def require_adversarial_steps(config: DictConfig, components: Components) -> str | None:
    """Reject a run of which less than 30 % is adversarial, which would be a likelihood model by the name of a GAN."""
    settings = {name: config.game.get(name, 0) for name in ("pretraining_steps", "discriminator_steps")}
    before = sum(settings.values())
    if before <= MAX_SHARE * config.iterations:
        return None
    named = " + ".join(f"game.{name}={value}" for name, value in settings.items() if value)
    return (
        f"{named} is more than 70 % of iterations={config.iterations}, so too little is adversarial; lower it, raise "
        f"iterations to at least {-(-10 * before // 7)}, or write game=likelihood for no adversary"
    )
