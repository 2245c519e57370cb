"""Reads the few of SHOW GLOBAL STATUS and VARIABLES that a cycle needs."""

from querywatch.counters import ServerStatus
from querywatch.db.connection import Connection
from querywatch.outward import render_line

_STATUS = (
    "SHOW GLOBAL STATUS WHERE Variable_name IN "
    "('Uptime', 'Threads_running', 'Threads_connected', 'Questions')"
)
_NEEDED = ("max_connections", "performance_schema", "userstat", "sql_mode", "max_digest_length")
# Those that make statements faster or slower, or safe or not: the server goes through all it has for any one.
_TELLING = (
    *(
        "innodb_buffer_pool_size",
        "key_buffer_size",
        "query_cache_type",
        "query_cache_size",
        "sort_buffer_size",
    ),
    *("tmp_table_size", "max_heap_table_size", "join_buffer_size", "table_open_cache", "optimizer_switch"),
    *("innodb_flush_log_at_trx_commit", "sync_binlog", "log_bin", "general_log", "slow_query_log"),
    *("wait_timeout", "default_storage_engine", "read_only", "max_allowed_packet", "sql_mode"),
    *("max_connections", "performance_schema", "userstat", "time_zone"),
)
_NAMES = ", ".join(f"'{name}'" for name in sorted({*_NEEDED, *_TELLING}))
_VARIABLES = f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({_NAMES})"
# The session's own clock is UTC; SYSTEM is known to CONVERT_TZ without the server's tables of time zones.
_CLOCK = (
    "SELECT TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@global.time_zone))"
)
_DIGEST_BYTES = 1024  # of the servers that do not let it be set
STATEMENTS = (_STATUS, _VARIABLES, _CLOCK)


def read_status(connection: Connection) -> ServerStatus:
    """How the server is and how it is set; every account may ask."""
    status = {name.casefold(): value for name, value in connection.read(_STATUS)}
    variables = {name.casefold(): value for name, value in connection.read(_VARIABLES)}
    [(utc_offset_minutes,)] = connection.read(_CLOCK)
    modes = variables["sql_mode"].upper().split(",")
    return ServerStatus(
        uptime_seconds=int(status["uptime"]),
        threads_running=int(status["threads_running"]),
        threads_connected=int(status["threads_connected"]),
        max_connections=int(variables["max_connections"]),
        questions=int(status["questions"]),
        performance_schema=variables.get("performance_schema") == "ON",
        userstat=variables["userstat"] == "ON" if "userstat" in variables else None,
        ansi_quotes="ANSI_QUOTES" in modes,
        no_backslash_escapes="NO_BACKSLASH_ESCAPES" in modes,
        max_digest_bytes=int(variables.get("max_digest_length", _DIGEST_BYTES)),
        utc_offset_minutes=utc_offset_minutes,
        variables={name: render_line(variables[name]) for name in _TELLING if name in variables},
    )
