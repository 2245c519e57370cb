"""Prepared statements by the binary protocol, as .NET, ODBC and JDBC use it; the driver has none of it."""

import struct
from typing import Any

import pymysql

_PREPARE, _EXECUTE = 0x16, 0x17


def prepare(client: "pymysql.connections.Connection[Any]", text: str) -> int:
    """The server's number for a statement without parameters."""
    client._execute_command(_PREPARE, text)
    number, columns = struct.unpack("<IH", client._read_packet().get_all_data()[1:7])
    for _ in range(columns + bool(columns)):
        client._read_packet()
    return int(number)


def execute(client: "pymysql.connections.Connection[Any]", number: int) -> int:
    """Runs it once; the number of rows it gave."""
    client._execute_command(_EXECUTE, struct.pack("<IBI", number, 0, 1))
    columns = client._read_packet().get_all_data()[0]
    if not columns:
        return 0
    for _ in range(columns + 1):
        client._read_packet()
    rows = 0
    while not client._read_packet().is_eof_packet():
        rows += 1
    return rows
