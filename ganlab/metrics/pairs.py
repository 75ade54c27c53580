"""What all comparisons of generated samples with their truths need: both, of the same shape."""

from torch import Tensor


def require_pairs(samples: Tensor | None, truths: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return samples with their truths; raises ValueError if one is missing, or if their shapes differ."""
    if samples is None or truths is None:
        raise ValueError(
            "scores against the truth need the real sample that belongs to each generated one, but these samples have "
            "none; evaluate a run whose data is paired"
        )
    made, true = tuple(samples.shape[1:]), tuple(truths.shape[1:])
    if made != true:
        raise ValueError(
            f"an output is compared with a truth of its own size, but the outputs have shape {made} and the truths "
            f"{true}; make the data's targets as large as what the generator makes"
        )
    return samples, truths
