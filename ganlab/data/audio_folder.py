"""Your own sounds: wav, flac, ogg, opus, mp3 and aiff files of any rates and lengths."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.data.audio import AudioDataSet, build_audio_spec
from ganlab.data.dataset import PLACEHOLDER_CLASSES
from ganlab.data.group_splits import check_group, name_groups, split_groups
from ganlab.data.image_classes import are_splits, top_folders
from ganlab.data.readers.class_numbers import number_classes
from ganlab.data.readers.scan import check_on_error
from ganlab.data.readers.sound_decoder import SoundDecoder
from ganlab.data.readers.sound_listing import list_sounds
from ganlab.data.readers.sound_table import read_sounds
from ganlab.data.readers.sound_windows import SoundWindows, check_windows
from ganlab.data.splits import check_shares


@final
class AudioFolder(AudioDataSet):
    """The sound files below `path`, at `rate` hertz; the top-level folder is a sound's class.

    Samples are the first `samples` of each file, or windows of that length (`fit`), padded with silence. Shares of the
    files are held out, or of groups of files: those in one folder, or those in whose path a regular expression finds
    the same text. Sounds that need more than `memory_limit_mib` stay on disk. Raises ValueError for a path without
    sounds, and for unreadable, empty and incomplete files if `on_error` is "refuse".
    """

    def __init__(
        self,
        path: str,
        rate: int = 16_000,
        samples: int = 16_384,
        channels: int = 1,
        fit: str = "cut",
        hop: int = 0,
        fade: int = 0,
        trim: float | None = None,
        normalise: str = "none",
        labels: bool = False,
        group: str = "file",
        validation: float = 0.1,
        test: float = 0.1,
        limit: int = 0,
        on_error: str = "refuse",
        memory_limit_mib: int = 2048,
    ) -> None:
        decoder = self.decoder = SoundDecoder(rate, channels, trim, normalise)
        check_windows(samples, fit, hop, fade)
        check_group(group)
        check_on_error(on_error)
        listing = list_sounds(path)
        # A fade must know that the sound goes on, so one more sample is kept.
        longest = samples + 1 if fit == "cut" else None
        found = read_sounds(listing.root, listing.names, decoder, longest, memory_limit_mib, on_error)
        self.remarks = found.remarks
        if listing.ignored:
            self.remarks += (f"files ignored by type: {len(listing.ignored):,}, such as {listing.ignored[0]}",)
        class_names, numbers = find_folder_classes(found.names, labels)
        splits = split_groups(name_groups(found.names, group), len(found.names), validation, test, limit, numbers)
        windows = SoundWindows(found.storage, samples, fit, hop, fade)
        super().__init__(windows, found.names, splits, numbers, class_names, conditional=labels)

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file, with a placeholder for the number of classes.

        Raises ValueError for invalid settings.
        """
        complete = cls.complete_settings(settings)
        SoundDecoder(complete["rate"], complete["channels"], complete["trim"], complete["normalise"])
        check_windows(complete["samples"], complete["fit"], complete["hop"], complete["fade"])
        check_group(complete["group"])
        check_on_error(complete["on_error"])
        check_shares({name: complete[name] for name in ("validation", "test")}, complete["limit"])
        shape = (complete["samples"], complete["channels"])
        return build_audio_spec(shape, complete["rate"], complete["labels"], PLACEHOLDER_CLASSES)


def find_folder_classes(names: Sequence[str], required: bool) -> tuple[list[str], Tensor | None]:
    """Return the top-level folders of paths as classes, and their numbers, int64 (n,); none if some have no folder.

    Folders that are named like splits are no classes. Raises ValueError, if classes are required, with the reason why
    there are none.
    """
    folders = top_folders({name.rpartition("/")[0] for name in names})
    classes, numbers = number_classes(folders[name.rpartition("/")[0]] for name in names)
    if "" not in classes and not are_splits(classes):
        return classes, numbers
    if required and len(classes) > 1:
        outside = (numbers == classes.index("")).nonzero()[:, 0] if "" in classes else torch.empty(0)
        reason = (
            f"{len(outside)} of {len(names)} sounds are in no class folder, such as {names[int(outside[0])]}; move "
            "them into one, or set labels to false"
            if len(outside)
            else f"the folders {' and '.join(classes)} are splits, not classes; set path to one of them"
        )
        raise ValueError(f"labels is true, but {reason}")
    return [], None
