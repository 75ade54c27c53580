"""The feature space of a small classifier of the data set's clips: Fréchet distances in it are video distances."""

import sys
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.progress import progress
from ganlab.core.random import Random, derive
from ganlab.features.base import LabelledSource
from ganlab.features.classifier_training import held_out_mask
from ganlab.features.trained_once import Trained, trained_once
from ganlab.features.training_state import Stateful, TrainingState
from ganlab.features.video_features import VideoFeatures, clip_shape
from ganlab.features.video_network import VideoNetwork, standardise_clips

VERSION = 1  # of architecture and training; a new number makes every data set train a new classifier
BATCH_SIZE, LEARNING_RATE, CHUNK = 32, 3e-3, 64
NOISE = 0.2  # largest deviation of noise added in training, as immature fake clips have it


@final
class VideoClassifier(VideoFeatures):
    """Penultimate features (64) and logits of a small classifier of clips, and features of single frames (64 each).

    It is trained once on the labels of the data set and kept under $GANLAB_CACHE (~/.cache/ganlab). A second head
    learns the class from each frame alone, so the features of a frame say what a single picture shows. Raises
    ValueError if the data set has no labels to train on, or its samples are no clips of 1 or 3 channels.
    """

    name = "video_classifier"

    def __init__(self, data: LabelledSource, seed: int = 0, steps: int = 800) -> None:
        frames, channels = clip_shape(data, self.name)
        if data.labels is None or not data.classes_available:
            raise ValueError(
                "features=video_classifier learns from labels, which this data set does not have; choose "
                "features=video_random"
            )
        if steps < 1:
            raise ValueError(f"features.steps must be at least 1, got {steps}")
        fingerprint, classes = data.fingerprint(), data.classes_available
        key = derive(fingerprint, classes, seed, steps, frames, VERSION)
        weights, self.facts = trained_once("video_classifiers", key, lambda state: _train(data, seed, steps, state))
        network = _new_network(frames, channels, classes, seed)
        network.load_state_dict(weights)
        super().__init__(network, frames, channels)
        self.classes = classes

    def describe(self) -> dict[str, Any]:
        """Return the name, the weights' hash, the resize rule, and the classifier's training set and accuracy."""
        origin = {"trained_on": self.facts["data"], "accuracy": self.facts["accuracy"]}
        return {"name": self.name, "weights": self.facts["sha256"], **self.resize_rule(), **origin}


def _train(data: LabelledSource, seed: int, steps: int, state: TrainingState) -> Trained:
    """Train on four fifths of all clips and test on the others, with a line before and after."""
    frames, channels = clip_shape(data, VideoClassifier.name)
    classes = data.classes_available
    print(
        f"training a classifier of clips of {classes} classes, whose features the scores compare: once for this data "
        f"set, {steps:,} steps",
        file=sys.stderr,
        flush=True,
    )
    batches = list(data.real_samples())
    clips = torch.cat([batch.sample for batch in batches])
    labels = torch.cat([batch.cond for batch in batches]).long()
    test = held_out_mask(len(clips), seed)
    network = _new_network(frames, channels, classes, seed)
    with torch.enable_grad():
        _optimise(network, clips, labels, (~test).nonzero()[:, 0], Random(seed), steps, state)
    rows = test.nonzero()[:, 0]
    right = sum(
        int((_classify(network, clips[part], frames, channels) == labels[part]).sum()) for part in rows.split(CHUNK)
    )
    facts = {"data": data.fingerprint(), "seed": seed, "steps": steps, "version": VERSION}
    quality = {"accuracy": round(right / max(1, len(rows)), 4), "held_out": len(rows)}
    print(
        f"trained it: accuracy {quality['accuracy']:.4f} on {len(rows):,} held-out clips", file=sys.stderr, flush=True
    )
    return network.state_dict(), {**facts, **quality}


def _optimise(
    network: VideoNetwork, clips: Tensor, labels: Tensor, rows: Tensor, random: Random, steps: int, state: TrainingState
) -> None:
    frames, channels = network.frames, clips.shape[2]
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LEARNING_RATE, total_steps=steps + 1)
    network.train()
    parts: dict[str, Stateful] = {"network": network, "optimizer": optimizer, "schedule": schedule}
    first = state.load(parts)
    for step in progress(range(first, steps), "training a classifier of clips", "step", steps, first):
        random.seek(step)
        count = min(BATCH_SIZE, len(rows))
        chosen = rows[random.integers("batch", len(rows), (count,))]
        inputs = standardise_clips(clips[chosen], frames, channels)
        level = random.uniform("level", (count, 1, 1, 1, 1)) * NOISE
        found = network(inputs + level * random.normal("noise", inputs.shape))
        target = labels[chosen]
        loss = functional.cross_entropy(found.logits, target)
        loss = loss + functional.cross_entropy(found.frame_logits.flatten(0, 1), target.repeat_interleave(frames))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        state.save_if_due(step + 1, parts)
    network.eval()


@torch.no_grad()
def _classify(network: VideoNetwork, clips: Tensor, frames: int, channels: int) -> Tensor:
    """Return the most probable classes of uint8 clips."""
    most: Tensor = network(standardise_clips(clips, frames, channels)).logits.argmax(1)
    return most


def _new_network(frames: int, channels: int, classes: int, seed: int) -> VideoNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VideoNetwork(frames, channels, classes)
