"""What is normal for a shape, when it no longer is, and why: one shape at a time, its clock turned by hand."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from random import Random

import pytest

from querywatch.analysis.baselines import Moment, Normals
from querywatch.analysis.regression import (
    Cause,
    Clues,
    Growth,
    Measure,
    Regression,
    Runs,
    Subject,
    find_cause,
)
from querywatch.analysis.timeline import Change, ChangeKind
from querywatch.plan import Plan, PlanAccess, PlanRow

MONDAY = 1_787_529_600.0
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
POLL = Subject("recall-texter", "a" * 16, ("patient",))
USUAL = Runs(POLL, 1.0, 0.4, 1_500.0, 0.0)

Make = Callable[[float], Runs | None]


class Clock:
    """One shape's days: every minute it runs, or does not, as `make` says."""

    def __init__(self) -> None:
        self.normals = Normals()
        self.now = MONDAY
        self.started_at: float | None = None
        self._random = Random(4)

    def run(self, days: float, make: Make, step_seconds: float = MINUTE) -> tuple[Regression, ...]:
        """Lets so many days pass; what was a regression at any time in them, once each."""
        found = dict[tuple[Measure, float], Regression]()
        until = self.now + days * DAY
        while self.now < until:
            self.now += step_seconds
            runs = make(self.now)
            self.normals.judge(
                Moment(
                    now=self.now,
                    seconds=step_seconds,
                    minute_of_week=(self.now - MONDAY) / 60.0,
                    runs=() if runs is None else (self._add_noise(runs),),
                    started_at=self.started_at,
                )
            )
            found |= {(each.measure, each.since): each for each in self.normals.regressions}
        return tuple(found.values())

    def _add_noise(self, runs: Runs) -> Runs:
        noise = self._random.lognormvariate(0.0, 0.2)
        return replace(runs, seconds=runs.seconds * noise)


def every(seconds: float, runs: Runs = USUAL) -> Make:
    """That run on a period."""
    return lambda now: runs if now % seconds == 0.0 else None


@pytest.fixture(scope="module")
def three_weeks() -> Clock:
    """A statement that ran every five minutes for three weeks, and never gave cause for a word."""
    clock = Clock()
    clock.normals.note_tables({"patient": 1_500, "appointment": 90_000}, clock.now)
    assert clock.run(21, every(300.0)) == ()
    return clock


@pytest.fixture
def learnt(three_weeks: Clock) -> Clock:
    """A copy of the three weeks, to go on from."""
    return deepcopy(three_weeks)


def test_a_table_that_grew_is_the_cause(learnt: Clock) -> None:
    """0.4 s became 9 s with the rows that it reads and the table has."""
    learnt.normals.note_tables({"patient": 33_000, "appointment": 90_000}, learnt.now)
    (found,) = learnt.run(1 / 24, every(300.0, replace(USUAL, seconds=9.0, rows_examined=33_000.0)))
    assert (found.measure, found.cause) == (Measure.TIME, Cause.DATA)
    assert found.growth is not None
    assert found.growth.table == "patient"
    assert found.seconds_usual == pytest.approx(0.4, rel=0.2)
    assert found.seconds_now == pytest.approx(9.0, rel=0.3)


def test_an_index_that_went_is_the_cause(learnt: Clock) -> None:
    """More rows of a table that did not grow; what changed just before is told."""
    change = Change(
        at=learnt.now, kind=ChangeKind.INDEX, subject="patient", words="the index PatStatus was dropped"
    )
    learnt.normals.note_changes([change])
    learnt.normals.note_tables({"patient": 1_500, "appointment": 90_000}, learnt.now + HOUR)
    (found,) = learnt.run(1 / 24, every(300.0, replace(USUAL, seconds=9.0, rows_examined=33_000.0)))
    assert (found.cause, found.changed) == (Cause.PLAN, "the index PatStatus was dropped")
    assert not found.sizes_are_old


def test_sizes_read_before_it_began_decide_nothing(learnt: Clock) -> None:
    """Whether the table grew is not known before it is counted again."""
    (found,) = learnt.run(1 / 24, every(300.0, replace(USUAL, seconds=9.0, rows_examined=33_000.0)))
    assert (found.cause, found.sizes_are_old) == (Cause.PLAN, True)


