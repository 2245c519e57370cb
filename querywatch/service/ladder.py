"""The ladder of evidence: what each step brings, what it costs, and what an administrator runs to have it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from querywatch.db.privilege_tables import COLUMNS, ROLE_COLUMNS
from querywatch.db.server import has_growing_performance_schema, has_roles
from querywatch.model import Flavour, ServerInfo
from querywatch.snapshot import SourceState
from querywatch.sources.locks import METADATA, METADATA_INSTRUMENT
from querywatch.sources.recorded import CONSUMERS, Record
from querywatch.sources.slow_log import GRANT_SLOW_LOG


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One kind of evidence, under the name of its source; `of` is what the server calls it."""

    name: str
    of: str
    brings: str


STEPS = (
    Step(
        name="processlist",
        of="information_schema.PROCESSLIST",
        brings="who is connected, and what runs the moment querywatch looks",
    ),
    Step(
        name="times",
        of="PROCESSLIST.TIME_MS, QUERY_ID, EXAMINED_ROWS",
        brings="how long a statement has run to the millisecond, and whether it is the one seen before",
    ),
    Step(name="status", of="SHOW GLOBAL STATUS", brings="restarts, and whether the server is in trouble"),
    Step(
        name="schema",
        of="information_schema.TABLES, COLUMNS, STATISTICS",
        brings="whether an index serves a statement, and how large its tables are",
    ),
    Step(
        name="userstat",
        of="information_schema.USER_STATISTICS",
        brings="exact statements, time, rows and writes of each account, though not by kind",
    ),
    Step(
        name="accounts",
        of="events_statements_summary_by_account_by_event_name",
        brings="exact statements, time, rows and writes of each account and host, by kind",
    ),
    Step(
        name="digests",
        of="events_statements_summary_by_digest",
        brings="exact executions, time and rows of each statement shape",
    ),
    Step(
        name="sessions",
        of="events_statements_summary_by_thread_by_event_name",
        brings="exact statements, time, rows and writes of each session: what several programs do on one account",
    ),
    Step(
        name="last_statements",
        of="events_statements_current",
        brings="whose a short statement is, from what each session ran last; how often prepared ones ran",
    ),
    Step(
        name="history",
        of="events_statements_history",
        brings="whose short statements are, from the last ten of each session",
    ),
    Step(
        name="history_long",
        of="events_statements_history_long",
        brings="whose short statements are, from the last thousands of all sessions, those too that are gone",
    ),
    Step(
        name="prepared",
        of="prepared_statements_instances",
        brings="which statements each session holds prepared",
    ),
    Step(
        name="attributes",
        of="session_connect_attrs",
        brings="the program's name of each session that gives one",
    ),
    Step(
        name="slow_log",
        of="mysql.slow_log",
        brings="whose the slow statements are that end between two looks, where nothing else is kept of them",
    ),
    Step(
        name="row_locks",
        of="INNODB_LOCK_WAITS, or data_lock_waits",
        brings="whose transaction holds the rows that others wait for",
    ),
    Step(
        name="metadata_locks",
        of="performance_schema.metadata_locks",
        brings="who holds a table that others wait for, those too who sleep in a transaction or used LOCK TABLES",
    ),
    Step(
        name="table_locks",
        of="performance_schema.table_handles",
        brings="who holds a MyISAM table that others wait for, in the server's own words",
    ),
    Step(
        name="plans",
        of="SHOW EXPLAIN",
        brings="the plan of a statement while it runs, without running anything",
    ),
    Step(
        name="views",
        of="information_schema.VIEWS",
        brings="which tables a view reads, so that statements on it can be judged",
    ),
    Step(name="rights", of="the privilege tables", brings="which accounts that should only read could write"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """How a missing step is had: what an administrator runs, and the lines under [mysqld] that make it last.

    Statements alone take effect at once; with `restart`, the lines and a restart are the only way.
    """

    statements: tuple[str, ...] = ()
    my_ini: tuple[str, ...] = ()
    restart: bool = False
    cost: str

    def render(self) -> str:
        """As a person is told."""
        statements, lines = "; ".join(self.statements), ", ".join(self.my_ini)
        if self.restart:
            return f"under [mysqld] in my.ini (my.cnf): {lines}; then restart the server"
        if not lines:
            return f"as administrator: {statements}"
        return f"as administrator: {statements}; to keep it over a restart, under [mysqld] in my.ini (my.cnf): {lines}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    state: SourceState
    server: ServerInfo
    account: str  # as GRANT wants it


def find_remedy(state: SourceState, server: ServerInfo, account: str) -> Remedy | None:
    """What would make a missing step available to the account; None where it is no matter of switching it on."""
    find = _REMEDIES.get(state.reason)
    return None if find is None else find(_Missing(state=state, server=server, account=account))


def _grant(missing: _Missing) -> Remedy:
    if missing.state.name == "rights":
        statements = tuple(_render_privilege_grants(missing))
    elif missing.state.name == "views":
        statements = tuple(_for_account(each, missing) for each in missing.state.advice.split("; "))
    else:
        statements = (_for_account(missing.state.advice, missing),)
    return Remedy(statements=statements, cost="no restart, no memory")


def _render_privilege_grants(missing: _Missing) -> list[str]:
    tables = [
        *COLUMNS.items(),
        *([ROLE_COLUMNS[missing.server.flavour]] if has_roles(missing.server) else []),
    ]
    return [
        f"GRANT SELECT ({', '.join(columns)}) ON mysql.{table} TO {missing.account}"
        for table, columns in tables
    ]


def _for_account(statement: str, missing: _Missing) -> str:
    return statement.replace("the account", missing.account)


def _switch_performance_schema(missing: _Missing) -> Remedy:
    name = missing.state.name
    lines = ("performance_schema = ON", *_render_consumer(name), *_render_instrument(name))
    cost = f"a restart, and {_find_memory(missing.server)} of memory for the performance schema with all its steps"
    return Remedy(my_ini=lines, restart=True, cost=cost)


def _find_memory(server: ServerInfo) -> str:
    # The resident memory of servers started with and without it, innodb_buffer_pool_size = 32M and the rest by
    # default; with max_connections = 3000 as Open Dental's maker sets it.
    if server.flavour is Flavour.MARIADB:
        return "96 MiB (139 MiB with max_connections = 3000)"
    if has_growing_performance_schema(server):
        return "243 MiB"
    return "404 MiB (897 MiB with max_connections = 3000)"


def _switch_consumer(missing: _Missing) -> Remedy:
    # What consumers write to was allocated with the performance schema: its size does not change with them.
    cost = "no restart, no memory that the performance schema has not taken already"
    return Remedy(statements=(missing.state.advice,), my_ini=_render_consumer(missing.state.name), cost=cost)


def _render_consumer(name: str) -> tuple[str, ...]:
    if name not in set(Record):
        return ()
    consumers = dict.fromkeys((CONSUMERS[Record.LAST], CONSUMERS[Record(name)]))
    return tuple(f"performance-schema-consumer-{each.replace('_', '-')} = ON" for each in consumers)


def _switch_instrument(missing: _Missing) -> Remedy:
    cost = "no restart, no memory that the performance schema has not taken already"
    lines = _render_instrument(missing.state.name)
    return Remedy(statements=(missing.state.advice,), my_ini=lines, cost=cost)


def _render_instrument(name: str) -> tuple[str, ...]:
    """The one that is off by default, and that on MariaDB alone."""
    return (f"performance-schema-instrument = {METADATA_INSTRUMENT}=ON",) if name == METADATA else ()


def _switch_userstat(_: _Missing) -> Remedy:
    # 28 KiB more resident memory after 100 accounts used 30 tables.
    cost = "no restart, and less than 1 MiB of memory"
    return Remedy(statements=("SET GLOBAL userstat = 1",), my_ini=("userstat = 1",), cost=cost)


def _switch_slow_log(missing: _Missing) -> Remedy:
    return Remedy(
        statements=(
            "SET GLOBAL log_output = 'FILE,TABLE'",
            "SET GLOBAL long_query_time = 1",
            "SET GLOBAL slow_query_log = 1",
            _for_account(GRANT_SLOW_LOG, missing),
        ),
        my_ini=("log_output = FILE,TABLE", "long_query_time = 1", "slow_query_log = 1"),
        cost="no restart, no memory; the log grows on disk until somebody empties it: TRUNCATE mysql.slow_log",
    )


def _empty_slow_log(missing: _Missing) -> Remedy:
    return Remedy(
        statements=(missing.state.advice,), cost="no restart, no memory; what stood in the log is gone"
    )


_REMEDIES: Mapping[str, Callable[[_Missing], Remedy]] = {
    "privilege": _grant,
    "performance-schema-off": _switch_performance_schema,
    "consumer-off": _switch_consumer,
    "instrument-off": _switch_instrument,
    "userstat-off": _switch_userstat,
    "slow-log-off": _switch_slow_log,
    "slow-log-large": _empty_slow_log,
}
