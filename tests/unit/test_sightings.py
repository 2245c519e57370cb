"""What polls of the processlist tell: executions counted once, time without bias, rates never above the truth."""

import random
from collections.abc import Iterator

import pytest

from querywatch.analysis.pace import PaceMeter
from querywatch.analysis.sightings import Sightings
from querywatch.model import Flavour, Operation, Session, Statement

SHAPE = Statement(fingerprint="a" * 16, shape="SELECT ?", operation=Operation.SELECT, tables=())


def session(
    seconds: float, query_id: int | None = None, *, active: bool = True, session_id: int = 1
) -> Session:
    return Session(
        session_id=session_id, account="vendor", host="h", database=None, command="Query" if active else "Sleep",
        state="", seconds=seconds, statement=SHAPE if active else None, query_id=query_id,
    )  # fmt: skip


def test_one_execution_over_several_polls_counts_once() -> None:
    sightings = Sightings()
    seen = [
        sightings.observe([session(age, query_id=7)], now)[0]
        for age, now in ((0.5, 10.0), (1.5, 11.0), (2.5, 12.0))
    ]
    assert [each[0].sights for each in seen] == [1, 0, 0]
    _, ended = sightings.observe([], 13.0)
    assert (ended[0].sights, ended[0].started_at) == (3, 9.5)


def test_the_next_statement_of_a_session_counts_anew() -> None:
    sightings = Sightings()
    sightings.observe([session(0.5, query_id=7)], 10.0)
    sights, ended = sightings.observe([session(0.4, query_id=8)], 11.0)
    assert (sights[0].sights, len(ended)) == (1, 1)


def test_without_query_ids_start_and_shape_tell_executions_apart() -> None:
    """MySQL gives whole seconds: the same start within their rounding is the same execution."""
    sightings = Sightings()
    counts = [
        sightings.observe([session(age)], now)[0][0].sights
        for age, now in ((0.0, 10.0), (1.0, 11.0), (2.0, 12.1), (0.0, 13.0), (5.0, 18.0))
    ]
    assert counts == [1, 0, 0, 1, 0]


def test_a_burst_sees_one_execution_once() -> None:
    """MySQL says 0 seconds in every look of a burst."""
    sightings, now = Sightings(), 10.0
    counts = []
    for _ in range(20):
        counts.append(sightings.observe([session(0.0)], now)[0][0].sights)
        now += 0.025
    assert sum(counts) == 1


def test_starts_in_whole_seconds_do_not_drift_into_one_execution() -> None:
    """A statement of a second repeated at once: each start is a second after the one before."""
    sightings = Sightings()
    counts = [
        sightings.observe([session(age)], now)[0][0].sights
        for age, now in ((0.0, 10.0), (0.0, 11.0), (0.0, 12.0), (0.0, 13.0), (0.0, 14.0))
    ]
    assert sum(counts) >= 3


def test_what_ran_before_the_first_poll_is_not_counted_up() -> None:
    sightings = Sightings()
    sights, _ = sightings.observe([session(5.0, query_id=1)], 10.0)
    assert (sights[0].sights, sights[0].executions_estimated, sightings.gap_seconds) == (1, 0.0, 0.0)
    sights, _ = sightings.observe([session(0.5, query_id=2)], 11.0)
    assert (sights[0].executions_estimated, sightings.gap_seconds) == (1.0, 1.0)


def test_a_statement_of_a_stored_routine_may_be_older_than_the_gap() -> None:
    """MariaDB gives it an id of its own and the age of its caller: it is counted, and counted once."""
    sightings, dice, now = Sightings(), random.Random(1), 0.0
    for number in range(200):
        now += 1.0
        sightings.observe([session(dice.uniform(0.0, 0.1), query_id=number)], now)
    sights, _ = sightings.observe([session(5.0, query_id=1_000)], now + 1.0)
    assert sights[0].executions_estimated == 1.0


def test_polls_estimate_time_without_bias() -> None:
    """Statements of 0.3 s three times a second, polled every second with jitter: the time comes out."""
    dice, sightings, now, estimated = random.Random(1), Sightings(), 0.0, 0.0
    for _ in range(20_000):
        now += dice.uniform(0.6, 1.4)
        phase = now % (1 / 3)
        running = [session(phase, query_id=int(now * 3))] if phase < 0.3 else []
        estimated += sum(each.seconds_estimated for each in sightings.observe(running, now)[0])
    assert estimated / now == pytest.approx(0.9, abs=0.01)


