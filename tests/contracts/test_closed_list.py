"""The daemon sends a closed list of statements, all of which only read."""

import importlib
import pkgutil
import re
from collections.abc import Iterable
from contextlib import closing
from functools import partial

import pytest
from server.servers import PRACTICE, RunningServer

import querywatch.db
import querywatch.sources
from querywatch.db.connection import Connection, connect
from querywatch.db.privileges import read_privileges
from querywatch.errors import QuerywatchError
from querywatch.model import Session
from querywatch.sources import (
    accounts,
    attributes,
    digests,
    explained,
    locks,
    plans,
    prepared,
    processlist,
    recorded,
    rights,
    schema,
    session_counters,
    slow_log,
    status,
    threads,
    userstat,
    views,
)
from querywatch.sql.reduce import StatementBook

_READABLE = {"information_schema", "performance_schema"}
# With an optional grant: who could write, and no column that holds a password's hash.
_PRIVILEGE_TABLES = {
    *("mysql.user", "mysql.db", "mysql.tables_priv", "mysql.procs_priv"),
    *("mysql.role_edges", "mysql.roles_mapping"),
}
_LOGS = {"mysql.slow_log"}  # with an optional grant too
_SECRET = re.compile(r"password|authentication|plugin|attributes|\bpriv\b", re.IGNORECASE)
_SHOWN = re.compile(
    r"SHOW (?:GRANTS|FULL PROCESSLIST|EXPLAIN FOR %s|(?:SESSION|GLOBAL) (?:STATUS|VARIABLES)\b.*)"
)
_SETTABLE = {
    "time_zone",
    "sql_mode",
    "lock_wait_timeout",
    "net_read_timeout",
    "net_write_timeout",
    "max_statement_time",
    "max_execution_time",
    "information_schema_stats_expiry",
}
_SET_WORDS = {
    "SET NAMES utf8mb4",
    "SET AUTOCOMMIT = 1",
    "SET SESSION TRANSACTION READ ONLY",
    "SET STATEMENT max_statement_time = %s FOR SHOW EXPLAIN FOR %s",
}
_FUNCTIONS = {
    *("VERSION", "CONNECTION_ID", "UNIX_TIMESTAMP", "FROM_UNIXTIME", "IN", "COUNT", "LEFT", "FROM"),
    *("TIMESTAMPDIFF", "UTC_TIMESTAMP", "CONVERT_TZ"),
}
_FORBIDDEN = re.compile(
    r"\b(?:INTO|FOR UPDATE|LOCK|OUTFILE|DUMPFILE|GET_LOCK|SLEEP|BENCHMARK|LOAD_FILE)\b|;|:="
)


def find_declared() -> dict[str, str]:
    """Every statement that a module of db/ or sources/ declares, with the module's name."""
    found: dict[str, str] = {}
    for package in (querywatch.db, querywatch.sources):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            found |= dict.fromkeys(getattr(module, "STATEMENTS", ()), info.name)
    return found


def find_faults(statement: str) -> list[str]:
    """Why a statement does not belong on the list; nothing when it does."""
    plain = re.sub(r"'[^']*'", "''", statement)
    if _FORBIDDEN.search(plain.upper()):
        return ["does more than read"]
    if plain.startswith("SELECT "):
        return list(find_select_faults(plain))
    if plain.startswith("SHOW "):
        return [] if _SHOWN.fullmatch(plain) else ["shows something else"]
    return [] if statement in _SET_WORDS else list(find_set_faults(plain))


def find_select_faults(statement: str) -> Iterable[str]:
    for source in re.findall(r"\b(?:FROM|JOIN)\s+([\w.`]+)", statement):
        if source in _LOGS or (source in _PRIVILEGE_TABLES and not _SECRET.search(statement)):
            continue
        if source.split(".")[0].strip("`") not in _READABLE or "." not in source:
            yield f"reads {source}"
    if "*" in statement:
        yield "does not list its columns"
    for function in re.findall(r"(\w+)\s?\(", statement):
        if function.upper() not in _FUNCTIONS:
            yield f"calls {function}"


def find_set_faults(statement: str) -> Iterable[str]:
    if not statement.startswith("SET SESSION "):
        yield "is no SELECT, SHOW or SET SESSION"
        return
    for assignment in statement.removeprefix("SET ").split(", "):
        found = re.fullmatch(r"SESSION (\w+) = (?:''|%s|\d+)", assignment)
        if found is None or found[1] not in _SETTABLE:
            yield f"sets {assignment}"


def test_every_source_declares_its_statements() -> None:
    """A module that touches a server and declares nothing would be a hole in the list."""
    modules = set(find_declared().values())
    for info in pkgutil.iter_modules(querywatch.sources.__path__, "querywatch.sources."):
        assert info.name in modules


