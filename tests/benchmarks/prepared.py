"""Runs statements by the binary protocol, as the .NET, ODBC and JDBC drivers do; PyMySQL only writes text."""

import struct
from collections.abc import Sequence
from typing import Any

import pymysql

_PREPARE, _EXECUTE = 0x16, 0x17  # commands of the client/server protocol
_BIGINT, _DOUBLE, _STRING = 0x08, 0x05, 0xFD  # types of a parameter

Value = int | float | str


class PreparedClient:
    """One connection that prepares each text once and executes it from then on."""

    def __init__(self, connection: "pymysql.connections.Connection[Any]") -> None:
        self._connection = connection
        self._statements: dict[str, int] = {}

    def run(self, text: str, values: Sequence[Value]) -> int:
        """The number of rows that came back; raises what PyMySQL raises."""
        statement_id = self._statements.get(text)
        if statement_id is None:
            statement_id = self._statements[text] = self._prepare(text)
        self._connection._execute_command(_EXECUTE, render_execution(statement_id, values))
        columns = self._connection._read_packet()
        if columns.is_ok_packet():
            return 0
        self._skip_to_eof()
        return self._skip_to_eof()

    def close(self) -> None:
        """Ends the connection, and the statements with it."""
        self._connection.close()

    def _prepare(self, text: str) -> int:
        self._connection._execute_command(_PREPARE, text)
        answer = self._connection._read_packet().get_all_data()
        _, statement_id, columns, parameters = struct.unpack_from("<BIHH", answer)
        for described in (parameters, columns):
            if described:
                self._skip_to_eof()
        return int(statement_id)

    def _skip_to_eof(self) -> int:
        packets = 0
        while not self._connection._read_packet().is_eof_packet():
            packets += 1
        return packets


def render_execution(statement_id: int, values: Sequence[Value]) -> bytes:
    """The body of a COM_STMT_EXECUTE without a cursor; none of the values is NULL."""
    head = struct.pack("<IBI", statement_id, 0, 1)
    if not values:
        return head
    parts = [_render_value(value) for value in values]
    types = b"".join(struct.pack("<BB", kind, 0) for kind, _ in parts)
    return head + bytes((len(values) + 7) // 8) + b"\x01" + types + b"".join(body for _, body in parts)


def _render_value(value: Value) -> tuple[int, bytes]:
    if isinstance(value, int):
        return _BIGINT, struct.pack("<q", value)
    if isinstance(value, float):
        return _DOUBLE, struct.pack("<d", value)
    body = value.encode()
    assert len(body) <= 250, "a longer text has a longer prefix"
    return _STRING, bytes([len(body)]) + body
