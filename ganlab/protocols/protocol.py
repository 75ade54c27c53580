"""How samples are scored: what two scores must have in common to be compared."""

from dataclasses import asdict, dataclass, replace
from typing import Any, final

from ganlab.data.dataset import SPLITS


@final
@dataclass(frozen=True)
class Protocol:
    """Sample counts, splits and seeds of an evaluation; features and metrics describe themselves.

    The final scores compare with `split`. Training's own, which choose checkpoints and settings, compare with
    `selection_split` under `selection_seed`, so that nothing is chosen on what is reported. `repeats` sets of samples
    of a run give the mean and its interval; fixed files are resampled `resamples` times instead (0: no interval).
    Raises ValueError for a value below its bound.
    """

    name: str = "standard"
    samples: int = 10_000
    real_samples: int = 0  # at most; 0: all of the split
    split: str = "test"
    selection_split: str = "validation"
    batch_size: int = 250
    seed: int = 1
    selection_seed: int = 0
    repeats: int = 3
    resamples: int = 10

    def __post_init__(self) -> None:
        least = {"samples": 2, "real_samples": 0, "batch_size": 2, "seed": 0, "selection_seed": 0, "repeats": 1}
        for name, bound in (least | {"resamples": 0}).items():
            if getattr(self, name) < bound:
                raise ValueError(f"{name} must be at least {bound}, got {getattr(self, name)}")
        for name in ("split", "selection_split"):
            if getattr(self, name) not in SPLITS:
                raise ValueError(f"{name} must be one of {', '.join(SPLITS)}, got {getattr(self, name)!r}")
        if self.resamples == 1:
            raise ValueError("resamples must be 0 or at least 2: one says nothing of a spread")

    def selection(self) -> "Protocol":
        """Return the protocol of scores that choose: one set of samples against the selection split."""
        return replace(self, split=self.selection_split, seed=self.selection_seed, repeats=1, resamples=0)

    def describe(self) -> dict[str, Any]:
        """Return what applies to the scores, without what belongs to the other set."""
        facts = asdict(self)
        return {key: facts[key] for key in facts if not key.startswith("selection_")}
