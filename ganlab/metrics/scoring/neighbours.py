"""The training samples that generated ones are nearest to, to be looked at."""

from itertools import islice

import torch
from torch import Tensor

from ganlab.metrics.nearest import k_nearest
from ganlab.metrics.scoring.evaluator import Evaluator, Samples
from ganlab.metrics.statistics import AllValues


def neighbours(evaluator: Evaluator, fakes: Samples, rows: int, count: int) -> Tensor | None:
    """Return the first generated images, each followed by its `count` nearest training images in the feature space.

    Gives uint8 of shape (rows, 1 + count, channels, height, width), fewer where there are fewer samples; None where no
    metric reads the training samples, where samples are no images, or where the two have different shapes.
    """
    if not count or all(metric.reference != "train" for metric in evaluator.metrics.values()):
        return None
    (first, _), *_ = islice(evaluator.featured(fakes), 1)
    if first.samples is None or first.samples.ndim != 4:
        return None
    train = evaluator.reference("train", [AllValues("features")]).rows("features")
    _, found = k_nearest(first.features[:rows].cpu(), train, min(count, len(train)))
    wanted, place = found.unique(return_inverse=True)
    images = evaluator.references["train"].pick(wanted)[place]
    if images.shape[2:] != first.samples.shape[1:]:
        return None
    return torch.cat([first.samples[:rows, None].cpu(), images], 1)
