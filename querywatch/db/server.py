"""Knows which server it is and what that version can do: the only place that compares versions."""

import re

from querywatch.analysis.access.habits import Habits
from querywatch.model import Flavour, ServerInfo

_NUMBER = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_REPLICATION_PREFIX = "5.5.5-"  # MariaDB 10 puts it in front of its handshake for old replicas' sake


def parse_version(banner: str, comment: str) -> tuple[Flavour, tuple[int, int, int]]:
    """Flavour and version from VERSION() and @@version_comment; ValueError when the banner holds no number.

    >>> parse_version("5.5.5-10.5.29-MariaDB", "")
    (<Flavour.MARIADB: 'mariadb'>, (10, 5, 29))
    """
    is_mariadb = "mariadb" in f"{banner} {comment}".casefold()
    found = _NUMBER.match(banner.removeprefix(_REPLICATION_PREFIX) if is_mariadb else banner)
    if found is None:
        raise ValueError("the server's version begins with no number")
    major, minor, patch = (int(part or 0) for part in found.groups())
    return (Flavour.MARIADB if is_mariadb else Flavour.MYSQL), (major, minor, patch)


def _since(
    server: ServerInfo, *, mysql: tuple[int, int, int] | None, mariadb: tuple[int, int, int] | None
) -> bool:
    first = mariadb if server.flavour is Flavour.MARIADB else mysql
    return first is not None and server.version >= first


def has_read_only_sessions(server: ServerInfo) -> bool:
    """SET SESSION TRANSACTION READ ONLY."""
    return _since(server, mysql=(5, 6, 5), mariadb=(10, 0, 0))


def has_max_statement_time(server: ServerInfo) -> bool:
    """MariaDB's limit for any statement, in seconds."""
    return _since(server, mysql=None, mariadb=(10, 1, 1))


def has_max_execution_time(server: ServerInfo) -> bool:
    """MySQL's limit for a SELECT, in milliseconds."""
    return _since(server, mysql=(5, 7, 8), mariadb=None)


def has_statement_timeout(server: ServerInfo) -> bool:
    """Whether the server itself can end a statement that runs too long."""
    return has_max_statement_time(server) or has_max_execution_time(server)


def has_information_schema_stats_expiry(server: ServerInfo) -> bool:
    """Whether information_schema.TABLES answers from a cache, a day old by default."""
    return _since(server, mysql=(8, 0, 3), mariadb=None)


def has_time_ms(server: ServerInfo) -> bool:
    """PROCESSLIST.TIME_MS, QUERY_ID and EXAMINED_ROWS."""
    return _since(server, mysql=None, mariadb=(10, 0, 5))


def has_show_explain(server: ServerInfo) -> bool:
    """SHOW EXPLAIN FOR a session, with PROCESS alone."""
    return _since(server, mysql=None, mariadb=(10, 0, 0))


def has_guarded_explain(server: ServerInfo) -> bool:
    """Where a running statement's plan can only be had by EXPLAIN of its text, and EXPLAIN says its format."""
    return _since(server, mysql=(5, 6, 5), mariadb=None)


def has_growing_performance_schema(server: ServerInfo) -> bool:
    """Whether its performance schema takes memory as it is needed, and not all of it at the start."""
    return _since(server, mysql=(5, 7, 6), mariadb=None)


def has_prepared_statements(server: ServerInfo) -> bool:
    """performance_schema.prepared_statements_instances."""
    return _since(server, mysql=(5, 7, 4), mariadb=(10, 5, 2))


def has_rows_of_last_statement(server: ServerInfo) -> bool:
    """events_statements_current.ROWS_EXAMINED; MariaDB 10.5 and 10.11 leave it 0, and tell it in the histories."""
    return _since(server, mysql=(5, 6, 3), mariadb=(11, 8, 0))


def has_userstat(server: ServerInfo) -> bool:
    """information_schema.USER_STATISTICS."""
    return _since(server, mysql=None, mariadb=(5, 2, 0))


def has_invisible_indexes(server: ServerInfo) -> bool:
    """STATISTICS.IS_VISIBLE of MySQL."""
    return _since(server, mysql=(8, 0, 0), mariadb=None)


def has_ignored_indexes(server: ServerInfo) -> bool:
    """STATISTICS.IGNORED of MariaDB."""
    return _since(server, mysql=None, mariadb=(10, 6, 0))


def has_roles(server: ServerInfo) -> bool:
    """Roles, and with them mysql.role_edges (MySQL) or mysql.roles_mapping (MariaDB)."""
    return _since(server, mysql=(8, 0, 0), mariadb=(10, 0, 5))


def can_refuse_to_wait(server: ServerInfo) -> bool:
    """Whether lock_wait_timeout may be 0; elsewhere a second is the least."""
    return _since(server, mysql=None, mariadb=(10, 3, 0))


def has_account_lock(server: ServerInfo) -> bool:
    """ALTER USER ... ACCOUNT LOCK."""
    return _since(server, mysql=(5, 7, 6), mariadb=(10, 4, 2))


def has_kill_user(server: ServerInfo) -> bool:
    """KILL USER: ends all sessions of an account's name."""
    return _since(server, mysql=None, mariadb=(5, 3, 2))


def has_data_lock_waits(server: ServerInfo) -> bool:
    """performance_schema.data_lock_waits, in the place of information_schema.INNODB_LOCK_WAITS."""
    return _since(server, mysql=(8, 0, 1), mariadb=None)


def has_lock_tables(server: ServerInfo) -> bool:
    """performance_schema.metadata_locks and table_handles."""
    return _since(server, mysql=(5, 7, 3), mariadb=(10, 5, 2))


def find_habits(server: ServerInfo | None) -> Habits:
    """What is particular about its optimiser, from each maker's manual ("Optimization")."""
    if server is None:
        return Habits()
    is_mariadb = server.flavour is Flavour.MARIADB
    # MariaDB 11 reckons anew, in measured times.
    reckons_seeks = is_mariadb and not _since(server, mysql=None, mariadb=(11, 0, 0))
    return Habits(
        weighs_filters=_since(server, mysql=(5, 7, 0), mariadb=None),
        groups_by_index=_since(server, mysql=(5, 0, 0), mariadb=None),
        turns_exists=_since(server, mysql=(8, 0, 17), mariadb=(10, 0, 0)),
        seek_cost=1.0 if reckons_seeks else 0.0,
        kept_row_cost=0.05 if is_mariadb else 0.15,
        merges_derived=_since(server, mysql=(5, 7, 6), mariadb=(5, 3, 0)),
        pushes_into_derived=_since(server, mysql=(8, 0, 22), mariadb=(10, 2, 2)),
        pushes_implied=_since(server, mysql=None, mariadb=(10, 2, 2)),
    )
