"""A day is told in plain words when the office closes, a week on Friday, and also when there was nothing."""

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from querywatch.analysis.summary import Span, find_unseen_seconds, render_summary
from querywatch.hours import Calendar, parse_weekly_hours
from querywatch.model import Severity
from querywatch.service.summarising import Summariser, find_due, find_summary
from querywatch.store import Store
from querywatch.store.findings import save_findings
from querywatch.store.history import Gap, save_gap
from querywatch.store.use import Use, add_use
from tests.stored import FOUND

NOW = 1_795_363_200.0
DAY = Span(name="day", since=NOW - 86_400, until=NOW)
HOURS = parse_weekly_hours(["mon-fri 07:00-12:00", "mon-fri 13:00-17:00", "sat 08:00-12:00"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(tmp_path)) as opened:
        yield opened


def _use(store: Store, integration: str, runs: float, seconds: float | None, at: float) -> None:
    with store.writing() as connection:
        add_use(connection, "office", [Use(integration=integration, runs=runs, seconds=seconds)], at)


def _find(store: Store, integration_names: frozenset[str] = frozenset({"recall-texter"})) -> str:
    return find_summary(store, "office", DAY, integration_names).text


def test_a_day_without_findings_says_so(store: Store) -> None:
    """Silence is told: nothing hurt, and what the third parties used."""
    _use(store, "recall-texter", 1_200, 3.0, NOW - 7_200)
    _use(store, "recall-texter", 34, None, NOW - 3_600)
    _use(store, "opendental", 90_000, 800.0, NOW - 3_600)
    assert _find(store) == (
        "office, the last day: nothing hurt you.\nrecall-texter: 1,234 statements, 3 s of the server's time"
    )


def test_what_was_found_is_told_the_worst_first_with_what_is_over(store: Store) -> None:
    """Findings of the day, at their worst; one that resolved says so, one from before the day is not told."""
    critical = replace(FOUND, opened_at=NOW - 5_000)
    warning = replace(
        FOUND,
        finding=replace(FOUND.finding, rule="size.wide", severity=Severity.WARNING, message="A wide one."),
        opened_at=NOW - 9_000,
    )
    old = replace(FOUND, finding=replace(FOUND.finding, rule="size.examined"), opened_at=NOW - 200_000)
    with store.writing() as connection:
        save_findings(connection, "office", [old], NOW - 190_000)
        save_findings(connection, "office", [], NOW - 180_000)
        save_findings(connection, "office", [warning], NOW - 9_000)
        save_findings(connection, "office", [critical], NOW - 100)
    summary = find_summary(store, "office", DAY)
    assert summary.severity is Severity.CRITICAL
    assert summary.text.splitlines() == [
        "office, the last day: 2 things found, 1 of them critical, 1 still open.",
        f"critical index.missing: {FOUND.finding.message}",
        "warning size.wide (over): A wide one.",
    ]


def test_a_gap_is_told_and_weakens_what_is_said(store: Store) -> None:
    """Twenty minutes without sight are no minutes in which nothing happened."""
    with store.writing() as connection:
        save_gap(connection, "office", Gap(started_at=NOW - 9_000, ended_at=NOW - 7_800, reason="away"))
    assert _find(store) == (
        "office, the last day: nothing hurt you, as far as it was seen.\n"
        "not seen: 20 min, in which the server or querywatch was away"
    )
    assert render_summary(find_summary(store, "office", DAY))["unseen_seconds"] == 1_200.0


def test_gaps_that_overlap_count_once_and_only_within_the_span() -> None:
    """Unseen time is time of the span, and no second is counted twice."""
    span = Span(name="day", since=100.0, until=200.0)
    assert find_unseen_seconds([(150.0, 170.0), (50.0, 110.0), (160.0, 180.0), (195.0, 300.0)], span) == 45.0


@pytest.mark.parametrize(
    ("before", "minute", "expected"),
    [
        (17 * 60 - 0.5, 17 * 60, ["day"]),
        (12 * 60 - 0.5, 12 * 60, []),  # the lunch break closes nothing
        (17 * 60, 17 * 60 + 0.5, []),  # told already
        (4 * 1440 + 17 * 60 - 0.5, 4 * 1440 + 17 * 60 + 0.2, ["day", "week"]),
        (5 * 1440 + 12 * 60 - 1, 5 * 1440 + 12 * 60, ["day"]),
        (6 * 1440 + 18 * 60 - 1, 6 * 1440 + 18 * 60, ["day"]),  # Sunday has no hours: at 18:00
        (9 * 60, 20 * 60, []),  # the daemon slept through it: no summary hours late
        (17 * 60 + 0.2, 17 * 60 - 0.3, []),  # a clock that was put back a little
    ],
)
def test_summaries_are_due_as_the_office_closes(before: float, minute: float, expected: list[str]) -> None:
    """Once a day at the last close, once a week on Friday, by the office's clock."""
    assert [span.name for span in find_due(before, minute, HOURS, NOW)] == expected


def test_the_summary_is_one_log_record_and_stays_at_hand(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two looks at the clock with the close between them log once; the value can be had after."""
    minutes = iter([17 * 60 - 0.5, 17 * 60, 17 * 60 + 0.5])
    watch = SimpleNamespace(
        settings=SimpleNamespace(calendar=Calendar(office_hours=HOURS)),
        snapshot=SimpleNamespace(integrations=()),
        find_minute_of_week=lambda _now: next(minutes),
    )
    summariser = Summariser(tmp_path, lambda: {"office": watch}, lambda: NOW)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            summariser.tick()
    assert [record.getMessage() for record in caplog.records] == ["office, the last day: nothing hurt you."]
    assert summariser.latest["office", "day"].severity is None


def test_a_summary_says_of_whom_nothing_can_be_told_yet(store: Store) -> None:
    """Silence of a rule that is still learning is no all-clear."""
    summary = find_summary(store, "office", DAY, learning={"phone-popup", "recall-texter"})
    assert summary.lines == (
        "still learnt: what is normal for phone-popup, recall-texter; a regression of it cannot be told yet",
    )
