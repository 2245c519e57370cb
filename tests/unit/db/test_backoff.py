"""The wait before the next attempt."""

from hypothesis import given
from hypothesis import strategies as st

from querywatch.db.backoff import Backoff


def test_the_waits_double_up_to_the_cap() -> None:
    """At their longest: 1, 2, 4, ... 60 seconds, and no longer after that."""
    backoff = Backoff()
    longest = [backoff.wait_seconds(failures, 1.0) for failures in range(1, 9)]
    assert longest == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.wait_seconds(10_000, 1.0) == 60


@given(st.integers(min_value=0), st.floats(min_value=0, max_value=1, exclude_max=True))
def test_a_wait_is_never_too_short_nor_too_long(failures: int, random: float) -> None:
    """Half the base at least, the cap at most, whatever the chance."""
    assert 0.5 <= Backoff().wait_seconds(failures, random) <= 60


def test_chance_spreads_the_waits() -> None:
    """Two servers that went away together do not come back together."""
    waits = {Backoff().wait_seconds(5, chance / 10) for chance in range(10)}
    assert len(waits) == 10
