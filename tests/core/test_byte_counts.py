import pytest

from ganlab.core.byte_counts import format_bytes


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (3 * 2**20 + 2**19, "3.5 MiB"),
        (5e15, "4.55e+03 TiB"),
    ],
)
def test_three_digits_and_a_unit(count, text):
    assert format_bytes(count) == text