def test_locks_are_the_cause(learnt: Clock) -> None:
    """The time that a run takes longer is waited, and no row more is read."""
    (found,) = learnt.run(1 / 24, every(300.0, replace(USUAL, seconds=5.0, lock_seconds=4.5)))
    assert found.cause is Cause.LOCKS


def test_it_is_found_with_the_third_or_fourth_run(learnt: Clock) -> None:
    """Twenty times slower needs no more proof than that."""
    (found,) = learnt.run(21 * MINUTE / DAY, every(300.0, replace(USUAL, seconds=8.0)))
    assert found.cause is Cause.UNDECIDED
    assert found.since <= MONDAY + 21 * DAY + 300.0


def test_one_outlier_is_none(learnt: Clock) -> None:
    """Even a run a hundred times as long, once a day."""
    assert (
        learnt.run(4, lambda now: replace(USUAL, seconds=40.0) if now % DAY == 0 else every(300.0)(now)) == ()
    )


def test_a_period_that_became_shorter_is_found_with_both(learnt: Clock) -> None:
    """Every quarter of an hour became every twenty seconds."""
    (found,) = learnt.run(10 * MINUTE / DAY, every(20.0), step_seconds=10.0)
    assert found.measure is Measure.RATE
    assert 60.0 / found.per_minute_usual == pytest.approx(300.0, rel=0.2)
    assert 60.0 / found.per_minute_now == pytest.approx(20.0, rel=0.4)


def test_more_runs_that_take_the_server_are_slower_too(learnt: Clock) -> None:
    """The total grew with the runs, and a run takes as long as before."""
    found = learnt.run(
        10 * MINUTE / DAY, every(10.0, replace(USUAL, executions=2.0, seconds=0.8)), step_seconds=10.0
    )
    assert {each.measure for each in found} == {Measure.RATE, Measure.TIME}
    assert {each.cause for each in found} == {Cause.RUNS}


