"""Findings open, stay, ease and resolve as promised, with a clock that the test holds."""

from dataclasses import replace

from querywatch.analysis.rules.base import Category
from querywatch.findings import (
    EVENT_STAYS_SECONDS,
    QUIET_CYCLES,
    STATE_STAYS_SECONDS,
    Acknowledgement,
    Changes,
    FindingBook,
    find_problems,
)
from querywatch.model import Evidence, Finding, Severity

STATE = Finding(
    rule="index.missing",
    severity=Severity.WARNING,
    integration="recall-texter",
    subject="patient",
    fingerprint="0123456789abcdef",
    message="reads much.",
    advice="read less.",
    evidence=Evidence.COUNTED,
)
EVENT = replace(STATE, rule="write.forbidden", subject="recall update", severity=Severity.CRITICAL)
BLIND = replace(STATE, rule="coverage.blind", integration="", subject="server", fingerprint="")


def cycle(book: FindingBook, now: float, *found: Finding, blind: bool = False) -> Changes:
    return book.update(found, now, counted_cycle=True, blind=blind)


def acknowledge(book: FindingBook, finding: Finding, made_at: float, until: float) -> None:
    entry = Acknowledgement(
        integration=finding.integration,
        rule=finding.rule,
        who="IT",
        why="known",
        made_at=made_at,
        until=until,
    )
    book.set_acknowledgements((entry,), made_at)


def test_a_finding_opens_once_and_stays_itself() -> None:
    """The second sight of the same thing opens nothing; its numbers are the newest."""
    book = FindingBook()
    assert [each.finding for each in cycle(book, 0, STATE).opened] == [STATE]
    assert cycle(book, 10, replace(STATE, message="reads more.")) == Changes()
    (only,) = book.open
    assert (only.opened_at, only.last_seen_at, only.finding.message) == (0, 10, "reads more.")


def test_a_state_stays_five_minutes() -> None:
    """However soon it is quiet, a state is open for five minutes."""
    book = FindingBook()
    cycle(book, 0, STATE)
    for now in range(10, int(STATE_STAYS_SECONDS), 10):
        assert not cycle(book, now).resolved
    assert [each.finding for each in cycle(book, STATE_STAYS_SECONDS).resolved] == [STATE]
    assert book.open == ()


def test_a_state_resolves_after_three_quiet_cycles() -> None:
    """Once it has been open for long, three cycles that do not find it end it, and not two."""
    book = FindingBook()
    cycle(book, 0, STATE)
    cycle(book, 1000, STATE)
    resolved = [len(cycle(book, 1000 + 10 * quiet).resolved) for quiet in range(1, QUIET_CYCLES + 1)]
    assert resolved == [0, 0, 1]


def test_a_sight_in_between_begins_the_quiet_anew() -> None:
    """Quiet cycles count in a row only."""
    book = FindingBook()
    cycle(book, 0, STATE)
    for now in range(1000, 1200, 30):
        changes = [cycle(book, now), cycle(book, now + 10), cycle(book, now + 20, STATE)]
        assert changes == [Changes()] * 3


def test_a_blind_cycle_resolves_nothing() -> None:
    """While the server is away nothing is quiet: nothing is seen."""
    book = FindingBook()
    cycle(book, 0, STATE, EVENT)
    for now in range(10, 200_000, 1000):
        assert not cycle(book, now, BLIND, blind=True).resolved
    assert {each.finding.rule for each in book.open} == {"coverage.blind", "index.missing", "write.forbidden"}


def test_a_cycle_without_counters_is_not_quiet() -> None:
    """A quick look at the sessions cannot say that a rate has fallen."""
    book = FindingBook()
    cycle(book, 0, STATE)
    for now in range(1000, 1020):
        assert not book.update((), now, counted_cycle=False).resolved


def test_an_event_stays_a_day_after_its_last_sight() -> None:
    """A write is told until somebody knows, or for a day after the last one."""
    book = FindingBook()
    cycle(book, 0, EVENT)
    cycle(book, 3600, EVENT)
    for now in range(3610, 3610 + int(EVENT_STAYS_SECONDS) - 20, 600):
        assert not cycle(book, now).resolved
    assert len(cycle(book, 3600 + EVENT_STAYS_SECONDS).resolved) == 1


def test_an_acknowledged_event_ends_when_it_is_quiet() -> None:
    """What somebody knows of need not be told for a day; a new one opens anew."""
    book = FindingBook()
    cycle(book, 0, EVENT)
    acknowledge(book, EVENT, 10, until=100_000)
    assert [len(cycle(book, 1000 + quiet).resolved) for quiet in range(3)] == [0, 0, 1]
    (opened,) = cycle(book, 2000, EVENT).opened
    assert opened.acknowledged_until is None


def test_an_acknowledgement_runs_out() -> None:
    """A state that outlasts its acknowledgement is a problem again."""
    book = FindingBook()
    cycle(book, 0, STATE)
    acknowledge(book, STATE, 10, until=500)
    cycle(book, 499, STATE)
    assert find_problems(book.open) == ()
    cycle(book, 500, STATE)
    assert [problem.rule for problem in find_problems(book.open)] == ["index.missing"]


