"""What polls of the processlist tell: executions counted once, time without bias, rates never above the truth."""

import random
from collections.abc import Iterator

import pytest

from querywatch.analysis.sightings import PaceMeter, Sightings
from querywatch.model import Flavour, Operation, Session, Statement

SHAPE = Statement(fingerprint="a" * 16, shape="SELECT ?", operation=Operation.SELECT, tables=(), needs=())


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
def test_the_pace_is_never_above_the_truth(kind: str, flavour: Flavour) -> None:
    """Whatever the rhythm: what sampling claims of a rate, the server really ran."""
    for seed in range(5):
        dice = random.Random(seed)
        meter, rhythm, count = PaceMeter(flavour), statements(dice, kind), 0
        start, end = next(rhythm)
        following = next(rhythm)
        now = 20.0
        while now < 140.0:
            while following[0] <= now:
                (start, end), following, count = following, next(rhythm), count + 1
            last = start if flavour is Flavour.MYSQL or now < end else end
            age = float(int(now - last)) if flavour is Flavour.MYSQL else now - last
            meter.observe([session(age, active=now < end)])
            now += dice.uniform(0.6, 1.4)
        assert meter.find_statements_per_minute([1]) <= count / 140.0 * 60.0 * 1.1


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
