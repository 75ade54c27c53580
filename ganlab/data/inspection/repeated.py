"""Near-duplicates within the training split and across the splits."""

import torch
from torch import Tensor

from ganlab.data.duplicates.removal import groups_of
from ganlab.data.duplicates.search import NearDuplicates
from ganlab.data.inspection.finding import Finding, Severity, by_share, count_text, percent
from ganlab.data.inspection.statistics import ImageStatistics

SPLIT_NAMES = ("training", "validation", "test")
COLUMNS = 8  # of a sheet of pairs
DROP = ("data.duplicates=drop",)


def find_repeated(statistics: ImageStatistics, found: NearDuplicates) -> list[Finding]:
    """Return a finding for pairs across splits, and one for those within a split.

    The pairs are places among the rows of the statistics, as if their thumbnails were searched.
    """
    splits = statistics.split_numbers[found.pairs]
    used = (splits >= 0).all(1)
    across = used & (splits[:, 0] != splits[:, 1])
    within = used & ~across
    return [
        *_leaks(statistics, found, across.nonzero()[:, 0]),
        *_copies(statistics, found, within.nonzero()[:, 0]),
    ]


def _leaks(statistics: ImageStatistics, found: NearDuplicates, places: Tensor) -> list[Finding]:
    if not len(places):
        return []
    pairs = found.pairs[places]
    held_out = int((statistics.split_numbers > 0).sum())
    concerned = pairs.flatten().unique()
    count = int((statistics.split_numbers[concerned] > 0).sum())
    sentence = (
        f"near-duplicates in another split: of {count:,} of {held_out:,} held-out images "
        f"({percent(count / held_out)}), "
        f"such as {_pair_text(statistics, found, int(places[0]))}; scores look better than they are"
    )
    return [_finding("leaks", Severity.FAULT, count / held_out, sentence, statistics, found, places)]


def _copies(statistics: ImageStatistics, found: NearDuplicates, places: Tensor) -> list[Finding]:
    if not len(places):
        return []
    groups = groups_of(len(statistics), found.pairs[places])
    superfluous = int((groups != torch.arange(len(groups))).sum())
    exact = int((found.correlation[places] >= 1).sum())
    share = superfluous / len(statistics)
    equal = f"; {count_text(exact, 'pair')} equal" if exact else ""
    sentence = (
        f"near-duplicates in the same split: {count_text(superfluous, 'image')} too many ({percent(share)}), such as "
        f"{_pair_text(statistics, found, int(places[0]))}{equal}; a generator repeats what it sees often"
    )
    return [_finding("near_duplicates", by_share(share), share, sentence, statistics, found, places)]


def _finding(
    name: str,
    severity: Severity,
    share: float,
    sentence: str,
    statistics: ImageStatistics,
    found: NearDuplicates,
    places: Tensor,
) -> Finding:
    lines = tuple(_pair_text(statistics, found, place) for place in places.tolist())
    return Finding(
        name,
        severity,
        share,
        sentence,
        settings=DROP,
        rows=statistics.rows[found.pairs[places].flatten()],
        columns=COLUMNS,
        title="pairs across splits, most alike first" if name == "leaks" else "pairs, most alike first",
        images=lines,
        facts={"pairs": len(places), "threshold": round(found.threshold, 4)},
    )


def _pair_text(statistics: ImageStatistics, found: NearDuplicates, place: int) -> str:
    first, second = found.pairs[place].tolist()
    names = statistics.names(torch.tensor([first, second]))
    numbers = statistics.split_numbers
    one, other = (f"{name} ({SPLIT_NAMES[numbers[row]]})" for name, row in zip(names, (first, second), strict=True))
    if numbers[first] == numbers[second]:
        one, other = names
    how = "mirrored, " if found.mirrored[place] else ""
    return f"{one} and {other} ({how}correlation {float(found.correlation[place]):.3f})"
