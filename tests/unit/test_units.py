"""Numbers in the words of people, and the servers' units in seconds."""

import pytest

from querywatch.units import format_count, format_ratio, format_seconds, seconds_from_picoseconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.000_012, "12 µs"),
        (0.0032, "3.2 ms"),
        (0.9996, "1 s"),
        (1.5, "1.5 s"),
        (59.99, "60 s"),
        (75, "1 min 15 s"),
        (120, "2 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
    ],
)
def test_a_duration_is_in_the_unit_a_person_would_use(seconds: float, words: str) -> None:
    assert format_seconds(seconds) == words


def test_counts_and_shares() -> None:
    assert format_count(1_142_077.4) == "1,142,077"
    assert format_ratio(0.1234) == "12.3 %"


def test_picoseconds() -> None:
    assert seconds_from_picoseconds(1_500_000_000_000) == 1.5
