"""What a cycle counted comes to the baselines, and from there to findings, the state file and the metrics."""

from dataclasses import replace

import pytest

from querywatch.analysis.seasons import SLOTS
from querywatch.analysis.situation import Limits
from querywatch.analysis.window import Window
from querywatch.attribution.amounts import QueryAmount
from querywatch.findings import Acknowledgement, FindingBook
from querywatch.hours import Calendar
from querywatch.model import Attribution, Evidence, Integration, Kind
from querywatch.service.chronicle import Chronicle
from querywatch.service.judging import Cycle, Judge
from querywatch.service.normals import Baselines, find_runs
from querywatch.sql.reduce import reduce_text
from querywatch.store.baselines import BaselineRow

READER = Integration(name="recall-texter", kind=Kind.DIRECT_READ)
RUN = QueryAmount(
    attribution=Attribution(integration=READER, reason="account recall"),
    account="recall",
    statement=reduce_text("SELECT PatNum FROM patient WHERE PatStatus = 1"),
    evidence=Evidence.COUNTED,
    executions=1.0,
    seconds=0.4,
    rows_examined=1_500.0,
    lock_seconds=0.001,
)
FINGERPRINT = RUN.statement.fingerprint
NOW = 1_787_529_600.0
STEP_SECONDS = 60.0


class Office:
    """A judge whose cycles are a minute apart."""

    def __init__(self) -> None:
        self.chronicle = Chronicle()
        self.judge = Judge(FindingBook(), [READER], Limits(), Calendar(), self.chronicle)
        self.now = NOW

    def run(self, cycles: int, amount: QueryAmount, *, seconds: float = STEP_SECONDS) -> set[str]:
        """Lets cycles pass; the rules of the findings that are open then."""
        for _ in range(cycles):
            self.now += STEP_SECONDS
            cycle = Cycle(
                now=self.now,
                info=None,
                schema=None,
                running=(),
                written=(),
                blindness=(),
                statements_at_least={},
                ran=(amount,),
                seconds=seconds,
            )
            self.judge.update(self.judge.judge(cycle, Window()), blind=False)
        return {entry.finding.rule for entry in self.judge.book.open}


@pytest.fixture(scope="module")
def office() -> Office:
    """Four days of one statement a minute, and five minutes in which it takes 9 s."""
    office = Office()
    assert office.run(4 * 24 * 60, RUN) == set()
    assert office.run(5, replace(RUN, seconds=9.0)) == {"regression.slower"}
    return office


def test_a_regression_becomes_a_finding(office: Office) -> None:
    """Within five minutes, with both numbers; and the ratio is there for the metric."""
    (entry,) = office.judge.book.open
    assert entry.finding.fingerprint == FINGERPRINT
    assert "9 s a run instead of 400 ms" in entry.finding.message
    ratio = office.judge.baselines.normals.find_ratio(READER.name, FINGERPRINT)
    assert ratio is not None
    assert ratio > 5


def test_what_left_its_level_is_kept_at_once(office: Office) -> None:
    """The state file has it as soon as it is found, and what is read back goes on with it."""
    rows = tuple(office.chronicle.take().baselines.values())
    assert {row.fingerprint for row in rows if row.measure == "shape"} == {FINGERPRINT}
    other = Office()
    other.judge.baselines.recall(rows, ())
    other.now = office.now
    assert other.run(2, replace(RUN, seconds=9.0)) == {"regression.slower"}


def test_an_acknowledged_level_is_normal(office: Office) -> None:
    """Once somebody knows of it, it is found no longer."""
    rows = tuple(office.judge.baselines.normals.to_rows())
    other = Office()
    other.judge.baselines.normals.load(rows)
    other.now = office.now
    assert other.run(2, replace(RUN, seconds=9.0)) == {"regression.slower"}
    until = other.now + 86_400.0
    known = Acknowledgement(
        integration=READER.name,
        rule="regression.slower",
        who="Ann",
        why="agreed",
        made_at=other.now,
        until=until,
    )
    other.judge.book.set_acknowledgements([known], other.now)
    assert other.run(15, replace(RUN, seconds=9.0)) == set()


