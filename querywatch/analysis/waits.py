"""Finds whom each waiting session waits for: by the server's own word where it tells, else by what sessions run.

A MyISAM table under a long SELECT lets one change wait, and behind the change waits everybody, those too who only
read: a change that waits holds up whoever came after it. Metadata locks queue in the same way.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from querywatch.analysis.situation import LockKind, RunningSession
from querywatch.analysis.uses import Uses, find_uses
from querywatch.locks import Locks, MetadataLock
from querywatch.model import Evidence, Schema, Session

# MySQL counts whole seconds: of two statements of the same age either may be the older one.
_COARSE_SECONDS = 1.0
_FINE_SECONDS = 0.25

_GLOBAL_STATES = ("waiting for global read lock", "waiting for commit lock", "waiting for backup lock")
_READS = frozenset({"SHARED_READ"})
_WRITES = frozenset({"SHARED_WRITE", "SHARED_WRITE_LOW_PRIO"})
_REDEFINES = frozenset({"SHARED_UPGRADABLE", "SHARED_NO_WRITE", "SHARED_NO_READ_WRITE"})
# MySQL's manual and both servers' sql/mdl.cc: what each mode excludes. Whatever is not here excludes everything.
_EXCLUDED: Mapping[str, frozenset[str]] = {
    "SHARED": frozenset(),
    "SHARED_HIGH_PRIO": frozenset(),
    "SHARED_READ": frozenset({"SHARED_NO_READ_WRITE"}),
    **dict.fromkeys(_WRITES, frozenset({"SHARED_READ_ONLY", "SHARED_NO_WRITE", "SHARED_NO_READ_WRITE"})),
    "SHARED_READ_ONLY": _WRITES | {"SHARED_NO_READ_WRITE"},
    "SHARED_UPGRADABLE": _REDEFINES,
    "SHARED_NO_WRITE": _WRITES | _REDEFINES,
    "SHARED_NO_READ_WRITE": _READS | _WRITES | _REDEFINES | {"SHARED_READ_ONLY"},
}
_INTENTIONS = frozenset(
    {"INTENTION_EXCLUSIVE", "BACKUP_DML", "BACKUP_TRANS_DML", "BACKUP_SYS_DML", "BACKUP_DDL"}
    | {"BACKUP_ALTER_COPY", "BACKUP_COMMIT", "BACKUP_START"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What one session waits for, and for whom; nobody where it cannot be told."""

    kind: LockKind
    holders: frozenset[int] = frozenset()
    table: str = ""
    evidence: Evidence = Evidence.INFERRED


def find_kind(session: Session) -> LockKind | None:
    """What a session's state says that it waits for; the states of row locks say nothing."""
    state = session.state.casefold()
    if not session.is_active:
        return None
    if state in {"locked", "waiting for table level lock"}:
        return LockKind.TABLE
    if state in _GLOBAL_STATES:
        return LockKind.GLOBAL
    if state == "waiting for table flush" or (state.startswith("waiting for") and "lock" in state):
        return LockKind.METADATA
    return None


def find_waits(
    entries: Sequence[RunningSession], locks: Locks, schema: Schema | None = None
) -> dict[int, Wait]:
    """Session -> what it waits for, of all those that wait."""
    look = _Look([entry.session for entry in entries], locks, schema)
    return look.find_waits()


