"""What happened on one server, as its watch notes it and the keeper takes it: changes, writes, names, baselines."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from querywatch.analysis.rules.write_forbidden import is_forbidden
from querywatch.analysis.situation import WriteSeen
from querywatch.analysis.timeline import (
    Change,
    ChangeKind,
    find_newcomers,
    find_schema_changes,
    find_variable_changes,
    find_version_changes,
    make_restart,
)
from querywatch.attribution.amounts import QueryAmount
from querywatch.counters import ServerStatus
from querywatch.findings import Acknowledgement
from querywatch.model import Schema, ServerInfo, Statement
from querywatch.service.trials import SliceBook
from querywatch.store.baselines import BaselineRow
from querywatch.store.writes import WriteNote

LEARNING_SECONDS = 86_400.0  # of a server: what comes in its first day is no newcomer
_CHANGES_KEPT = 500
_CHANGES_KEPT_SECONDS = 7 * 86_400.0
_WAITING = 10_000  # for the keeper, of each sort
_NAMES_KEPT = 20_000
_SHAPES_TOLD_EVERY_SECONDS = 3_600.0
_RESTART_SECONDS = 30.0  # two clocks may differ by so much

RenderTables = Callable[[Statement], tuple[str, ...]]
BaselineKey = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What was known of a server when it was last watched. `names` are by their kind of change."""

    watched_since: float | None = None
    seen_at: float | None = None  # when it was last up and watched
    info: ServerInfo | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    schema: Schema | None = None
    names: Mapping[ChangeKind, frozenset[str]] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    baselines: tuple[BaselineRow, ...] = ()


@dataclass(slots=True, kw_only=True)
class Noted:
    """What waits to be kept. None: the same as the last time."""

    changes: deque[Change] = field(default_factory=lambda: deque(maxlen=_WAITING))
    writes: deque[WriteNote] = field(default_factory=lambda: deque(maxlen=_WAITING))
    names: dict[ChangeKind, set[str]] = field(default_factory=dict)
    baselines: dict[BaselineKey, BaselineRow] = field(default_factory=dict)
    info: ServerInfo | None = None
    variables: Mapping[str, str] | None = None
    schema: Schema | None = None
    lost: bool = False  # there was no room for all of it

    def add_changes(self, changes: Collection[Change]) -> None:
        """The oldest go where there is no room."""
        self.lost |= len(self.changes) + len(changes) > _WAITING
        self.changes.extend(changes)

    def add_writes(self, notes: Collection[WriteNote]) -> None:
        """The same for writes."""
        self.lost |= len(self.writes) + len(notes) > _WAITING
        self.writes.extend(notes)


