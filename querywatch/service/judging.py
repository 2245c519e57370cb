"""Lays what a cycle knows before the rules, and keeps the findings."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from querywatch.analysis.budgets import find_budget_ratios, find_uses
from querywatch.analysis.budgets_burn import BurnBook
from querywatch.analysis.leaks import Leaks
from querywatch.analysis.office_work import OfficeTools
from querywatch.analysis.regression import Regression
from querywatch.analysis.rules import find_all
from querywatch.analysis.sightings import Execution
from querywatch.analysis.situation import Blindness, Block, Limits, RunningSession, Situation, WriteSeen
from querywatch.analysis.temporary import Remainder, TemporaryTables
from querywatch.analysis.timeline import Change, ChangeKind, quote
from querywatch.analysis.window import Window
from querywatch.attribution.amounts import AccountAmount, QueryAmount
from querywatch.attribution.doubts import Growth
from querywatch.counters import ServerStatus
from querywatch.findings import FindingBook, OpenFinding
from querywatch.hours import Calendar
from querywatch.model import (
    Attribution,
    Evidence,
    Integration,
    Operation,
    Right,
    Schema,
    ServerInfo,
    Session,
    Statement,
)
from querywatch.opendental import read_names
from querywatch.plan import Plan
from querywatch.service.chronicle import Chronicle
from querywatch.service.lasting import Lasting
from querywatch.service.normals import Baselines
from querywatch.service.readings import Readings
from querywatch.service.trials import TakenCount
from querywatch.sql.clean import known_names, render_outward
from querywatch.sql.shape import CUT_MARK
from querywatch.store.baselines import BaselineRow

_SHOWN_SHAPES_KEPT = 2_000
_SHOWN_CHARACTERS = (
    4_000  # of a longer shape the beginning: numbering thousands of names would hold up a poll
)


class Renderer:
    """Renders shapes as they may be shown, each once for as long as the schema is the same."""

    def __init__(self) -> None:
        self._known = known_names(None, read_names())
        self._rendered: dict[str, str] = {}

    def set_schema(self, schema: Schema | None) -> None:
        """What the schema knows is shown by name, everything else is numbered."""
        self._known = known_names(schema, read_names())
        self._rendered = {}

    @property
    def known_names(self) -> frozenset[str]:
        """What is shown by name."""
        return self._known

    def render_tables(self, statement: Statement) -> tuple[str, ...]:
        """The statement's tables; those that the schema does not know under one common word."""
        known = tuple(table for table in statement.tables if table in self._known)
        return known if len(known) == len(statement.tables) else (*known, "others")

    def render(self, statement: Statement) -> str:
        """The statement's shape, fit for anybody's eyes."""
        rendered = self._rendered.get(statement.fingerprint)
        if rendered is None:
            if len(self._rendered) >= _SHOWN_SHAPES_KEPT:
                self._rendered.clear()
            shown = _cut_at_space(statement.shape)
            rendered = self._rendered[statement.fingerprint] = render_outward(shown, self._known)
        return rendered


