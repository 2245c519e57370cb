"""Watches one server: each cycle looks once, now and then counts and judges, and leaves a snapshot."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from querywatch.analysis.bursts import Burst, find_burst
from querywatch.analysis.published import Published
from querywatch.analysis.situation import Limits
from querywatch.analysis.window import Interval, Window
from querywatch.db.connection import Connection
from querywatch.errors import ServerError
from querywatch.findings import FindingBook
from querywatch.model import Integration, Right, Schema, ServerInfo
from querywatch.service.blocking import Blocking
from querywatch.service.chronicle import Chronicle
from querywatch.service.condition import Condition
from querywatch.service.counting import Amounts, Counting, Margin
from querywatch.service.coverage import Sight, find_blindness
from querywatch.service.intake import Intake
from querywatch.service.judging import Cycle, Judge, find_sampled_ratios
from querywatch.service.link import Link
from querywatch.service.looking import Looking
from querywatch.service.pacing import Pacer, Work
from querywatch.service.parsing import Parser, add_outlines
from querywatch.service.planning import Planner
from querywatch.service.rendering import render_snapshot
from querywatch.service.watch_settings import WatchSettings
from querywatch.snapshot import Snapshot

log = logging.getLogger(__name__)

_MARGINS_KEPT = 30
_GAP_INTERVALS = 3  # longer without counters than so many intervals is a gap in sight


class Watch:
    """One server's watch. All its methods but `abort` and the reading of `snapshot` belong to one thread."""

    def __init__(
        self,
        settings: WatchSettings,
        integrations: Sequence[Integration],
        limits: Limits,
        *,
        findings: FindingBook,
        parser: Parser,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self.settings = settings
        self._parser = parser
        self._clock = clock
        self._random = random
        self._link = Link(settings.endpoint, random)
        self.delay_seconds = 0.0  # that this process is late to take an answer: no server's cost
        self.pacer = Pacer(
            budget_ratio=settings.observer_budget_ratio,
            sample_interval_seconds=settings.sample_interval_seconds,
            counter_interval_seconds=settings.counter_interval_seconds,
        )
        self._info: ServerInfo | None = None
        self._intake = Intake(settings.endpoint.name, settings.databases, settings.schema_interval_seconds)
        self._intake.guarded_explain = settings.guarded_explain
        self._integrations = integrations
        self._counting = self._make_counting()
        self._looking = Looking()
        self._blocking = Blocking(self._intake.reader)
        intake, after_seconds = self._intake, settings.plan_after_seconds
        self.planner = Planner(intake.reader, intake.book, after_seconds=after_seconds)
        self._window = Window()
        self._published = Published(integrations)
        self.chronicle = Chronicle()
        self._judge = Judge(findings, integrations, limits, settings.calendar, self.chronicle)
        self.baselines, self.recall = self._judge.baselines, self._judge.recall
        self._schema: Schema | None = None
        self._rights: tuple[Right, ...] | None = None
        self._condition = Condition(settings.calendar.zone)
        self._last_count_at: float | None = None
        self._judged_seconds = self._waiting_seconds = 0.0  # of what is told since; below 0 after a gap
        self._last_burst_at = 0.0
        self._near_ratios: tuple[float, ...] = ()  # of what is judged from samples, at the last count
        self._margins: deque[Margin] = deque(maxlen=_MARGINS_KEPT)
        self.count_wanted = threading.Event()  # set from any thread, cleared once it was done
        self._wanted: tuple[Sequence[Integration], Limits] | None = None
        self.snapshot = Snapshot(server=settings.endpoint.name, at=clock(), up=False, attempted=False)

    def _make_counting(self) -> Counting:
        return Counting(self._integrations, self.settings.endpoint.user, self._intake.own_fingerprints)

    def reconfigure(self, integrations: Sequence[Integration], limits: Limits) -> None:
        """Takes new integrations and limits at the next cycle, from any thread; connection and totals stay."""
        self._wanted = (integrations, limits)

    def _take_wanted(self) -> None:
        if self._wanted is None:
            return
        (integrations, limits), self._wanted = self._wanted, None
        self._integrations = integrations
        self._counting.set_integrations(integrations)
        self._published.expect(integrations)
        self._judge.set_rules(integrations, limits)

    def cycle(self, *, count: bool = False) -> None:
        """One look at the server, with its counters when they are due or asked for; leaves a new snapshot."""
        now = self._clock()
        self._take_wanted()
        counted = False
        try:
            connection = self._find_connection(now)
            if connection is None:
                return
            burst = find_burst(self._near_ratios, self.pacer.spare_ratio, now - self._last_burst_at)
            with self._charging(Work.SAMPLE, connection, now):
                self._look(connection, now)
            if burst is not None:
                now = self._look_closely(connection, burst)
            with self._charging(Work.RECORDS, connection, now):
                if self._counting.wants_sessions:
                    self._intake.collect_records(connection, now, self.pacer.may_spend)
            with self._charging(Work.PLAN, connection, now):
                self.planner.read_one(connection, self._looking.present, now, self.pacer.may_spend)
            with self._charging(Work.SCHEMA, connection, now):
                self._read_schema(connection, now)
            if (asked := count or self.count_wanted.is_set()) or self._is_count_due(now):
                with self._charging(Work.COUNT, connection, now):
                    self._count(connection, now, thorough=asked)
                counted = True
        except ServerError as error:
            self._lose(error, now)
        finally:
            self._publish(now)
            if counted:
                self.count_wanted.clear()

    def _look_closely(self, connection: Connection, burst: Burst) -> float:
        """The other looks of a burst; the time of the last."""
        now = self._last_burst_at = self._clock()
        for _ in range(burst.looks - 1):
            time.sleep(burst.find_pause_seconds(self._random()))
            now = self._clock()
            with self._charging(Work.BURST, connection, now):
                self._look(connection, now)
        return now

    def _is_count_due(self, now: float) -> bool:
        return self._last_count_at is None or now >= self._last_count_at + self.pacer.counter_interval_seconds

    @contextmanager
    def _charging(self, work: Work, connection: Connection, now: float) -> Iterator[None]:
        """Tells the pacer what the block's statements took."""
        before, sent_before = connection.seconds_spent, connection.statements_sent
        try:
            yield
        finally:
            late_seconds = self.delay_seconds * (connection.statements_sent - sent_before)
            self.pacer.note_cost(work, max(0.0, connection.seconds_spent - before - late_seconds), now)

    def count_crash(self) -> None:
        """A cycle ended in a fault that nobody foresaw; it shows in the counts of failures."""
        self._intake.reader.failures["cycle", "fault"] += 1

    def find_minute_of_week(self, now: float) -> float | None:
        """Minutes since Monday 00:00 by the office's clock, from any thread; None where it is not known."""
        return self._condition.find_minute_of_week(now)

    def abort(self) -> None:
        """Ends what hangs, from any thread."""
        self._link.abort()

    def close(self) -> None:
        """Closes the connection."""
        self._link.close()

    def _find_connection(self, now: float) -> Connection | None:
        if self._link.connection is not None:
            return self._link.connection
        connection = self._link.open(now)
        if connection is not None:
            self._info = replace(connection.server, labels=dict(self.settings.labels))
            self._intake.connected()
            self._looking.connected(connection.server.flavour)
        return connection

    @property
    def _name(self) -> tuple[str]:
        return (self.settings.endpoint.name,)

    def _look(self, connection: Connection, now: float) -> None:
        """Samples the processlist."""
        by_program = self.settings.programs_wanted or self._counting.learner.matcher.asks_for_programs
        sessions = self._intake.read_sessions(connection, now, with_programs=by_program)
        if sessions is None:
            self._looking.skip()
            self._blocking.skip()
            return
        now = self._clock()  # what the rows say is of the answer's moment
        others = tuple(each for each in sessions if not self._counting.is_own(each.account))
        self.pacer.note_threads(sum(each.is_active for each in others), now)
        self._judge.note_starts(self._looking.look(others, self._counting.learner, now), self._window)
        self._blocking.look(connection, self._looking.present, self._schema, now, self.pacer.may_spend)

    def _count(self, connection: Connection, now: float, *, thorough: bool) -> None:
        """Reads the counters, lays them to integrations, and judges."""
        status = self._intake.read_status(connection, now)
        if self._condition.note(status, connection.connection_id):
            log.warning("%s: the server restarted; its counters began again", *self._name)
            self._counting.restart()
        if self._condition.finds_another(connection.server, status, now):
            log.warning("%s: another server answers there; it is compared with nothing", *self._name)
            self._counting = self._make_counting()
        if status is not None and not self._sees_sessions:
            self.pacer.note_threads(status.threads_running, now)
        readings = replace(
            self._intake.read_counters(
                connection, now, by_session=self._counting.wants_sessions, thorough=thorough
            ),
            questions=None if status is None else status.questions - self._link.statements_sent,
        )
        seen = self._looking.take()
        amounts = self._counting.fold(readings, seen, self._looking.present, now)
        self.pacer.note_counted(amounts.own_seconds, now)
        self._add(amounts, now)
        self._rights = self._intake.read_rights(connection, now)
        self._decide(amounts, now)

    def _read_schema(self, connection: Connection, now: float) -> None:
        """Goes on with reading the tables, where the budget gives leave."""
        schema = self._intake.read_schema_when_due(connection, now, self.pacer.may_spend)
        if schema is not None:
            self._schema = schema
            self._judge.renderer.set_schema(schema)
            self.planner.set_schema(schema)

    @property
    def _sees_sessions(self) -> bool:
        """Whether the last look was one: then it says how many are at work, and no counter need."""
        state = self._intake.reader.find("processlist")
        return state is not None and state.up

    def _add(self, amounts: Amounts, now: float) -> None:
        before, self._last_count_at = self._last_count_at, now
        seconds = 0.0 if before is None else now - before
        is_gap = seconds > _GAP_INTERVALS * self.pacer.counter_interval_seconds
        self._judged_seconds = float("-inf") if is_gap else seconds + self._waiting_seconds
        self._waiting_seconds = self._judged_seconds if amounts.shapes_wait else 0.0
        if is_gap:
            self._window.clear()  # what was counted in a gap is published, and judged by no rule
        elif before is not None:
            self._window.add(
                Interval(
                    ended_at=now,
                    seconds=seconds,
                    accounts=amounts.accounts,
                    queries=amounts.queries,
                    estimates=amounts.estimates,
                )
            )
        self._published.add_accounts(amounts.accounts)
        self._published.add_errors(amounts.estimates)
        self._published.add_queries(
            amounts.queries, mattering=self._judge.find_mattering(self._window), now=now
        )
        if amounts.margin is not None:
            self._margins.append(amounts.margin)

    def _decide(self, amounts: Amounts, now: float) -> None:
        cycle = Cycle(
            now=now,
            info=self._info,
            schema=self._schema,
            running=tuple(self._judge.make_running(*each) for each in self._looking.present),
            written=amounts.accounts,
            blindness=(*find_blindness(self._make_sight()), *self._blocking.take_blindness()),
            statements_at_least=self._looking.find_paces(),
            blocks=self._blocking.take(),
            ran=amounts.queries,
            wrote=amounts.written,
            rights=self._rights,
            plans=self.planner.find_plans(now),
            minute_of_week=self._condition.find_minute_of_week(now),
            status=self._condition.status,
            seconds=0.0 if amounts.shapes_wait else self._judged_seconds,
        )
        situation = add_outlines(self._judge.judge(cycle, self._window), self._parser)
        self._judge.update(situation, blind=False)
        self._near_ratios = find_sampled_ratios(situation, self._judge.book.open)

    def _make_sight(self) -> Sight:
        return Sight(
            info=self._info,
            trouble=self._link.trouble,
            sources={state.name: state for state in self._intake.reader.states},
            ever_up=self._intake.ever_up,
            capture_ratios=self._looking.find_capture_ratios(),
            performance_schema=self._condition.performance_schema,
            lost_accounts=self._intake.lost_accounts,
            overflow_executions=self._intake.overflow_executions,
        )

    def _lose(self, error: ServerError, now: float) -> None:
        """The server is away: says so once, and tries again later and later."""
        self._intake.reader.failures["server", error.reason] += 1
        self._link.lose(error, now)
        self._looking.lose()
        self._blocking.skip()
        self._window.clear()
        cycle = Cycle(
            now=now,
            info=self._info,
            schema=None,
            running=(),
            written=(),
            blindness=find_blindness(self._make_sight()),
            statements_at_least={},
        )
        self._judge.update(self._judge.judge(cycle, self._window), blind=True)

    def _publish(self, now: float) -> None:
        total = sum(margin.total for margin in self._margins)
        unattributed = sum(margin.unattributed for margin in self._margins)
        self.snapshot = render_snapshot(
            Snapshot(
                server=self.settings.endpoint.name,
                at=now,
                up=self._link.connection is not None and not self._link.trouble,
                attempted=True,
                info=self._info,
                trouble=self._link.trouble,
                sources=self._intake.reader.states,
                findings_opened=dict(self._judge.opened),
                poll_failures=dict(self._intake.reader.failures),
                observer_seconds=self.pacer.observer_seconds,
                observer_budget_ratio=self.pacer.budget_used_ratio,
                residual_ratio=unattributed / total if total else None,
                capture_ratios=self._looking.find_capture_ratios(),
                blocking_victims=self._blocking.victims,
                trials=self.chronicle.slices.states,
            ),
            self._published,
            self._judge,
            self._looking.present,
            self._window.find_estimates(),
        )
