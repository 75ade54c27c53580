"""The small network of clips that the feature spaces video_classifier and video_random are built on."""

from typing import NamedTuple, final

import torch
from torch import Tensor, nn
from torch.nn import functional

FRAMES, RESOLUTION, WIDTH = 16, 32, 64


class ClipFeatures(NamedTuple):
    """Features of clips (n, 64) and the logits that follow, and both of their frames (n, frames, 64)."""

    clips: Tensor
    logits: Tensor
    frames: Tensor
    frame_logits: Tensor  # (n, frames, classes)


@final
class VideoNetwork(nn.Module):
    """Maps clips (n, frames, channels, 32, 32), in [−1, 1] or uint8, to features: first in space, then in time.

    The convolutions of frames share their weights, so the features of a frame do not depend on the others; those of
    clips read 3 × 3 × 3 values of the frames' maps.
    """

    def __init__(self, frames: int, channels: int, classes: int) -> None:
        super().__init__()
        self.frames = frames
        self.body = nn.Sequential(*_image_block(channels, 16), *_image_block(16, 32))
        self.of_frames = nn.Sequential(
            *_image_block(32, WIDTH), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTH, WIDTH), nn.ReLU()
        )
        self.of_clips = nn.Sequential(*_clip_block(32, WIDTH, 1), *_clip_block(WIDTH, WIDTH, 2))
        length = (frames + 1) // 2
        self.joint = nn.Sequential(nn.Flatten(), nn.Linear(WIDTH * length, WIDTH), nn.ReLU())
        self.head, self.frame_head = nn.Linear(WIDTH, classes), nn.Linear(WIDTH, classes)

    def forward(self, clips: Tensor) -> ClipFeatures:
        """Return the features and the logits."""
        count = len(clips)
        values = standardise_clips(clips, self.frames, clips.shape[2]) if clips.dtype == torch.uint8 else clips
        maps = self.body(values.flatten(0, 1))
        of_frames = self.of_frames(maps).unflatten(0, (count, -1))
        moving = self.of_clips(maps.unflatten(0, (count, -1)).transpose(1, 2)).mean((3, 4))
        of_clips = self.joint(moving)
        return ClipFeatures(of_clips, self.head(of_clips), of_frames, self.frame_head(of_frames))


def standardise_clips(clips: Tensor, frames: int, channels: int) -> Tensor:
    """Map uint8 clips (n, time, channels, height, width) to [−1, 1]: `frames` frames at equal steps, 32 × 32 pixels.

    Frames are resized bilinear and antialiased. Raises ValueError for another type.
    """
    if clips.dtype != torch.uint8:
        raise ValueError(f"features of clips need uint8 clips, got {clips.dtype}; use ganlab.features.quantise")
    if clips.shape[1] != frames:
        clips = clips[:, torch.linspace(0, clips.shape[1] - 1, frames).round().long()]
    values = clips.flatten(0, 1).float() / 127.5 - 1
    if values.shape[2:] != (RESOLUTION, RESOLUTION):
        values = functional.interpolate(values, (RESOLUTION, RESOLUTION), mode="bilinear", antialias=True)
    values = values.mean(1, keepdim=True) if channels == 1 else values.expand(-1, channels, -1, -1)
    return values.unflatten(0, (-1, frames))


def _image_block(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def _clip_block(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    return [nn.Conv3d(inputs, outputs, 3, (stride, 2, 2), 1, bias=False), nn.BatchNorm3d(outputs), nn.ReLU()]
