"""Something that speaks MySQL's protocol and answers whatever a test wants: what no real server would say."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from querywatch.db.endpoint import Endpoint

_PROTOCOL_41, _SECURE_CONNECTION, _PLUGIN_AUTH = 0x0200, 0x8000, 0x80000
_UTF8MB4 = 45
_LONGLONG, _VAR_STRING = 8, 253
_QUERY = 3
_OK = b"\x00\x00\x00\x02\x00\x00\x00"
_EOF = b"\xfe\x00\x00\x02\x00"

Row = tuple[str | bytes | int | None, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error packet."""

    code: int
    message: str


Answer = (
    Sequence[Row] | Refusal | bytes | None
)  # rows, an error, a packet as it is and the end, or just the end

# An idle MariaDB without performance_schema, to whom nothing can be granted that it does not show.
PLAUSIBLE: tuple[tuple[str, Answer], ...] = (
    ("SELECT VERSION()", [("10.11.6-MariaDB", "a server", 7)]),
    ("'Ssl_version'", [("Ssl_version", "")]),
    ("SET ", []),
    ("PROCESSLIST", [(8, "vendor", "10.0.0.5:50000", "opendental", "Sleep", 3, "", None, 3000, 0, 0)]),
    (
        "SHOW GLOBAL STATUS WHERE",
        [("Uptime", "99"), ("Threads_running", "1"), ("Threads_connected", "2"), ("Questions", "9")],
    ),
    ("SHOW GLOBAL VARIABLES WHERE", [("max_connections", "151"), ("sql_mode", ""), ("userstat", "ON")]),
    ("'performance_schema'", [("performance_schema", "OFF")]),
    ("'userstat'", [("userstat", "ON")]),
    ("USER_STATISTICS", [("vendor", 5, 0, 1, "0.5", 100, 10, 0, 0, 0, 0, 1)]),
    ("SCHEMATA", [("opendental",)]),
    ("information_schema.TABLES", [("patient", "MyISAM", 32852)]),
    (
        "information_schema.COLUMNS",
        [("patient", "PatNum", "bigint(20)"), ("patient", "LName", "varchar(100)")],
    ),
    ("information_schema.STATISTICS", [("patient", "PRIMARY", 1, "PatNum", 0, None)]),
    ("SHOW GRANTS", [("GRANT PROCESS, REFERENCES ON *.* TO `watcher`@`%`",)]),
)


class Impostor:
    """A listener; `answers` go before what is plausible, each by a part of the statement that it answers."""

    def __init__(self, answers: Sequence[tuple[str, Answer]] = (), *, greeting: bytes | None = None) -> None:
        self.answers = [*answers, *PLAUSIBLE]
        self.greeting = greeting
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self._callers: list[socket.socket] = []

    def endpoint(self, name: str = "main") -> Endpoint:
        """Where it is."""
        return Endpoint(name=name, port=self.port, user="watcher", read_timeout_seconds=2.0)

    def serve(self) -> None:
        """Takes callers until it is closed."""
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._callers.append(caller)
            thread = threading.Thread(target=self._talk, args=(caller,))
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Ends every conversation."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for caller in self._callers:
            caller.close()
        for thread in self._threads:
            thread.join()

    def _talk(self, caller: socket.socket) -> None:
        try:
            with caller, caller.makefile("rb") as heard:
                _send(caller, 0, self.greeting or _greet())
                if self.greeting is None:
                    _hear(heard.read)
                    _send(caller, 2, _OK)
                while self.greeting is None and (packet := _hear(heard.read)) and packet[0] == _QUERY:
                    if not self._reply(caller, packet[1:].decode()):
                        return
        except (OSError, ValueError):
            return  # the caller had enough

    def _reply(self, caller: socket.socket, statement: str) -> bool:
        answer = next((answer for part, answer in self.answers if part in statement), ())
        if answer is None:
            return False
        if isinstance(answer, bytes):
            _send(caller, 1, answer)
            return False
        if isinstance(answer, Refusal):
            state_and_message = b"#42000" + answer.message.encode()
            _send(caller, 1, b"\xff" + struct.pack("<H", answer.code) + state_and_message)
        elif not answer:
            _send(caller, 1, _OK)
        else:
            for number, packet in enumerate(_encode_rows(answer), start=1):
                _send(caller, number % 256, packet)
        return True


@contextmanager
def pretending(*answers: tuple[str, Answer], greeting: bytes | None = None) -> Iterator[Impostor]:
    """An impostor that serves while the block runs."""
    impostor = Impostor(answers, greeting=greeting)
    thread = threading.Thread(target=impostor.serve)
    thread.start()
    try:
        yield impostor
    finally:
        impostor.close()
        thread.join()


def _greet() -> bytes:
    flags = _PROTOCOL_41 | _SECURE_CONNECTION | _PLUGIN_AUTH
    salt = b"12345678", b"123456789012\0"
    return (
        b"\x0a5.5.5-10.11.6-MariaDB\0"
        + struct.pack("<I", 7)
        + salt[0]
        + b"\0"
        + struct.pack("<HBHH", flags & 0xFFFF, _UTF8MB4, 2, flags >> 16)
        + bytes([21])
        + bytes(10)
        + salt[1]
        + b"mysql_native_password\0"
    )


def _encode_rows(rows: Sequence[Row]) -> Iterator[bytes]:
    yield bytes([len(rows[0])])
    for place, value in enumerate(rows[0]):
        kind = _LONGLONG if all(isinstance(row[place], int | None) for row in rows) else _VAR_STRING
        kind = _VAR_STRING if value is None else kind
        name = f"c{place}".encode()
        yield (
            b"\x03def\x00\x00\x00" + _text(name) + _text(name)
            + b"\x0c" + struct.pack("<HIBHB", _UTF8MB4, 1024, kind, 0, 0) + b"\0\0"
        )  # fmt: skip
    yield _EOF
    for row in rows:
        yield b"".join(b"\xfb" if value is None else _text(_bytes(value)) for value in row)
    yield _EOF


def _bytes(value: str | bytes | int) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def _text(value: bytes) -> bytes:
    size = len(value)
    if size < 251:
        return bytes([size]) + value
    return (
        b"\xfc" + struct.pack("<H", size) if size < 65536 else b"\xfd" + struct.pack("<I", size)[:3]
    ) + value


def _send(caller: socket.socket, number: int, packet: bytes) -> None:
    caller.sendall(struct.pack("<I", len(packet))[:3] + bytes([number]) + packet)


def _hear(read: Callable[[int], bytes]) -> bytes:
    head = read(4)
    return read(int.from_bytes(head[:3], "little")) if len(head) == 4 else b""