def _cut_at_space(shape: str) -> str:
    if len(shape) <= _SHOWN_CHARACTERS:
        return shape
    return f"{shape[:_SHOWN_CHARACTERS].rpartition(' ')[0]} {CUT_MARK}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """What one cycle brings to the rules besides the window."""

    now: float
    info: ServerInfo | None
    schema: Schema | None
    running: tuple[RunningSession, ...]
    written: tuple[AccountAmount, ...]  # the amounts of this interval
    blindness: tuple[Blindness, ...]
    statements_at_least: Mapping[tuple[str, str], float]  # (account, host) -> a minute
    ran: tuple[QueryAmount, ...] = ()  # the shapes of this interval
    wrote: tuple[Growth, ...] | None = None  # those that wrote, whoever ran them; None: not all are known
    rights: tuple[Right, ...] | None = None  # as last read; None: not available
    minute_of_week: float | None = None  # by the office's clock; None: not known
    plans: Mapping[str, Plan] = field(default_factory=dict)  # by fingerprint
    status: ServerStatus | None = None  # as last read
    seconds: float = 0.0  # that `ran` is of; 0 or less where nothing is to be learnt
    blocks: tuple[Block, ...] = ()  # since the last cycle


class Judge:
    """One server's rules and open findings."""

    def __init__(
        self,
        book: FindingBook,
        integrations: Iterable[Integration],
        limits: Limits,
        calendar: Calendar,
        chronicle: Chronicle | None = None,
    ) -> None:
        self.book = book
        self._chronicle = chronicle or Chronicle()
        self._calendar = calendar
        self.renderer = Renderer()
        self.baselines = Baselines()
        self.opened: Counter[tuple[str, str]] = Counter()
        self._temporary = TemporaryTables()
        self._readings = Readings()
        self._leaks = Leaks()
        self._burns = BurnBook(calendar.office_hours)
        self._lasting = Lasting(self._leaks, self._burns)
        self._tools = OfficeTools()
        self._written: dict[tuple[str, str, Operation], tuple[float, float]] = {}
        self.set_rules(integrations, limits)

    def set_rules(self, integrations: Iterable[Integration], limits: Limits) -> None:
        """A new configuration."""
        self._integrations = {integration.name: integration for integration in integrations}
        self._limits = limits
        self.budget_ratios: Mapping[str, Mapping[str, float]] = {}

    def recall(self, rows: Iterable[BaselineRow], changes: Iterable[Change], now: float) -> None:
        """Takes up what was learnt and what had changed before; before the first cycle."""
        self.baselines.recall(rows, changes)
        self._lasting.recall(rows, now)

    def judge(self, cycle: Cycle, window: Window) -> Situation:
        """What this cycle knows, as the rules see it."""

        def find_pace(amount: AccountAmount) -> float:
            return cycle.statements_at_least.get((amount.account, amount.host or ""), 0.0)

        self._temporary.learn(cycle.ran, cycle.wrote, cycle.schema)
        writes = tuple(self._find_writes(cycle))
        self._note(cycle, writes)
        self._note_slice(cycle)
        queries, accounts = window.find_query_loads(), window.find_account_loads(find_pace)
        return Situation(
            now=cycle.now,
            server=cycle.info,
            schema=cycle.schema,
            limits=self._limits,
            integrations=self._integrations,
            window_seconds=window.seconds,
            accounts=accounts,
            queries=queries,
            running=cycle.running,
            writes=writes,
            blindness=cycle.blindness,
            rights=cycle.rights,
            minute_of_week=cycle.minute_of_week,
            plans=cycle.plans,
            blocks=cycle.blocks,
            crowds=self._leaks.observe(cycle.running, cycle.now, self._limits.leak_learning_seconds),
            office_work=self._tools.observe(
                queries, accounts, cycle.running, cycle.now, self._limits.learning_seconds
            ),
            changes=self._chronicle.find_changes(cycle.now),
            regressions=self._find_regressions(cycle),
            burns=self._burns.observe(cycle.written, self._integrations.values(), cycle.minute_of_week),
            office_hours=self._calendar.office_hours,
            maintenance=self._calendar.maintenance,
            known_names=self.renderer.known_names,
        )

    def update(self, situation: Situation, *, blind: bool) -> None:
        """Runs the rules; a blind cycle opens what it must and resolves nothing."""
        situation = self._readings.add(situation)
        self.budget_ratios = find_budget_ratios(situation)
        if (known := self._chronicle.take_acknowledgements()) is not None:
            self.book.set_acknowledgements(known, situation.now)
        opened_at = {each.finding.key: each.opened_at for each in self.book.open}
        found = [
            quote(finding, situation.changes, opened_at.get(finding.key, situation.now))
            for finding in find_all(situation)
        ]
        changes = self.book.update(found, situation.now, counted_cycle=True, blind=blind)
        for opened in changes.opened:
            self.opened[opened.finding.rule, opened.finding.severity] += 1

    def _find_regressions(self, cycle: Cycle) -> tuple[Regression, ...]:
        self.baselines.note_schema(cycle.schema, cycle.now)
        self.baselines.normals.note_plans(cycle.plans)
        self.baselines.note_changes(self._chronicle.find_changes(cycle.now))
        self.baselines.note_known(self.book.open)
        uptime_seconds = None if cycle.status is None else cycle.status.uptime_seconds
        found = self.baselines.judge(
            cycle.ran, cycle.seconds, cycle.now, cycle.minute_of_week, uptime_seconds
        )
        self._chronicle.note_baselines(self.baselines.find_rows_to_save())
        self._chronicle.note_baselines(self._lasting.find_rows_to_save(cycle.now))
        return found

    @property
    def changes_noticed(self) -> Mapping[ChangeKind, int]:
        """What changed on the server since the start, by its kind."""
        return self._chronicle.changes_noticed

    def _note(self, cycle: Cycle, writes: Iterable[WriteSeen]) -> None:
        chronicle, now = self._chronicle, cycle.now
        chronicle.note_server(cycle.info, cycle.status, cycle.schema, now)
        chronicle.note_accounts(
            [(each.session.account, each.session.host) for each in cycle.running]
            + [(amount.account, amount.host or "") for amount in cycle.written],
            now,
        )
        chronicle.note_queries(cycle.ran, now)
        chronicle.note_writes(writes, self.renderer.render_tables, now)

    def _note_slice(self, cycle: Cycle) -> None:
        minute, maintenance = cycle.minute_of_week, self._calendar.maintenance
        taken = TakenCount(
            now=cycle.now,
            seconds=cycle.seconds,
            minute_of_week=minute,
            status=cycle.status,
            upkeep=minute is not None and maintenance is not None and maintenance.contains(minute),
        )
        self._chronicle.slices.note(taken, cycle.ran, cycle.written, cycle.running)

    def _find_writes(self, cycle: Cycle) -> Iterable[WriteSeen]:
        for amount in cycle.written:
            for operation in amount.writes:
                left = self._temporary.take(amount, operation)
                if left.done or left.refused:
                    yield self._make_write(amount, operation, left, cycle.schema)

    def _make_write(
        self, amount: AccountAmount, operation: Operation, left: Remainder, schema: Schema | None
    ) -> WriteSeen:
        owner = (amount.attribution.integration.name, amount.account)
        statement = amount.written_statements.get(operation)
        if statement is not None and self._temporary.is_temporary(statement, schema):
            statement = None
        done_so_far, refused_so_far = self._add_written((*owner, operation), left)
        return WriteSeen(
            integration=amount.attribution.integration,
            done_so_far=done_so_far,
            refused_so_far=refused_so_far,
            account=amount.account,
            host=amount.host,
            operation=operation,
            done=left.done,
            refused=left.refused,
            evidence=amount.evidence,
            statement=statement,
            outward_shape=self.renderer.render(statement) if statement else "",
            perhaps_temporary=left.perhaps_temporary,
        )

    def _add_written(self, key: tuple[str, str, Operation], left: Remainder) -> tuple[float, float]:
        """(done, refused) of this account and kind since the daemon started, these included."""
        done, refused = self._written.get(key, (0.0, 0.0))
        self._written[key] = total = (done + left.done, refused + left.refused)
        return total

    def find_mattering(self, window: Window) -> dict[str, float]:
        """The shapes worth a series of their own: those with findings, then the costliest of the window."""
        found = [entry.finding.fingerprint for entry in self.book.open if entry.finding.fingerprint]
        return window.find_seconds() | dict.fromkeys(found, float("inf"))

    @staticmethod
    def note_starts(sights: Iterable[tuple[Execution, Attribution]], window: Window) -> None:
        """Takes when those executions began that were not seen before."""
        for sight, attribution in sights:
            if sight.sights:
                name, fingerprint = attribution.integration.name, sight.statement.fingerprint
                window.note_start(name, fingerprint, sight.started_at)

    def make_running(self, session: Session, attribution: Attribution) -> RunningSession:
        """A session with whose it is and its shape as it may be shown."""
        shape = self.renderer.render(session.statement) if session.statement else ""
        return RunningSession(session=session, attribution=attribution, outward_shape=shape)


def find_sampled_ratios(situation: Situation, findings: Iterable[OpenFinding]) -> tuple[float, ...]:
    """Measured over limit of all that is judged from samples: what a closer look could decide."""
    budgets = [use.ratio for use in find_uses(situation) if use.evidence is Evidence.SAMPLED]
    found = [entry.finding for entry in findings if entry.finding.evidence is not Evidence.COUNTED]
    return (*budgets, *(finding.limit_ratio for finding in found if finding.limit_ratio is not None))
