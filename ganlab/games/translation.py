"""What games that translate images of one domain to another require of data and regularizers."""

from collections.abc import Mapping
from dataclasses import replace

from ganlab.core.interfaces import Latent, Regularizer, Spec


def swapped(spec: Spec) -> Spec:
    """Return the spec of the other direction: the condition is the sample."""
    return replace(spec, sample=spec.cond, cond=spec.sample)  # type: ignore[arg-type]


def with_latents(spec: Spec, latent: Latent) -> Spec:
    """Return the spec with the size of the latents."""
    return replace(spec, latent=latent.size, latent_channels=latent.channels)


def require_source_images(spec: Spec, game: str) -> None:
    """Raise ValueError unless samples and conditions are images."""
    match spec.sample, spec.cond:
        case ([_, _, _], [_, _, _]):
            return
    raise ValueError(
        f"{game} translates images, but this data has samples of shape {spec.sample} and "
        f"{'conditions of shape ' + str(spec.cond) if spec.cond else 'no images as conditions'}; use data of two "
        "domains, such as data=unpaired_folder"
    )


def reject_terms_of_both_losses(regularizers: Mapping[str, Regularizer]) -> None:
    """Raise ValueError for regularizers that need the vector field of a game of two networks."""
    if names := ", ".join(name for name, term in regularizers.items() if term.reads_both_losses):
        raise ValueError(f"regularizers of both losses need a game of two networks; remove {names}")
