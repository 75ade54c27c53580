"""A data set of the tones and noises of `metric_sounds`."""

import torch

from ganlab.data.audio import AudioDataSet
from ganlab.data.readers.sound_storage import InMemorySounds
from ganlab.data.readers.sound_windows import SoundWindows
from support.metric_sounds import RATE, Sounds


class ShortSounds(AudioDataSet):
    """The tones and noises of `Sounds`, two thirds for training."""

    def __init__(self, labels=True, conditional=True):
        source = Sounds(count=300)
        table = [(sound * 32768).round().to(torch.int16) for sound in source.sounds]
        order = torch.arange(300)
        splits = {"train": order[:200], "validation": order[:0], "test": order[200:]}
        windows = SoundWindows(InMemorySounds(table, RATE), 2000, "cut")
        known = (
            {"labels": source.labels, "class_names": ["tone", "noise"], "conditional": conditional} if labels else {}
        )
        super().__init__(windows, [str(number) for number in range(300)], splits, **known)
