"""Tells each office its day when it closes, and its week on Friday, as one log record."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from querywatch.analysis.summary import Happened, Span, Summary, Used, make_summary
from querywatch.errors import StateError
from querywatch.hours import WEEK_MINUTES, WeeklyHours
from querywatch.service.watch_settings import WatchSettings
from querywatch.snapshot import Snapshot
from querywatch.store import Store
from querywatch.store.findings import load_finding_history
from querywatch.store.history import load_gaps
from querywatch.store.use import load_use

log = logging.getLogger(__name__)

DAY_SECONDS = 86_400.0
TICK_SECONDS = 30.0
_DAY_MINUTES = 24 * 60
_LONGEST_TICK_MINUTES = 60.0  # longer between two looks at the clock: it was put forward
_CLOSES_WHERE_NOT_TOLD_MINUTES = 18 * 60  # a day without office hours
_FRIDAY = 4


class Clocked(Protocol):
    """What a summary needs of a watch."""

    settings: WatchSettings
    snapshot: Snapshot

    def find_minute_of_week(self, now: float) -> float | None:
        """Minutes since Monday 00:00 by the office's clock; None where it is not known."""


class Summariser:
    """Logs the summaries that are due; `tick` belongs to one thread at a time."""

    def __init__(
        self, directory: Path, find_watches: Callable[[], Mapping[str, Clocked]], clock: Callable[[], float]
    ) -> None:
        self._directory = directory
        self._find_watches = find_watches
        self._clock = clock
        self._minutes: dict[str, float] = {}
        self.latest: dict[tuple[str, str], Summary] = {}  # (server, 'day' or 'week')

    def tick(self) -> None:
        """Tells whatever office closed since the last time."""
        now = self._clock()
        for server, watch in self._find_watches().items():
            minute = watch.find_minute_of_week(now)
            if minute is None:
                continue
            before = self._minutes.get(server)
            self._minutes[server] = minute
            if before is None:
                continue
            for span in find_due(before, minute, watch.settings.calendar.office_hours, now):
                self._tell(server, span, watch.snapshot)

    def find_latest(self, server: str) -> tuple[Summary, ...]:
        """The server's last summaries, the day's first; from any thread."""
        found = (self.latest.get((server, name)) for name in ("day", "week"))
        return tuple(each for each in found if each is not None)

    def _tell(self, server: str, span: Span, snapshot: Snapshot) -> None:
        try:
            store = Store.open(self._directory)
            try:
                summary = find_summary(
                    store, server, span, find_third_parties(snapshot), find_learning(snapshot)
                )
            finally:
                store.close()
        except StateError as error:
            log.warning("%s: no summary of the %s: %s", server, span.name, error)
            return
        self.latest[server, span.name] = summary
        log.info("%s", summary.text)


def find_third_parties(snapshot: Snapshot) -> frozenset[str]:
    """The names of those whose use is told."""
    return frozenset(
        state.integration.name for state in snapshot.integrations if state.integration.kind.is_third_party
    )


def find_learning(snapshot: Snapshot) -> frozenset[str]:
    """The names of those of whom nothing is known to be normal yet."""
    return frozenset(
        state.integration.name
        for state in snapshot.integrations
        if state.learning_until is not None and state.learning_until > snapshot.at
    )


def find_due(before: float, minute: float, office_hours: WeeklyHours | None, now: float) -> Iterator[Span]:
    """The day where the office closed between the two minutes of the week, and the week where that was Friday's."""
    passed = (minute - before) % WEEK_MINUTES
    if not 0.0 < passed <= _LONGEST_TICK_MINUTES:
        return
    closed_day = next(
        (day for day in range(7) if 0.0 <= (minute - _find_close(day, office_hours)) % WEEK_MINUTES < passed),
        None,
    )
    if closed_day is not None:
        yield Span(name="day", since=now - DAY_SECONDS, until=now)
    if closed_day == _FRIDAY:
        yield Span(name="week", since=now - 7 * DAY_SECONDS, until=now)


def _find_close(day: int, office_hours: WeeklyHours | None) -> int:
    """The minute of the week at which the office closes that day; 18:00 where it does not open."""
    start, end = day * _DAY_MINUTES, (day + 1) * _DAY_MINUTES
    spans = () if office_hours is None else office_hours.spans
    closes = [close for opens, close in spans if start <= opens < end and close < end]
    return max(closes, default=start + _CLOSES_WHERE_NOT_TOLD_MINUTES)


def find_summary(
    store: Store,
    server: str,
    span: Span,
    third_parties: frozenset[str] | None = None,
    learning: Iterable[str] = (),
) -> Summary:
    """One server's span as its state remembers it; only the use of `third_parties` is told, None: everybody's.

    Use is kept by the hour: the hour in which the span begins is counted whole. Raises StateError.
    """
    with store.reading() as connection:
        past = load_finding_history(connection, server, span.since)
        uses = load_use(connection, server, span.since, span.until)
        gaps = load_gaps(connection, server, span.since)
    totals = dict[str, Used]()
    for each in uses:
        use = each.use
        if not use.fingerprint and (third_parties is None or use.integration in third_parties):
            totals[use.integration] = _add(
                totals.get(use.integration), use.integration, use.runs, use.seconds
            )
    return make_summary(
        server,
        span,
        [
            Happened(finding=each.finding, opened_at=each.opened_at, resolved_at=each.resolved_at)
            for each in past
            if each.opened_at < span.until
        ],
        totals.values(),
        [(gap.started_at, gap.ended_at) for gap in gaps],
        learning,
    )


def _add(before: Used | None, integration: str, statements: float, seconds: float | None) -> Used:
    if before is None:
        return Used(integration=integration, statements=statements, seconds=seconds)
    known: Iterable[float] = [each for each in (before.seconds, seconds) if each is not None]
    return Used(
        integration=integration,
        statements=before.statements + statements,
        seconds=sum(known) if known else None,
    )
