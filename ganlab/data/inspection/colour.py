"""Grey images among colour ones."""

from ganlab.data.inspection.finding import Finding, Severity, percent
from ganlab.data.inspection.statistics import ImageStatistics

GREY = 1.5  # of 255: mean difference between channels that is not seen as colour; JPEG makes greys that differ by 1
ALL = 0.995  # share of grey images from which the set is grey


def find_grey(statistics: ImageStatistics) -> list[Finding]:
    """Return a finding if some or all images of a colour set are grey."""
    if statistics.data.images.shape[0] < 3:
        return []
    grey = statistics.colour < GREY
    places = grey.nonzero()[:, 0]
    if not len(places):
        return []
    share, names = len(places) / len(statistics), statistics.names(places)
    if share >= ALL:
        sentence = "all images are grey: one channel is faster and leaves less to learn"
        return [Finding("grey", Severity.WARNING, share, sentence, settings=("data.channels=1",))]
    counts = f"{len(places):,} of {len(statistics):,} ({percent(share)})"
    sentence = f"grey images among colour ones: {counts}, such as {names[0]}; remove them if you want colour only"
    rows = statistics.rows[places]
    return [Finding("grey", Severity.NOTE, share, sentence, rows=rows, title="grey among colour", images=names)]
