"""Numbers on the axes of sheets are round."""

import pytest

from ganlab.kinds.axes import ticks


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (-1.2, 1.2, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (0, 60, ["0", "10", "20", "30", "40", "50", "60"]),
        (-0.01, 0.014, ["-0.010", "-0.005", "0.000", "0.005", "0.010"]),
        (-6.6, 8.1, ["-5.0", "-2.5", "0.0", "2.5", "5.0", "7.5"]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, labels: list[str]) -> None:
    values, written = zip(*ticks(low, high), strict=True)
    assert list(written) == labels
    assert [float(label) for label in labels] == pytest.approx(values)