class Chronicle:
    """One server's. The watch's thread notes; `take` and `give_back` are for any thread."""

    def __init__(self, *, learning_seconds: float = LEARNING_SECONDS) -> None:
        self._learning_seconds = learning_seconds
        self.slices = SliceBook()
        self._lock = Lock()
        self._noted = Noted()
        self._recent: deque[Change] = deque(maxlen=_CHANGES_KEPT)
        self.changes_noticed: Counter[ChangeKind] = Counter()  # since the start
        self._info: ServerInfo | None = None
        self._variables: Mapping[str, str] = {}
        self._schema: Schema | None = None
        self._names: dict[ChangeKind, set[str]] = {}
        self._watched_since: float | None = None
        self._seen_at: float | None = None
        self._uptime_seconds: int | None = None
        self._status: ServerStatus | None = None
        self._acknowledged: tuple[Acknowledgement, ...] | None = None
        self._new_shapes: dict[str, int] = {}
        self._shapes_told_at: dict[str, float] = {}

    def recall(self, memory: Memory) -> None:
        """Takes up what was known; before the first note."""
        self._recent.extend(memory.changes)
        self._info, self._schema = memory.info, memory.schema
        self._variables = memory.variables
        self._names = {kind: set(names) for kind, names in memory.names.items()}
        self._watched_since, self._seen_at = memory.watched_since, memory.seen_at

    def acknowledge(self, acknowledgements: Iterable[Acknowledgement]) -> None:
        """What somebody knows of from now on, for the watch to take up at its next judgement; from any thread."""
        self._acknowledged = tuple(acknowledgements)

    def take_acknowledgements(self) -> tuple[Acknowledgement, ...] | None:
        """What is acknowledged, when that is news."""
        taken, self._acknowledged = self._acknowledged, None
        return taken

    def find_changes(self, now: float) -> tuple[Change, ...]:
        """Those of the last week, oldest first, as far as they are remembered."""
        return tuple(change for change in self._recent if now - change.at <= _CHANGES_KEPT_SECONDS)

    def take(self) -> Noted:
        """What was noted since the last time."""
        with self._lock:
            noted, self._noted = self._noted, Noted()
        return noted

    def give_back(self, noted: Noted) -> bool:
        """What could not be kept waits with what came since; False when the oldest of it had to be dropped."""
        with self._lock:
            later = self._noted
            noted.lost |= later.lost
            noted.add_changes(later.changes)
            noted.add_writes(later.writes)
            noted.baselines.update(later.baselines)
            for kind, names in later.names.items():
                noted.names.setdefault(kind, set()).update(names)
            noted.info, noted.schema = later.info or noted.info, later.schema or noted.schema
            noted.variables = noted.variables if later.variables is None else later.variables
            self._noted = noted
        return not noted.lost

    def note_server(
        self, info: ServerInfo | None, status: ServerStatus | None, schema: Schema | None, now: float
    ) -> None:
        """The server as a count found it; None says nothing."""
        if info is not None and info is not self._info:
            self.note_info(info, now)
        if status is not None and status is not self._status:
            self._status = status
            self.note_status(status, now)
        if schema is not None and schema is not self._schema:
            self.note_schema(schema, now)

    def note_info(self, info: ServerInfo, now: float) -> None:
        """A new connection's server."""
        before, self._info = self._info, info
        if before is None or find_version_changes(before, info, now):
            with self._lock:
                self._noted.info = info
        if before is not None:
            self._tell(find_version_changes(before, info, now))

    def note_status(self, status: ServerStatus, now: float) -> None:
        """A count's status. A restart shows in the uptime, one while nobody watched too."""
        began_at = now - status.uptime_seconds
        fell = self._uptime_seconds is not None and status.uptime_seconds < self._uptime_seconds
        if fell or (self._seen_at is not None and began_at > self._seen_at + _RESTART_SECONDS):
            self._tell((make_restart(now, status.uptime_seconds),))
        self._uptime_seconds, self._seen_at = status.uptime_seconds, now
        if status.variables != self._variables:
            self._tell(find_variable_changes(self._variables, status.variables, now))
            self._variables = status.variables
            with self._lock:
                self._noted.variables = status.variables

    def note_schema(self, schema: Schema, now: float) -> None:
        """All tables as they were just read."""
        before, self._schema = self._schema, schema
        with self._lock:
            self._noted.schema = schema
        if before is not None:
            self._tell(find_schema_changes(before, schema, now))

    def note_accounts(self, names: Iterable[tuple[str, str]], now: float) -> None:
        """(account, host) of those that are connected, or ran something."""
        seen = tuple(names)
        self._note_names(ChangeKind.ACCOUNT, {account for account, _ in seen}, now)
        self._note_names(ChangeKind.HOST, {host for _, host in seen}, now)

    def note_queries(self, queries: Iterable[QueryAmount], now: float) -> None:
        """What ran: of third parties' shapes, those that were never seen before are told, once an hour at the most."""
        theirs: dict[str, set[str]] = {}
        for query in queries:
            if query.integration.kind.is_third_party and not query.supposed:
                name = query.integration.name
                theirs.setdefault(name, set()).add(f"{name} {query.statement.fingerprint}")
        for name, shapes in theirs.items():
            known = self._names.get(ChangeKind.SHAPE, set())
            new = len(shapes - known) if len(known) < _NAMES_KEPT else 0
            self._remember(ChangeKind.SHAPE, shapes)
            if new and not self._is_learning(now):
                self._tell_shapes(name, new, now)

    def note_writes(self, writes: Iterable[WriteSeen], render_tables: RenderTables, now: float) -> None:
        """Writes; those of whoever may only read are kept."""
        notes = [note for seen in writes for note in _find_notes(seen, render_tables, now)]
        with self._lock:
            self._noted.add_writes(notes)

    def note_baselines(self, rows: Iterable[BaselineRow]) -> None:
        """Baselines as they are now; the latest of each is kept."""
        with self._lock:
            for row in rows:
                self._noted.baselines[row.integration, row.fingerprint, row.measure, row.slot] = row

    def _note_names(self, kind: ChangeKind, names: set[str], now: float) -> None:
        known = self._names.get(kind, set())
        if not self._is_learning(now) and len(known) < _NAMES_KEPT:
            self._tell(find_newcomers(kind, names, known.__contains__, now))
        self._remember(kind, names)

    def _remember(self, kind: ChangeKind, names: set[str]) -> None:
        known = self._names.setdefault(kind, set())
        if len(known) < _NAMES_KEPT:
            known |= names
        with self._lock:
            self._noted.names.setdefault(kind, set()).update(names)

    def _is_learning(self, now: float) -> bool:
        if self._watched_since is None:
            self._watched_since = now
        return now - self._watched_since < self._learning_seconds

    def _tell_shapes(self, integration: str, number: int, now: float) -> None:
        number += self._new_shapes.pop(integration, 0)
        told_at = self._shapes_told_at.get(integration)
        if told_at is not None and 0 <= now - told_at < _SHAPES_TOLD_EVERY_SECONDS:
            self._new_shapes[integration] = number
            return
        self._shapes_told_at[integration] = now
        what = "a statement" if number == 1 else f"{number} statements"
        words = f"{integration} runs {what} that it never ran before"
        self._tell((Change(at=now, kind=ChangeKind.SHAPE, subject=integration, words=words),))

    def _tell(self, changes: Sequence[Change]) -> None:
        if changes:
            self._recent.extend(changes)
            self.changes_noticed.update(change.kind for change in changes)
            with self._lock:
                self._noted.add_changes(changes)


def _find_notes(seen: WriteSeen, render_tables: RenderTables, now: float) -> Iterator[WriteNote]:
    if not is_forbidden(seen):
        return
    for outcome, statements in (("done", seen.done), ("refused", seen.refused)):
        if statements > 0:
            yield WriteNote(
                integration=seen.integration.name,
                account=seen.account,
                host=seen.host or "",
                operation=str(seen.operation),
                outcome=outcome,
                evidence=str(seen.evidence),
                statements=statements,
                first_at=now,
                last_at=now,
                tables=", ".join(render_tables(seen.statement)) if seen.statement else "",
                fingerprint=seen.statement.fingerprint if seen.statement else "",
                shape=seen.outward_shape,
            )
