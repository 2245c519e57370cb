"""A small office over two weeks, far faster than it lives: nothing cries wolf, and what is wrong is found.

tests/benchmarks/replay.py does the same with ninety days, 300 shapes and 200 changes, and prints its tables.
"""

from random import Random

import pytest

from tests.replay.office import DAY, START, Office
from tests.replay.replay import Replay, make_ninety_days
from tests.replay.trial import find_median_delay, find_ratio, run_injections

SHAPES = 40


@pytest.fixture(scope="module")
def fortnight() -> Replay:
    """Fifteen ordinary days."""
    replay = Replay(Office(11, SHAPES))
    make_ninety_days(replay, days=15)
    return replay


def test_ordinary_days_are_no_regression(fortnight: Replay) -> None:
    """Weekdays, lunch hours, nightly batches, restarts, outages, quiet vendors and a clock put back open nothing."""
    assert [(at, found.subject.key, found.cause) for at, found in fortnight.opened] == []


def test_changes_are_found_with_their_cause(fortnight: Replay) -> None:
    """Of two changes of each cause at random hours nearly all are found, soon, and for the right reason."""
    outcomes = list(run_injections(fortnight.copy(), 15.0, 15.8, 2, Random(5)))
    found = [each for each in outcomes if each.delay_seconds is not None]
    assert len(found) >= len(outcomes) - 1
    assert find_median_delay(found) <= 900.0
    assert find_ratio(each.cause_later is each.injection.cause for each in found) >= 0.8


def test_the_same_seed_gives_the_same_days() -> None:
    """A replay asks no clock and no chance but its own."""
    first, second = Replay(Office(14, SHAPES)), Replay(Office(14, SHAPES))
    for replay in (first, second):
        replay.run(START + DAY / 4)
    assert list(first.normals.to_rows()) == list(second.normals.to_rows())
