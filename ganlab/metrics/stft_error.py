"""Error of the magnitudes of spectra against the truth, over several sizes of frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.layers.spectra import OVERLAP, STFT
from ganlab.metrics.paired_sounds import PairedSoundMetric, PairedSoundStatistic


@final
@dataclass(frozen=True)
class SpectralErrors(PairedSoundStatistic):
    """Spectral convergence and the error of log magnitudes of at least `floor`, means over `transforms`."""

    transforms: tuple[STFT, ...]
    floor: float

    names: ClassVar[tuple[str, ...]] = ("stft_error", "spectral_convergence", "log_magnitude_l1")

    def compare(self, waves: Tensor, truths: Tensor) -> Mapping[str, Tensor]:
        """Return both terms of each wave, and their sum."""
        convergence, logarithms = [], []
        for stft in self.transforms:
            made, true = (stft.magnitudes(values).clamp_min(self.floor).flatten(1) for values in (waves, truths))
            convergence.append((made - true).norm(dim=1) / true.norm(dim=1))
            logarithms.append((made.log() - true.log()).abs().mean(1))
        terms = torch.stack(convergence).mean(0), torch.stack(logarithms).mean(0)
        return dict(zip(self.names, (terms[0] + terms[1], *terms), strict=True))


@final
class STFTError(PairedSoundMetric):
    """Multi-resolution error of spectral magnitudes against the truth (Yamamoto et al. 2020).

    For each size in `sizes` of a frame, `spectral_convergence` is |S − T| / |T| of the magnitudes of a sound and its
    truth, in the Frobenius norm, and `log_magnitude_l1` the mean of |ln S − ln T|; both are means over sizes, and
    `stft_error` is their sum. Lower is better, 0 is equal magnitudes; convergence is 1 for silence. Frames have a Hann
    window, are a quarter of their size apart (`hops` None), and sounds are continued by reflection. Magnitudes are at
    least `floor`, as in auraloss, whose multi-resolution loss is `stft_error` with equal settings; but each sound
    counts alike here, while auraloss takes one norm of a whole batch. `windows` are the lengths of the windows, None
    for the sizes. Raises ValueError for settings that do not fit each other, and what `PairedSoundMetric` raises, e.g.
    for sounds not longer than half of the largest size.
    """

    name: ClassVar[str] = "stft_error"
    scores: ClassVar[dict[str, bool | None]] = {
        "stft_error": False,
        "spectral_convergence": False,
        "log_magnitude_l1": False,
    }
    ranges: ClassVar[Mapping[str, ScoreRange]] = dict.fromkeys(scores, POSITIVE)

    def __init__(
        self,
        features: Features,
        data: Source,
        sizes: Sequence[int] = (256, 512, 1024),
        hops: Sequence[int] | None = None,
        windows: Sequence[int] | None = None,
        floor: float = 1e-4,
    ) -> None:
        hops, windows = hops or [size // OVERLAP for size in sizes], windows or [0] * len(sizes)
        if not len(sizes) == len(hops) == len(windows) > 0:
            raise ValueError(
                f"metric.stft_error needs 1 size or more, and as many hops and windows, got {len(sizes)} sizes, "
                f"{len(hops)} hops and {len(windows)} windows"
            )
        if floor <= 0:
            raise ValueError(f"metric.stft_error.floor must be above 0, got {floor:g}")
        transforms = tuple(STFT(*each) for each in zip(sizes, hops, ["center"] * len(sizes), windows, strict=True))
        super().__init__(features, data, max(each.margin for each in transforms))
        self.statistic: SpectralErrors = SpectralErrors(transforms, floor)

    def describe(self) -> dict[str, Any]:
        """Return the shared settings, and those of every spectrum."""
        spectra = [{"n_fft": s.n_fft, "hop": s.hop, "window": s.window or s.n_fft} for s in self.statistic.transforms]
        shared = {"window": "hann", "padding": "center, reflect", "floor": self.statistic.floor}
        return {**super().describe(), "spectra": spectra, **shared}
