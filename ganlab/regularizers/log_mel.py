"""Distance between the log-mel spectrograms of a fake sound and of the real one that belongs to its condition."""

from typing import Any, ClassVar

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Latent, Regularizer, Spec
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers.fixed_network import FixedNetwork
from ganlab.layers.mel import LogMel
from ganlab.layers.sound_shapes import SOUND, require_sound

ADVICE = "use data of sounds with their spectrograms, such as data=vocoder, or remove it"


class LogMelL1(Regularizer):
    """The mean of |φ(G(s)) − φ(x)| for a sound x, its condition s, and log-mel spectrograms φ.

    That is Kong et al. 2020 (HiFi-GAN), equation 6. φ are natural logarithms of `mels` bands up to half the rate, of
    magnitudes of frames of `n_fft` samples every `hop` samples; channels count equally. `build` raises ValueError for
    data that is no sound, and for settings that do not fit its length or rate.
    """

    player = "generator"
    needs_pairs: ClassVar[bool] = True
    sample_kind: ClassVar[str] = SOUND

    def __init__(self, weight: float = 45.0, every: int = 1, n_fft: int = 1024, hop: int = 256, mels: int = 80) -> None:
        super().__init__(weight, every)
        self.n_fft, self.hop, self.mels = n_fft, hop, mels

    def build(self, spec: Spec, features: int, latent: Latent) -> None:
        """Compute the filters for the rate of the data."""
        shape = require_sound(spec, "regularizer=log_mel_l1", ADVICE)
        with torch.device("cpu"):  # checks of a configuration build games on the meta device
            log_mel = LogMel(shape.rate, self.n_fft, self.hop, self.mels)
        if shape.samples <= self.n_fft // 2:
            raise ValueError(
                f"n_fft must be below twice the {shape.samples} samples of a sound, got {self.n_fft}; lower "
                "regularizer.log_mel_l1.n_fft"
            )
        self.log_mel: Any = FixedNetwork(log_mel)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        fake = self._of(view.fake)
        with torch.no_grad():
            real = self._of(view.real)
        return tree.mean_per_sample((fake - real).abs())

    def _of(self, sounds: Tensor) -> Tensor:
        """Return log-mel spectrograms (n, channels · frames, mels) of sounds (n, samples, channels)."""
        with tree.without_autocast(sounds):
            waves = tree.widen(sounds).mT.flatten(0, 1)
            return self.log_mel.network(waves).reshape(len(sounds), -1, self.mels)