def test_nothing_is_judged_after_a_gap() -> None:
    """An interval of no seconds in sight, or of fewer, teaches nothing."""
    judged = Office()
    assert judged.run(3, RUN, seconds=0.0) == set()
    assert judged.run(3, RUN, seconds=float("-inf")) == set()
    assert list(judged.judge.baselines.normals.to_rows()) == []


def test_accounts_of_an_integration_are_one() -> None:
    """Runs are summed over accounts, as good as the poorest of them; what nobody was seen running is nobody's."""
    inferred = replace(RUN, account="recall2", evidence=Evidence.INFERRED, lock_seconds=None)
    (runs,) = find_runs([RUN, inferred, replace(RUN, account="x", supposed=True)])
    assert (runs.executions, runs.seconds, runs.rows_examined, runs.lock_seconds) == (
        2.0,
        0.8,
        3_000.0,
        0.001,
    )
    assert runs.evidence is Evidence.INFERRED
    assert runs.subject.tables == ("patient",)


def test_rows_that_cannot_be_read_are_learnt_anew() -> None:
    """A state file of another querywatch costs the baselines, never the watch."""
    row = BaselineRow(integration=READER.name, fingerprint=FINGERPRINT, measure="shape", numbers=(1.0, 2.0))
    baselines = Baselines()
    baselines.recall([row], ())
    assert list(baselines.normals.to_rows()) == []


def learn_for(office: Office, minutes: int) -> tuple[BaselineRow, ...]:
    """What is to be kept of so many minutes, as the keeper takes it each minute: the latest of each row."""
    kept = dict[tuple[str, str, str], BaselineRow]()
    for _ in range(minutes):
        office.run(1, RUN)
        rows = office.chronicle.take().baselines.values()
        kept |= {(row.integration, row.fingerprint, row.measure): row for row in rows}
    return tuple(kept.values())


def test_a_kill_costs_a_minute_of_learning() -> None:
    """What is read back knows as much as what was killed: also of the hour that was running, and of what is new."""
    office = Office()
    kept = learn_for(office, 150)
    other = Office()
    other.judge.baselines.recall(kept, ())
    other.now = office.now
    for each in (office, other):
        each.run(90, RUN)
    assert list(other.judge.baselines.normals.to_rows()) == list(office.judge.baselines.normals.to_rows())


def test_an_hour_that_is_over_is_not_gone_on_with() -> None:
    """What was observed in it is not learnt for the hour in which the daemon comes back."""
    office = Office()
    kept = learn_for(office, 30)
    other = Office()
    other.judge.baselines.recall(kept, ())
    other.now = office.now + 7_200.0
    other.run(90, RUN)
    ((_, _, row),) = other.judge.baselines.normals.to_rows()
    runs_an_hour = row[-SLOTS:]
    assert max(runs_an_hour) == pytest.approx(60.0, abs=1.0)


def test_what_is_kept_each_minute_is_small() -> None:
    """The hours of the week are written once an hour."""
    office = Office()
    learn_for(office, 10)
    office.run(1, RUN)
    rows = office.chronicle.take().baselines.values()
    assert sum(len(row.numbers) for row in rows) < 64


def test_what_is_usual_of_connections_outlives_a_kill() -> None:
    """With the baselines of shapes, and beside rows that another querywatch kept otherwise."""
    office = Office()
    office.judge._leaks.load([(READER.name, "recall", (20_000.0, 60.0, 100_000.0, 60.0, 55.0))])
    office.run(1, RUN)
    kept = tuple(office.chronicle.take().baselines.values())
    strange = BaselineRow(integration="x", fingerprint="y", measure="connections", numbers=(1.0,))
    other = Office()
    other.judge.recall((strange, *kept), (), office.now)
    assert other.judge._leaks.to_rows() == office.judge._leaks.to_rows()


def test_who_is_new_is_said_to_be_learnt(office: Office) -> None:
    """For three days nothing of it is known to be normal; the daemon says so, and when that is over."""
    new = Office()
    new.run(2, RUN)
    until = NOW + STEP_SECONDS + 3 * 86_400.0
    assert new.judge.baselines.learning == {READER.name: until}
    assert office.judge.baselines.learning == {}
