"""Blank and nearly blank images."""

from ganlab.data.inspection.finding import Finding, Severity, count_text, percent
from ganlab.data.inspection.statistics import ImageStatistics

BLANK_DEVIATION = 1.5  # of 255: below it nothing is seen
NEARLY_PLAIN = 0.98  # share of pixels of one colour


def find_blank(statistics: ImageStatistics) -> list[Finding]:
    """Return a finding if images are blank, or if nearly all of their pixels have one colour."""
    blank = statistics.deviation < BLANK_DEVIATION
    nearly = (statistics.plain >= NEARLY_PLAIN) & ~blank
    places = (blank | nearly).nonzero()[:, 0]
    if not len(places):
        return []
    places = places[statistics.deviation[places].argsort(stable=True)]
    share = len(places) / len(statistics)
    counts = f"{count_text(int(blank.sum()), 'blank image')}, {int(nearly.sum()):,} nearly blank"
    names = statistics.names(places)
    sentence = f"{counts} ({percent(share)}), such as {names[0]}; a generator learns to draw empty images"
    return [
        Finding(
            "blank",
            Severity.WARNING,
            share,
            sentence,
            rows=statistics.rows[places],
            title="blank and nearly blank",
            images=names,
            facts={"blank": int(blank.sum()), "nearly_blank": int(nearly.sum())},
        )
    ]
