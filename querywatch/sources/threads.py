"""Reads whose session each thread of the server is: performance_schema.threads."""

from dataclasses import dataclass

from querywatch.db.connection import Connection
from querywatch.outward import parse_name
from querywatch.sources.base import GRANT_PERFORMANCE_SCHEMA, read_rows

# The server's own threads have no number in the processlist.
_THREADS = (
    "SELECT THREAD_ID, PROCESSLIST_ID, PROCESSLIST_USER, PROCESSLIST_HOST "
    "FROM performance_schema.threads WHERE PROCESSLIST_ID IS NOT NULL"
)
STATEMENTS = (_THREADS,)

_MAX_THREADS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose a thread is."""

    session_id: int
    account: str
    host: str


class ThreadBook:
    """The owners of the threads there are, and of those that were seen before and are gone.

    What a session did may be told after its end, and nothing else says then whose it was.
    """

    def __init__(self, *, max_threads: int = _MAX_THREADS) -> None:
        self._max_threads = max_threads
        self._owners: dict[int, Owner] = {}
        self._read_at: float | None = None

    def forget(self) -> None:
        """A new connection, perhaps to a server that restarted and gives its numbers anew."""
        self._owners.clear()
        self._read_at = None

    def read(self, connection: Connection, now: float) -> None:
        """Reads who is there now, once for all that ask at the same time."""
        if self._read_at == now:
            return
        for thread_id, session_id, account, host in read_rows(
            connection, _THREADS, grant=GRANT_PERFORMANCE_SCHEMA
        ):
            self._owners.pop(thread_id, None)  # to the end, so that those who are gone go first
            self._owners[thread_id] = Owner(
                session_id=int(session_id), account=parse_name(account), host=parse_name(host)
            )
        for thread_id in list(self._owners)[: max(0, len(self._owners) - self._max_threads)]:
            del self._owners[thread_id]
        self._read_at = now

    def find(self, thread_id: int) -> Owner | None:
        """None: a thread of the server's own, or one that came and went between two readings."""
        return self._owners.get(thread_id)
