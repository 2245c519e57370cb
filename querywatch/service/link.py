"""Keeps one server's connection: opens it, says once what is wrong, and tries again later and later."""

import logging
from collections.abc import Callable

from querywatch.db.backoff import Backoff
from querywatch.db.connection import Connection, connect
from querywatch.db.endpoint import Endpoint
from querywatch.errors import ServerError

log = logging.getLogger(__name__)


class Link:
    """The way to one server. `trouble` is why there is none, '' while there is."""

    def __init__(self, endpoint: Endpoint, random: Callable[[], float]) -> None:
        self.trouble = ""
        self.connection: Connection | None = None
        self._endpoint = endpoint
        self._random = random
        self._backoff = Backoff()
        self._statements_sent = 0  # over the connections of before
        self._retry_at = 0.0
        self._failures = 0
        self._announced = False

    @property
    def statements_sent(self) -> int:
        """Over all connections so far."""
        return self._statements_sent + (self.connection.statements_sent if self.connection else 0)

    def open(self, now: float) -> Connection | None:
        """A new connection; None before it is time to try again. Raises `ServerError`."""
        if now < self._retry_at:
            return None
        connection = self.connection = connect(self._endpoint)
        self._failures = 0
        if self.trouble or not self._announced:
            encrypted = connection.tls_version or f"not encrypted ({connection.plain_reason})"
            server = connection.server
            log.info("%s: watching %s %s, %s", server.name, server.flavour, server.version_text, encrypted)
        self._announced = True
        self.trouble = ""
        return connection

    def lose(self, error: ServerError, now: float) -> None:
        """The server is away: says so once."""
        if not self.trouble or self.trouble != str(error):
            log.warning("%s", error)
        self.trouble = str(error)
        self._failures += 1
        self._retry_at = now + self._backoff.wait_seconds(self._failures, self._random())
        self.close()

    def abort(self) -> None:
        """Ends what hangs, from any thread."""
        if self.connection is not None:
            self.connection.abort()

    def close(self) -> None:
        """Closes the connection."""
        if self.connection is not None:
            self._statements_sent += self.connection.statements_sent
            self.connection.close()
            self.connection = None
