"""What a session's statement does to its tables, as far as locks go: which it needs, and whether for itself alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from querywatch.analysis.situation import LockKind
from querywatch.model import Operation, Schema, Session, Statement

_SHARING = ("SHOW ", "EXPLAIN ", "DESCRIBE ", "DESC ", "CHECK ", "ANALYZE ", "SAVEPOINT ")
_STORING = frozenset({Operation.INSERT, Operation.REPLACE})
_VIEWS_DEEP = 3
_ROW_LOCKING = frozenset({"innodb"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """The tables of one statement, folded -> whether nobody else may use it meanwhile. `everything`: FLUSH TABLES."""

    database: str | None  # None: not known, or named in the statement
    exclusive: dict[str, bool]
    everything: bool = False

    def find_conflicts(self, other: "Uses") -> tuple[str, ...]:
        """The tables over which the two exclude each other."""
        if self.everything or other.everything:
            return tuple(sorted({*self.exclusive, *other.exclusive})) or ("",)
        if self.database is not None and other.database is not None and self.database != other.database:
            return ()
        shared = self.exclusive.keys() & other.exclusive.keys()
        return tuple(sorted(name for name in shared if self.exclusive[name] or other.exclusive[name]))


_NOTHING = Uses(database=None, exclusive={})


def find_uses(session: Session, kind: LockKind, schema: Schema | None) -> Uses:
    """What a session's statement uses, in the sense of that kind of lock; nothing when it runs none."""
    statement = session.statement
    if statement is None or not session.is_active:
        return _NOTHING
    if statement.shape.startswith("FLUSH ") and not statement.tables:
        return Uses(database=None, exclusive={}, everything=True)
    named = any(f".{table}" in statement.shape for table in statement.tables)
    database = None if named or session.database is None else session.database.casefold()
    return Uses(
        database=database,
        exclusive={
            name: exclusive
            for place, table in enumerate(statement.tables)
            for name in _find_behind_views(table.casefold(), database, schema)
            if not _locks_rows(name, database, kind, schema)
            for exclusive in (is_exclusive(statement, kind, first=place == 0),)
        },
    )


def is_exclusive(statement: Statement, kind: LockKind, *, first: bool) -> bool:
    """Whether it wants a table for itself: for MyISAM's locks what writes to it, for metadata what redefines it."""
    operation = statement.operation
    if operation is Operation.DDL:
        return True
    if operation is Operation.OTHER:
        return not statement.shape.startswith(_SHARING)
    if kind is not LockKind.TABLE or not operation.is_write:
        return False
    return first or operation not in _STORING  # INSERT ... SELECT only reads the others


def _find_behind_views(table: str, database: str | None, schema: Schema | None) -> Iterable[str]:
    names = {table}
    for _ in range(_VIEWS_DEEP):
        for name in tuple(names):
            found = None if schema is None else schema.find(name, database)
            if found is not None and found.is_view and found.definition is not None:
                names.remove(name)
                names.update(each.casefold() for each in found.definition.tables)
    return names


def _locks_rows(table: str, database: str | None, kind: LockKind, schema: Schema | None) -> bool:
    """Whether nobody waits for a lock on the whole of it, since its engine locks rows."""
    found = None if schema is None or kind is not LockKind.TABLE else schema.find(table, database)
    return found is not None and (found.engine or "").casefold() in _ROW_LOCKING