def test_acknowledging_touches_only_what_is_named() -> None:
    """Another integration's finding of the same rule is still unknown."""
    book = FindingBook()
    cycle(book, 0, STATE, replace(STATE, integration="other"))
    acknowledge(book, replace(STATE, integration="other"), 10, until=500)
    assert [problem.integration for problem in find_problems(book.open)] == ["recall-texter"]


def test_an_acknowledged_state_that_opens_again_is_known() -> None:
    """What comes and goes need not be acknowledged each time; taken back, it is a problem at once."""
    book = FindingBook()
    cycle(book, 0, STATE)
    acknowledge(book, STATE, 10, until=5_000)
    for now in (1_000, 1_010, 1_020):
        cycle(book, now)
    (opened,) = cycle(book, 2_000, STATE).opened
    assert opened.acknowledged_until == 5_000
    book.set_acknowledgements((), 2_010)
    assert [problem.rule for problem in find_problems(book.open)] == ["index.missing"]


def test_an_acknowledgement_may_name_a_subject_and_a_shape() -> None:
    """Then it is about those alone."""
    book = FindingBook()
    cycle(book, 0, STATE, replace(STATE, subject="claim"))
    entry = Acknowledgement(
        integration="recall-texter", rule="index.missing", subject="claim", fingerprint=STATE.fingerprint,
        who="IT", why="known", made_at=1, until=500,
    )  # fmt: skip
    book.set_acknowledgements((entry,), 1)
    marked = [each.finding.subject for each in book.open if each.acknowledged_until is not None]
    assert marked == ["claim"]
    book.set_acknowledgements((replace(entry, fingerprint="fedcba9876543210"),), 1)
    assert all(each.acknowledged_until is None for each in book.open)


def test_a_worse_severity_shows_at_once() -> None:
    """The same finding, worse: told as worsened, not as opened."""
    book = FindingBook()
    cycle(book, 0, STATE)
    changes = cycle(book, 10, replace(STATE, severity=Severity.CRITICAL))
    assert (changes.opened, len(changes.worsened)) == ((), 1)
    assert book.open[0].finding.severity is Severity.CRITICAL


def test_a_severity_eases_only_after_five_minutes() -> None:
    """A count that goes up and down in a short window does not make alerts flutter."""
    book = FindingBook()
    cycle(book, 0, replace(STATE, severity=Severity.CRITICAL))
    cycle(book, 200, replace(STATE, severity=Severity.INFO, message="a little."))
    assert (book.open[0].finding.severity, book.open[0].finding.message) == (Severity.CRITICAL, "a little.")
    cycle(book, STATE_STAYS_SECONDS, STATE)
    assert book.open[0].finding.severity is Severity.WARNING


def test_what_happened_in_an_event_never_eases() -> None:
    """A refused attempt after a write leaves the write as what is told."""
    book = FindingBook()
    cycle(book, 0, EVENT)
    cycle(book, 5000, replace(EVENT, severity=Severity.WARNING, message="tried."))
    assert book.open[0].finding == EVENT
    assert book.open[0].finding.message == EVENT.message
    assert book.open[0].last_seen_at == 5000


def test_of_two_findings_of_one_key_the_worst_counts() -> None:
    """A rule that finds the same thing twice in one cycle opens it once."""
    book = FindingBook()
    changes = cycle(book, 0, replace(STATE, severity=Severity.CRITICAL), STATE)
    assert [each.finding.severity for each in changes.opened] == [Severity.CRITICAL]


def test_restored_findings_go_on() -> None:
    """After a restart a finding keeps when it opened, and is not opened again."""
    before = FindingBook()
    cycle(before, 0, STATE, EVENT)
    after = FindingBook(before.open)
    assert cycle(after, 1000, STATE).opened == ()
    assert {each.opened_at for each in after.open} == {0}


def test_one_problem_a_cause() -> None:
    """The findings of one integration and category are one problem, led by the worst, then by rule order."""
    book = FindingBook()
    poll = replace(STATE, rule="frequency.poll", severity=Severity.CRITICAL, subject="recall")
    scan = replace(STATE, rule="index.missing", severity=Severity.CRITICAL)
    budget = replace(STATE, rule="frequency.budget", severity=Severity.WARNING)
    cycle(book, 0, budget, poll, scan, EVENT, BLIND)
    problems = {(each.integration, each.category): each for each in find_problems(book.open)}
    assert problems.keys() == {
        ("recall-texter", Category.LOAD),
        ("recall-texter", Category.WRITE),
        ("", Category.BLIND),
    }
    load = problems["recall-texter", Category.LOAD]
    assert (load.rule, load.subject, load.severity) == ("index.missing", "patient", Severity.CRITICAL)


def test_a_finding_of_a_rule_that_is_gone_leads_nothing() -> None:
    """State written by another version may hold findings of rules that this one does not have."""
    book = FindingBook()
    cycle(book, 0, replace(STATE, rule="size.forgotten"))
    assert find_problems(book.open) == ()
    assert len(book.open) == 1