class _Look:
    """One moment of a server: its sessions and the locks that it tells of."""

    def __init__(self, sessions: Sequence[Session], locks: Locks, schema: Schema | None) -> None:
        self._sessions = {session.session_id: session for session in sessions}
        self._locks = locks
        self._schema = schema
        found = {session.session_id: find_kind(session) for session in sessions}
        self._kinds = {session_id: kind for session_id, kind in found.items() if kind is not None}
        self._uses = dict[tuple[int, LockKind], Uses]()
        # Hundreds may wait at once. Those who would share, and do not have it yet, hold up nobody.
        self._table_locks = [
            lock for lock in locks.tables or () if lock.exclusive or lock.session_id not in self._kinds
        ]
        self._metadata_locks = [
            lock for lock in locks.metadata or () if lock.granted or lock.mode not in _READS | _WRITES
        ]
        self._own_tables = defaultdict[int, dict[tuple[str, str], bool]](dict)
        for table in locks.tables or ():
            self._own_tables[table.session_id][table.database, table.table] = table.exclusive
        self._wanted = defaultdict[int, list[MetadataLock]](list)
        for wanted in locks.metadata or ():
            if not wanted.granted:
                self._wanted[wanted.session_id].append(wanted)
        self._may_hold = {kind: self._find_possible_holders(kind) for kind in set(self._kinds.values())}

    def _find_possible_holders(self, kind: LockKind) -> list[Session]:
        return [
            session
            for session in self._sessions.values()
            if session.is_active
            and (session.session_id not in self._kinds or not self._shares(session.session_id, kind))
        ]

    def find_waits(self) -> dict[int, Wait]:
        """Of every session that waits."""
        waits = {session_id: self._find_wait(session_id, kind) for session_id, kind in self._kinds.items()}
        known = self._locks.rows
        if known is None:
            return waits
        rows = {session_id: set[int]() for session_id in known.waiting}
        for each in known.waits:
            rows.setdefault(each.waiting_id, set()).add(each.holding_id)
        return waits | {
            session_id: self._make_row_wait(session_id, holders)
            for session_id, holders in rows.items()
            if session_id not in waits
            and (session := self._sessions.get(session_id)) is not None
            and session.is_active
        }

    def _make_row_wait(self, session_id: int, holders: set[int]) -> Wait:
        statement = self._sessions[session_id].statement
        tables = statement.tables if statement is not None else ()
        return Wait(
            kind=LockKind.ROW,
            holders=frozenset(holders),
            table=tables[0].casefold() if len(tables) == 1 else "",
            evidence=Evidence.SAMPLED,
        )

    def _find_wait(self, session_id: int, kind: LockKind) -> Wait:
        told = None
        if kind is LockKind.TABLE and self._locks.tables is not None:
            told = self._ask_tables(session_id)
        elif kind is not LockKind.TABLE and self._locks.metadata is not None:
            told = self._ask_metadata(session_id, kind)
        return told or self._conclude(session_id, kind)

    def _ask_tables(self, session_id: int) -> Wait | None:
        """By table_handles, where a waiting session stands too: who waits is told by the states."""
        own = self._own_tables[session_id]
        others = [
            lock
            for lock in self._table_locks
            if lock.session_id != session_id and (lock.exclusive or own.get((lock.database, lock.table)))
            if (lock.database, lock.table) in own
        ]
        shares = not any(own.values())
        chosen = [lock for lock in others if lock.session_id not in self._kinds] or [
            lock for lock in others if shares or self._is_before(lock.session_id, session_id)
        ]
        return self._tell(LockKind.TABLE, [(lock.session_id, lock.table) for lock in chosen])

    def _ask_metadata(self, session_id: int, kind: LockKind) -> Wait | None:
        wanted = self._wanted[session_id]
        others = [
            lock
            for lock in self._metadata_locks
            if lock.session_id != session_id and any(_excludes(lock, own) for own in wanted)
        ]
        chosen = [lock for lock in others if lock.granted] or [
            lock for lock in others if self._is_ahead(lock, session_id, wanted)
        ]
        return self._tell(kind, [(lock.session_id, lock.table) for lock in chosen])

    def _is_ahead(self, lock: MetadataLock, session_id: int, wanted: Sequence[MetadataLock]) -> bool:
        shares = all(own.mode in _READS | _WRITES | _INTENTIONS for own in wanted)
        return shares or self._is_before(lock.session_id, session_id)

    def _tell(self, kind: LockKind, holders: Sequence[tuple[int, str]]) -> Wait | None:
        if not holders:
            return None
        return Wait(
            kind=kind,
            holders=frozenset(session_id for session_id, _ in holders),
            table=holders[0][1],
            evidence=Evidence.SAMPLED,
        )

    def _conclude(self, session_id: int, kind: LockKind) -> Wait:
        """Who runs, or waits for, what excludes this session, and came before it."""
        own, session = self._find_uses(session_id, kind), self._sessions[session_id]
        shares = self._shares(session_id, kind)
        holding, waiting = dict[int, str](), dict[int, str]()
        for other in self._may_hold[kind]:
            conflicts = own.find_conflicts(self._find_uses(other.session_id, kind))
            if not conflicts or other is session:
                continue
            if other.session_id not in self._kinds:
                if _may_be_before(other, session):
                    holding[other.session_id] = conflicts[0]
            elif shares or self._is_before(other.session_id, session_id):
                waiting[other.session_id] = conflicts[0]
        found = holding or waiting
        if not found and kind is LockKind.METADATA:
            found = dict.fromkeys(self._find_open_transaction(), "")
        return Wait(kind=kind, holders=frozenset(found), table=next(iter(found.values()), ""))

    def _find_uses(self, session_id: int, kind: LockKind) -> Uses:
        uses = self._uses.get((session_id, kind))
        if uses is None:
            uses = find_uses(self._sessions[session_id], kind, self._schema)
            self._uses[session_id, kind] = uses
        return uses

    def _shares(self, session_id: int, kind: LockKind) -> bool:
        uses = self._find_uses(session_id, kind)
        return not (uses.everything or any(uses.exclusive.values()))

    def _find_open_transaction(self) -> Iterable[int]:
        """The one session that sleeps in a transaction; of several any could be it, and none is named."""
        known = frozenset[int]() if self._locks.rows is None else self._locks.rows.in_transaction
        asleep = [
            session_id
            for session_id in known
            if session_id in self._sessions and not self._sessions[session_id].is_active
        ]
        return asleep if len(asleep) == 1 else ()

    def _is_before(self, one_id: int, other_id: int) -> bool:
        """An order in which no two sessions are before each other."""
        one, other = self._sessions.get(one_id), self._sessions[other_id]
        return one is not None and (one.seconds, -one_id) > (other.seconds, -other_id)


def _may_be_before(one: Session, other: Session) -> bool:
    doubt_seconds = _COARSE_SECONDS if one.query_id is None else _FINE_SECONDS
    return one.seconds + doubt_seconds >= other.seconds


def _excludes(one: MetadataLock, other: MetadataLock) -> bool:
    if (one.database, one.table) != (other.database, other.table):
        return False
    if not one.database and not one.table:
        return not (one.mode in _INTENTIONS and other.mode in _INTENTIONS)
    excluded = _EXCLUDED.get(one.mode)
    if one.mode == other.mode == "INTENTION_EXCLUSIVE":
        return False
    return excluded is None or other.mode not in _EXCLUDED or other.mode in excluded
