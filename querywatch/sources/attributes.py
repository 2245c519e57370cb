"""Reads what programs call themselves: performance_schema.session_connect_attrs."""

from collections.abc import Mapping

from querywatch.db.connection import Connection
from querywatch.outward import parse_name
from querywatch.sources.base import GRANT_PERFORMANCE_SCHEMA, read_rows, require_performance_schema

_PROGRAMS = (
    "SELECT PROCESSLIST_ID, ATTR_VALUE FROM performance_schema.session_connect_attrs "
    "WHERE ATTR_NAME = 'program_name' AND ATTR_VALUE IS NOT NULL"
)
STATEMENTS = (_PROGRAMS,)


def read_programs(connection: Connection) -> Mapping[int, str]:
    """The program name of each session that gave one, by session; needs SELECT on performance_schema."""
    rows = read_rows(connection, _PROGRAMS, grant=GRANT_PERFORMANCE_SCHEMA)
    if not rows:
        require_performance_schema(connection)
    return {int(session_id): parse_name(program) for session_id, program in rows}
