"""What all sources share: how one that cannot be read says so, and reading with that word for it."""

from collections.abc import Sequence
from typing import Any, Protocol

from querywatch.counters import Totals
from querywatch.db.connection import Connection
from querywatch.errors import QuerywatchError, ServerError, StatementRefusedError
from querywatch.model import Statement
from querywatch.outward import parse_name
from querywatch.units import seconds_from_picoseconds

_PERFORMANCE_SCHEMA = "SELECT @@GLOBAL.performance_schema"  # a tenth of what SHOW VARIABLES costs
_CONSUMERS = (
    "SELECT NAME FROM performance_schema.setup_consumers WHERE ENABLED = 'NO' "
    "AND NAME IN ('global_instrumentation', 'thread_instrumentation', 'statements_digest')"
)
_SWITCHED_ON = (
    "SELECT NAME FROM performance_schema.setup_consumers WHERE ENABLED = 'YES' AND NAME IN (%s, %s)"
)
STATEMENTS = (_PERFORMANCE_SCHEMA, _CONSUMERS, _SWITCHED_ON)

GRANT_PROCESS = "GRANT PROCESS ON *.* TO the account"
GRANT_PERFORMANCE_SCHEMA = "GRANT SELECT ON performance_schema.* TO the account"
_SWITCH_ON = "put performance_schema = ON under [mysqld] in my.ini (my.cnf) and restart the server"


class SourceUnavailableError(QuerywatchError):
    """This server does not offer a source; `reason` is a short word, `advice` what would switch it on."""

    def __init__(self, message: str, *, reason: str, advice: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.advice = advice


class StatementReducer(Protocol):
    """Reduces other people's SQL to its shape; raw text goes in here and no further."""

    def from_text(self, text: str, *, cut: bool = False) -> Statement:
        """The shape of SQL text as its client sent it."""
        ...

    def from_digest(self, text: str) -> Statement:
        """The shape of the server's own digest text."""
        ...


def read_rows(
    connection: Connection, statement: str, parameters: tuple[object, ...] = (), *, grant: str
) -> list[tuple[Any, ...]]:
    """The rows of a source; `SourceUnavailableError` when the account or the version lacks what it takes."""
    try:
        return connection.read(statement, parameters)
    except StatementRefusedError as error:
        raise SourceUnavailableError(str(error), reason="privilege", advice=grant) from error
    except ServerError as error:
        if error.reason != "unsupported":
            raise
        advice = "this server version has no such counters; a newer one would have"
        raise SourceUnavailableError(str(error), reason="unsupported", advice=advice) from error


def require_performance_schema(connection: Connection) -> None:
    """To be called when a table of it was empty: raises `SourceUnavailableError` when it is switched off."""
    rows = connection.read(_PERFORMANCE_SCHEMA)
    if int(rows[0][0]) != 1:
        message = "the performance schema is switched off"
        raise SourceUnavailableError(message, reason="performance-schema-off", advice=_SWITCH_ON)
    switched_off = [
        parse_name(row[0]) for row in read_rows(connection, _CONSUMERS, grant=GRANT_PERFORMANCE_SCHEMA)
    ]
    if switched_off:
        names = ", ".join(f"'{name}'" for name in switched_off)
        advice = f"UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME IN ({names})"
        message = "the performance schema's statement counters are switched off"
        raise SourceUnavailableError(message, reason="consumer-off", advice=advice)


def require_consumers(connection: Connection, first: str, second: str) -> None:
    """Raises `SourceUnavailableError` when one of these consumers of the performance schema is switched off."""
    if not are_consumers_on(connection, first, second):
        names = ", ".join(f"'{name}'" for name in sorted({first, second}))
        advice = f"UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME IN ({names})"
        raise SourceUnavailableError(f"the consumer {second} is off", reason="consumer-off", advice=advice)


def are_consumers_on(connection: Connection, first: str, second: str) -> bool:
    """Whether the performance schema keeps what these two, or this one, are for."""
    rows = read_rows(connection, _SWITCHED_ON, (first, second), grant=GRANT_PERFORMANCE_SCHEMA)
    return {str(row[0]) for row in rows} == {first, second}


def parse_totals(columns: Sequence[Any]) -> Totals:
    """The columns that every statement summary of the performance schema counts in.

    COUNT_STAR, SUM_ERRORS, SUM_TIMER_WAIT, SUM_ROWS_AFFECTED, _SENT, _EXAMINED, SUM_NO_INDEX_USED, and where it was
    read SUM_LOCK_TIME.
    """
    executions, errors, picoseconds, affected, sent, examined, no_index_used, *locked = columns
    return Totals(
        executions=int(executions),
        errors=int(errors),
        seconds=seconds_from_picoseconds(int(picoseconds)),
        rows_affected=int(affected),
        rows_sent=int(sent),
        rows_examined=int(examined),
        no_index_used=int(no_index_used),
        lock_seconds=seconds_from_picoseconds(int(locked[0])) if locked else 0.0,
    )