def test_the_chance_of_a_sight_follows_the_gaps_between_polls() -> None:
    sightings = Sightings()
    assert sightings.find_capture_ratio(1.0) is None
    for now in (0.0, 1.0, 2.0, 4.0):
        sightings.observe([], now)
    assert sightings.find_capture_ratio(1.0) == pytest.approx(3 / 4)
    assert sightings.find_capture_ratio(10.0) == 1.0


def test_a_gap_in_sight_stands_for_no_time() -> None:
    sightings = Sightings()
    sightings.observe([session(1.0, query_id=1)], 10.0)
    sightings.skip()
    sights, ended = sightings.observe([session(500.0, query_id=1)], 510.0)
    assert (sights[0].seconds_estimated, ended) == (0.0, [])


def statements(dice: random.Random, kind: str) -> Iterator[tuple[float, float]]:
    """(start, end) of statements without end, in one of several rhythms."""
    now = 0.0
    while True:
        match kind:
            case "regular":
                gap, length = 0.015, 0.0003
            case "poisson":
                gap, length = dice.expovariate(2.0), 0.001
            case "bursts":
                gap, length = (0.001, 0.001) if dice.random() < 0.95 else (5.0, 0.001)
            case _:
                gap, length = 0.01, 1.0  # long statements, hardly a pause
        yield now, now + length
        now += length + gap


@pytest.mark.parametrize("kind", ["regular", "poisson", "bursts", "long"])
@pytest.mark.parametrize("flavour", list(Flavour))
@pytest.mark.parametrize("looks", [1, 20])
def test_the_pace_is_never_above_the_truth(kind: str, flavour: Flavour, looks: int) -> None:
    """Whatever the rhythm, and however unevenly it is looked at: what is claimed of a rate really ran."""
    for seed in range(5):
        dice = random.Random(seed)
        meter, rhythm, count = PaceMeter(flavour), statements(dice, kind), 0
        start, end = next(rhythm)
        following = next(rhythm)
        now, number, gap = 20.0, 0, 1.0
        while now < 140.0:
            while following[0] <= now:
                (start, end), following, count = following, next(rhythm), count + 1
            last = start if flavour is Flavour.MYSQL or now < end else end
            age = float(int(now - last)) if flavour is Flavour.MYSQL else now - last
            meter.observe([session(age, active=now < end)], gap)
            number += 1
            gap = dice.uniform(0.6, 1.4) * (1.0 if number % looks == 0 else 0.025)
            now += gap
        assert meter.find_statements_per_minute([1]) <= count / 140.0 * 60.0 * 1.1


@pytest.mark.parametrize("looks", [1, 20])
def test_the_pace_is_as_uncertain_as_the_rests_are_few(looks: int) -> None:
    """Looks close together tell of one rest: the bound is hardly ever above the truth, and not far below it."""
    found = [find_slow_pace(random.Random(seed), looks) for seed in range(100)]
    assert sum(pace > 60.0 / 10.0 for pace in found) <= 5
    assert sum(found) / len(found) > 0.6 * 60.0 / 10.0


def find_slow_pace(dice: random.Random, looks: int) -> float:
    """The pace of a session whose statements and rests take five seconds each, more or less, after two minutes."""
    meter, now, last, following, number = PaceMeter(Flavour.MARIADB), 0.0, -2.5, 2.5, 0
    while now < 120.0:
        gap = dice.uniform(0.6, 1.4) if number % looks == 0 else 0.025
        now, number = now + gap, number + 1
        while following <= now:
            last, following = following, following + dice.uniform(2.5, 7.5)
        meter.observe([session(now - last, active=False)], gap)
    return meter.find_statements_per_minute([1])


def test_thousands_of_short_statements_are_told_from_the_pace_alone() -> None:
    dice, meter, now = random.Random(3), PaceMeter(Flavour.MARIADB), 0.0
    for _ in range(60):
        now += dice.uniform(0.6, 1.4)
        meter.observe([session(now % 0.015, active=False)])
    assert meter.find_statements_per_minute([1]) > 1_000


def test_a_session_that_has_just_come_claims_nothing() -> None:
    meter = PaceMeter(Flavour.MARIADB)
    meter.observe([session(0.001, active=False)])
    assert meter.find_statements_per_minute([1]) == 0.0
    assert meter.find_statements_per_minute([99]) == 0.0
