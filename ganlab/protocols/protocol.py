"""Evaluation protocols: the settings that two scores must share to be comparable."""

from dataclasses import asdict, dataclass, replace
from typing import Any, final

from ganlab.core.errors import suggest
from ganlab.core.file_names import describe_file_name, is_file_name
from ganlab.data.dataset import SPLITS


@final
@dataclass(frozen=True)
class Protocol:
    """Sample counts, splits and seeds of an evaluation; features and metrics describe their own settings.

    Final scores compare generated samples with `split`. Scores during training, which select checkpoints and settings,
    compare with `selection_split` under `selection_seed`, so selection never uses the reported data. `repeats` sets of
    generated samples give the mean and its interval; fixed files of samples are resampled `resamples` times instead (0:
    no interval). Raises ValueError for a value below its bound, an unknown split, or a name that no
    file can have.
    """

    name: str = "standard"
    samples: int = 10_000
    real_samples: int = 0  # maximum; 0: the whole split
    split: str = "test"
    selection_split: str = "validation"
    batch_size: int = 250
    seed: int = 1
    selection_seed: int = 0
    repeats: int = 3
    resamples: int = 10

    def __post_init__(self) -> None:
        if not is_file_name(self.name):  # score files have it
            raise ValueError(f"name must be {describe_file_name()}, got '{self.name}'")
        minimum = {"samples": 2, "real_samples": 0, "batch_size": 2, "seed": 0, "selection_seed": 0, "repeats": 1}
        for name, bound in (minimum | {"resamples": 0}).items():
            if getattr(self, name) < bound:
                raise ValueError(f"{name} must be at least {bound}, got {getattr(self, name)}")
        for name in ("split", "selection_split"):
            if getattr(self, name) not in SPLITS:
                split = getattr(self, name)
                raise ValueError(f"{name} must be one of {', '.join(SPLITS)}, got {split!r}{suggest(split, SPLITS)}")
        if self.resamples == 1:
            raise ValueError("resamples must be 0 or at least 2, because one resample gives no interval")

    def selection(self) -> "Protocol":
        """Return the protocol of scores during training: one set of samples against the selection split."""
        return replace(self, split=self.selection_split, seed=self.selection_seed, repeats=1, resamples=0)

    def describe(self) -> dict[str, Any]:
        """Return the settings that apply to the scores, without those for selection."""
        facts = asdict(self)
        return {key: facts[key] for key in facts if not key.startswith("selection_")}