@pytest.mark.parametrize("statement", sorted(find_declared()))
def test_a_declared_statement_only_reads(statement: str) -> None:
    """SELECT on the two schemas, SHOW of an allowed kind, SET SESSION of an allowed variable."""
    assert find_faults(statement) == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT LName FROM opendental.patient",
        "SELECT LName FROM patient",
        "SELECT * FROM information_schema.PROCESSLIST",
        "SELECT Host, User, authentication_string FROM mysql.user",
        "SELECT Host, User, Password FROM mysql.user",
        "SELECT Host, User, User_attributes FROM mysql.user",
        "SELECT Host, User, Priv FROM mysql.global_priv",
        "SELECT argument FROM mysql.general_log",
        "SELECT GET_LOCK('a', 1)",
        "SELECT opendental.eraser()",
        "SELECT NAME FROM performance_schema.threads INTO OUTFILE '/tmp/x'",
        "SELECT NAME FROM performance_schema.threads FOR UPDATE",
        "SELECT 1; DROP TABLE patient",
        "SHOW CREATE TABLE opendental.patient",
        "SHOW EXPLAIN FOR SELECT 1",
        "SELECT COUNT(1) FROM (SELECT PatNum FROM opendental.patient LIMIT 1) AS counted",
        "SET GLOBAL userstat = 1",
        "SET SESSION time_zone = '+00:00', GLOBAL userstat = 1",
        "SET SESSION sql_log_bin = 0",
        "SET STATEMENT max_statement_time = %s FOR SELECT 1",
        "UPDATE performance_schema.setup_consumers SET ENABLED = 'YES'",
        "KILL 5",
        "EXPLAIN SELECT 1",
    ],
)
def test_the_list_refuses_what_does_not_belong(statement: str) -> None:
    """The check itself finds a statement that reads the practice, writes, locks or switches."""
    assert find_faults(statement)


def run_all_sources(connection: Connection) -> None:
    """Everything that a cycle reads, available here or not, twice: the second digest reading is partial."""
    source, slow = digests.DigestSource(), slow_log.SlowLogSource()
    known = threads.ThreadBook()
    written = recorded.RecordedSource(known)
    book = StatementBook()
    for read in (
        lambda: processlist.read_sessions(connection, book),
        lambda: attributes.read_programs(connection),
        lambda: source.read(connection, book),
        lambda: source.read(connection, book),
        lambda: accounts.read_account_counters(connection),
        lambda: userstat.read_userstat(connection),
        lambda: status.read_status(connection),
        lambda: schema.SchemaSource((), 3600.0).read_some(connection, 0.0),
        lambda: schema.SchemaSource((PRACTICE,), 3600.0).read_some(connection, 0.0),
        lambda: read_privileges(connection, (PRACTICE,)),
        lambda: rights.read_rights(connection),
        lambda: session_counters.read_session_counters(connection, known, 0.0),
        *(partial(written.read, connection, book, record, 0.0) for record in recorded.Record),
        lambda: prepared.read_prepared(connection, book, known, 0.0),
        *(partial(slow.read, connection, book) for _ in range(2)),
        lambda: slow_log.require_slow_log(connection),
        lambda: locks.read_row_locks(connection),
        lambda: locks.read_metadata_locks(connection),
        lambda: locks.read_table_locks(connection),
        lambda: plans.require_plans(connection),
        *(partial(plans.read_plan, connection, session) for session in make_sessions(book)),
        *(
            partial(explained.read_guarded_plan, connection, session, book, {(PRACTICE, "patient")})
            for session in make_sessions(book)
        ),
        lambda: views.require_views(connection, (PRACTICE,)),
    ):
        try:
            read()
        except QuerywatchError:
            continue


def make_sessions(book: StatementBook) -> Iterable[Session]:
    """One that is gone by now, running what reads the practice."""
    yield Session(
        session_id=4_000_000,
        account="vendor",
        host="10.0.0.5",
        database=PRACTICE,
        command="Query",
        state="",
        seconds=9.0,
        statement=book.from_text("SELECT LName FROM patient"),
        query_id=1,
    )


def build_pattern(statement: str) -> re.Pattern[str]:
    """The declared statement as the server sees it: a value, or several, in each place."""
    value = r"(?:'[^']*'|[\d.]+(?:e\d+)?)"
    value = f"{value}(?:, {value})*"
    return re.compile(value.join(re.escape(part) for part in statement.replace("%%", "%").split("%s")))


@pytest.mark.server
def test_what_the_server_received_is_on_the_list(server: RunningServer) -> None:
    """The server's own general log of a run of all sources holds nothing that is not declared."""
    if server.flavour == "mariadb":
        server.execute("SET GLOBAL userstat = 1")
    server.execute("GRANT SELECT ON mysql.slow_log TO 'watcher'@'%'", "SET GLOBAL slow_query_log = 1")
    server.execute(
        "SET GLOBAL log_output = 'TABLE'", "TRUNCATE mysql.general_log", "SET GLOBAL general_log = ON"
    )
    try:
        with closing(connect(server.watcher())) as connection:
            own_id = connection.connection_id
            run_all_sources(connection)
    finally:
        server.execute(
            "SET GLOBAL general_log = OFF",
            "SET GLOBAL slow_query_log = 0",
            "REVOKE SELECT ON mysql.slow_log FROM 'watcher'@'%'",
        )
        if server.flavour == "mariadb":
            server.execute("SET GLOBAL userstat = 0")
    received = [
        text.decode() if isinstance(text, bytes) else text
        for (text,) in server.execute(
            "SELECT argument FROM mysql.general_log "
            f"WHERE thread_id = {own_id} AND command_type IN ('Query', 'Execute', 'Prepare')"
        )
    ]
    patterns = [build_pattern(statement) for statement in find_declared()]
    unknown = {text for text in received if not any(pattern.fullmatch(text) for pattern in patterns)}
    assert not unknown
    assert len(set(received)) >= 15
