"""Nearest training images of generated ones, for a person to look at."""

from itertools import islice

import torch
from torch import Tensor

from ganlab.metrics.nearest import k_nearest
from ganlab.metrics.scoring.evaluator import Evaluator
from ganlab.metrics.scoring.samples import Samples
from ganlab.metrics.statistics import AllValues


def find_neighbour_images(evaluator: Evaluator, generated: Samples, rows: int, count: int) -> Tensor | None:
    """Return the first generated images, each followed by its `count` nearest training images in the feature space.

    The result is uint8 of shape (rows, 1 + count, channels, height, width), smaller if there are fewer samples. It is
    None if no metric reads the training samples, if the samples are not images, or if generated and training images
    have different shapes.
    """
    if not count or all(metric.reference != "train" for metric in evaluator.sample_metrics):
        return None
    (first, _), *_ = islice(evaluator.extract_features(generated), 1)
    if first.samples is None or first.samples.dtype != torch.uint8:
        return None
    train = evaluator.reference_statistics("train", [AllValues("features")]).rows("features")
    _, nearest = k_nearest(first.features[:rows].cpu(), train, min(count, len(train)))
    indices, places = nearest.unique(return_inverse=True)
    images = evaluator.references["train"].select(indices)[places]
    if images.shape[2:] != first.samples.shape[1:]:
        return None
    return torch.cat([first.samples[:rows, None].cpu(), images], 1)