def test_a_nightly_batch_is_no_news() -> None:
    """Hundreds of runs within a minute, every night a little earlier or later."""
    clock, draw = Clock(), Random(1)
    starts = {day: day * DAY + 2 * HOUR + MINUTE * draw.randrange(-20, 20) for day in range(40)}

    def make(now: float) -> Runs | None:
        is_start = starts[int((now - MONDAY) // DAY)] == now - MONDAY
        return Runs(POLL, 300.0, 120.0, 3_000.0, 0.0) if is_start else None

    assert clock.run(28, make) == ()


def test_a_new_shape_is_no_alarm() -> None:
    """In its first days anything may be normal."""
    clock = Clock()
    assert (
        clock.run(2.5, lambda now: replace(USUAL, seconds=0.1 * (1 + now % 7), executions=1 + now % 5)) == ()
    )


def test_an_open_regression_is_not_learnt_and_ends_when_the_level_returns(learnt: Clock) -> None:
    """Five days of it change nothing of what is normal; a quarter of a day as before ends it."""
    slow = every(300.0, replace(USUAL, seconds=4.0))
    assert learnt.run(1, slow)
    (found,) = learnt.run(5, slow)
    assert found.seconds_usual == pytest.approx(0.4, rel=0.2)
    learnt.run(0.25, every(300.0))
    assert learnt.normals.regressions == ()


def test_after_two_weeks_it_is_the_new_normal(learnt: Clock) -> None:
    """And what is slower than that again is found again."""
    slow = every(300.0, replace(USUAL, seconds=4.0))
    assert learnt.run(15, slow)
    assert learnt.normals.regressions == ()
    assert learnt.run(2, slow) == ()
    (found,) = learnt.run(0.1, every(300.0, replace(USUAL, seconds=40.0)))
    assert found.seconds_usual == pytest.approx(4.0, rel=0.3)


def test_what_somebody_knows_of_is_normal(learnt: Clock) -> None:
    """An acknowledged finding ends."""
    slow = every(300.0, replace(USUAL, seconds=4.0))
    assert learnt.run(0.1, slow)
    learnt.normals.accept(*POLL.key)
    assert learnt.normals.regressions == ()
    assert learnt.run(1, slow) == ()


def test_an_upgrade_makes_everything_new(learnt: Clock) -> None:
    """After one, another level is learnt without a word."""
    words = "claim, patient and procedurelog were altered at once"
    learnt.normals.note_changes([Change(at=learnt.now, kind=ChangeKind.UPGRADE, subject="", words=words)])
    assert learnt.run(2.5, every(300.0, replace(USUAL, seconds=0.9))) == ()


def test_a_server_that_has_just_started_is_cold(learnt: Clock) -> None:
    """Nothing of its first quarter of an hour is judged."""
    learnt.started_at = learnt.now
    assert learnt.run(14 * MINUTE / DAY, every(60.0, replace(USUAL, seconds=9.0))) == ()


def test_baselines_outlive_a_restart_of_the_daemon(learnt: Clock) -> None:
    """What was kept judges as what was learnt; numbers are all that is kept."""
    rows = list(learnt.normals.to_rows())
    assert all(isinstance(number, float) for _, _, row in rows for number in row)
    other = Clock()
    other.now = learnt.now
    other.normals.load(rows)
    assert list(other.normals.to_rows()) == rows
    slow = every(300.0, replace(USUAL, seconds=8.0))
    assert [found.cause for found in other.run(0.1, slow)] == [Cause.UNDECIDED]


def test_an_open_regression_outlives_a_restart_of_the_daemon(learnt: Clock) -> None:
    """It goes on with the moment it began at, and ends as it would have."""
    slow = every(20.0, replace(USUAL, seconds=8.0))
    assert len(learnt.run(0.1, slow, step_seconds=10.0)) == 2
    other = Clock()
    other.now = learnt.now
    other.normals.load(list(learnt.normals.to_rows()))
    after = other.run(MINUTE / DAY, every(DAY))
    before = learnt.normals.regressions
    assert [(each.measure, each.since) for each in after] == [(each.measure, each.since) for each in before]
    other.run(0.5, every(300.0))
    assert other.normals.regressions == ()


def test_a_plan_that_differs_is_the_cause(learnt: Clock) -> None:
    """Where nothing counts the rows; one that is as it was before is none."""
    uncounted = replace(USUAL, seconds=9.0, rows_examined=None)
    by_index = PlanRow(table="patient", access=PlanAccess.REF, key="idx_status", rows=20)
    whole = PlanRow(table="patient", access=PlanAccess.SCAN, key=None, rows=20_000)
    for rows, cause in (((by_index,), Cause.UNDECIDED), ((whole,), Cause.PLAN)):
        clock = deepcopy(learnt)
        clock.normals.note_plans({POLL.fingerprint: Plan(rows=(by_index,), read_at=clock.now - DAY)})
        clock.normals.note_plans({POLL.fingerprint: Plan(rows=rows, read_at=clock.now + MINUTE)})
        (found,) = clock.run(0.1, every(300.0, uncounted))
        assert found.cause is cause
    assert found.changed == "the server reads patient whole, where it used the index idx_status"


def test_rows_of_another_kind_are_refused() -> None:
    """A row that is no baseline's is a ValueError, never a wrong baseline."""
    for row in ((), (1.0,) * 9, (1.0,) * 700):
        with pytest.raises(ValueError, match="not"):
            Normals().load([("recall-texter", "a" * 16, row)])


GROWN = Growth(table="patient", rows_usual=1_000.0, rows_now=20_000.0)


@pytest.mark.parametrize(
    ("clues", "cause"),
    [
        (Clues(time_log=3.0, rows_log=3.0, growth=GROWN), Cause.DATA),
        (Clues(time_log=3.0, growth=GROWN), Cause.DATA),
        (Clues(time_log=3.0, rows_log=3.0), Cause.PLAN),
        (Clues(time_log=3.0, rows_log=0.0, index_changed=True), Cause.PLAN),
        (Clues(time_log=3.0, rows_log=0.0, plan_changed=True), Cause.PLAN),
        (Clues(time_log=3.0, rows_log=0.0, growth=GROWN), Cause.UNDECIDED),
        (Clues(time_log=3.0, rows_log=3.0, locked_share=0.9), Cause.LOCKS),
        (Clues(time_log=0.5, rows_log=0.0, more_runs=True), Cause.RUNS),
        (Clues(time_log=3.0), Cause.UNDECIDED),
    ],
)
def test_a_cause_is_named_by_its_evidence(clues: Clues, cause: Cause) -> None:
    """Growth alone explains nothing where a run reads no more rows."""
    assert find_cause(clues) is cause
