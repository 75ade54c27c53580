"""Nearest neighbours of images in a feature space: outliers, labels that neighbours contradict, and symmetry."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.progress import progress
from ganlab.data.inspection.finding import Finding, Severity, by_share, count_text, percent
from ganlab.data.inspection.statistics import ImageStatistics
from ganlab.features.base import Features
from ganlab.metrics.nearest import k_nearest

NEIGHBOURS = 10
SHOWN, ROWS = 5, 12  # neighbours of an image, and rows on a sheet
CHUNK = 64  # images per forward pass
OUTLIER_DISTANCE = 1.6  # times the median distance to the last neighbour
AGREEING, CONTRADICTING = 1, 8  # of NEIGHBOURS: at most so many have an image's label, and so many share another one
SYMMETRIC = 1.02  # distance of mirror images to other images, relative to that of the images


@final
@dataclass(frozen=True)
class Neighbourhood:
    """Neighbours of the images of `statistics`: `distances` (n, k) and `indices` (n, k), nearest first.

    `asymmetry` is the mean distance of mirror images to their nearest other image, relative to that of the images.
    `features` (n, width) are unit vectors around their mean; `mirrored` are those of mirror images.
    """

    space: str
    features: Tensor
    mirrored: Tensor
    distances: Tensor
    indices: Tensor
    asymmetry: float

    def proposals(self) -> Tensor:
        """Return pairs (m, 2) of images that are near each other, also if one is mirrored."""
        turned = k_nearest(self.mirrored, self.features, 2, skip=torch.arange(len(self.features)))[1]
        near = torch.cat([self.indices[:, :3], turned], 1)
        own = torch.arange(len(near))[:, None].expand_as(near)
        return torch.stack([own.flatten(), near.flatten()], 1)


def find_neighbours(statistics: ImageStatistics, features: Features) -> Neighbourhood | None:
    """Return the nearest neighbours of all images, None if there are fewer than three."""
    if len(statistics) < 3:
        return None
    straight, mirrored = [], []
    for part in progress(statistics.rows.split(CHUNK), "computing features", "chunk"):
        images = statistics.data.images.take(part)
        straight.append(features(images).features)
        mirrored.append(features(images.flip(-1)).features)
    centre = torch.cat(straight).mean(0)
    own, turned = (functional.normalize(torch.cat(parts) - centre, dim=1) for parts in (straight, mirrored))
    everyone = torch.arange(len(own))
    distances, indices = k_nearest(own, own, min(NEIGHBOURS, len(own) - 1), skip=everyone)
    to_mirrored = k_nearest(turned, own, 1, skip=everyone)[0]
    asymmetry = float(to_mirrored.mean() / distances[:, 0].mean().clamp(min=1e-6))
    return Neighbourhood(features.name, own, turned, distances, indices, asymmetry)


def find_outliers(statistics: ImageStatistics, found: Neighbourhood) -> list[Finding]:
    """Return a note with the images that are furthest from their neighbours."""
    last = found.distances[:, min(SHOWN, found.distances.shape[1]) - 1]
    relative = last / last.median().clamp(min=1e-6)
    order = relative.argsort(descending=True, stable=True)
    places = order[relative[order] > OUTLIER_DISTANCE]
    if not len(places):
        places = order[:ROWS]
        sentence = f"no image stands out; the sheet has the {len(places)} furthest from their neighbours"
        return [_with_neighbours("outliers", Severity.NOTE, 0.0, sentence, statistics, found, places)]
    share, name = len(places) / len(statistics), statistics.names(places[:1])[0]
    counts = f"{count_text(len(places), 'image')} ({percent(share)})"
    sentence = f"far from all others: {counts}, most of all {name}; check that they belong to the set"
    return [_with_neighbours("outliers", Severity.NOTE, share, sentence, statistics, found, places)]


def find_contradicted(statistics: ImageStatistics, found: Neighbourhood) -> list[Finding]:
    """Return a finding if neighbours agree on another label than an image has."""
    data = statistics.data
    if data.labels is None or data.classes_available < 2 or found.indices.shape[1] < NEIGHBOURS:
        return []
    labels = data.labels[statistics.rows]
    votes = functional.one_hot(labels[found.indices], data.classes_available).sum(1)
    own = votes.gather(1, labels[:, None])[:, 0]
    most, winner = votes.max(1)
    places = ((own <= AGREEING) & (most >= CONTRADICTING) & (winner != labels)).nonzero()[:, 0]
    if not len(places):
        return []
    places = places[most[places].argsort(descending=True, stable=True)]
    share = len(places) / len(statistics)

    def name(label: int) -> str:
        return data.class_names[label] if data.class_names else str(label)

    lines = tuple(
        f"{text}: labelled {name(int(labels[place]))}, {int(most[place])} of {NEIGHBOURS} neighbours are "
        f"{name(int(winner[place]))}"
        for text, place in zip(statistics.names(places), places.tolist(), strict=True)
    )
    sentence = f"labels that neighbours contradict: {len(places):,} ({percent(share)}), such as {lines[0]}"
    finding = _with_neighbours("labels", by_share(share), share, sentence, statistics, found, places, lines)
    return [finding]


def _with_neighbours(
    name: str,
    severity: Severity,
    share: float,
    sentence: str,
    statistics: ImageStatistics,
    found: Neighbourhood,
    places: Tensor,
    lines: tuple[str, ...] | None = None,
) -> Finding:
    """Return a finding whose sheet has an image and its nearest neighbours in each row."""
    table = torch.cat([places[:, None], found.indices[places][:, :SHOWN]], 1)
    return Finding(
        name,
        severity,
        share,
        sentence,
        rows=statistics.rows[table.flatten()],
        columns=table.shape[1],
        title=f"{name}, each with its nearest neighbours",
        images=statistics.names(places) if lines is None else lines,
        facts={"features": found.space},
    )
