"""How often a statement runs, as people write it."""

import pytest

from querywatch.often import parse_interval


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30.0),
        ("15min", 900.0),
        ("1h", 3600.0),
        ("1 min 30 s", 90.0),
        ("250ms", 0.25),
        ("nightly", 86_400.0),
        ("Daily", 86_400.0),
        ("every 5 minutes", 300.0),
        ("every hour", 3600.0),
        ("once a day", 86_400.0),
        ("4000/min", 0.015),
        ("4,000 times a minute", 0.015),
        ("20 per hour", 180.0),
    ],
)
def test_an_interval_reads_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_interval(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "30", "0s", "-5s", "often", "5 a", "0/min", "30 s 4", "1e9d", "9999d"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r'is not how often: write it like "30s"'):
        parse_interval(text)
