"""The faults querywatch can meet, each with a message that says what to do.

No message here ever repeats one of pymysql, sqlglot or pydantic: those may quote other people's data.
"""


class QuerywatchError(Exception):
    """A fault whose message is written by querywatch and safe to show anybody."""


class ConfigError(QuerywatchError):
    """The configuration cannot be used; the message names the setting and the fix."""


class ServerError(QuerywatchError):
    """A statement or a connection failed; `reason` is a short fixed word, fit for a metric label."""

    def __init__(self, message: str, *, reason: str, code: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.code = code


class ServerAwayError(ServerError):
    """The server cannot be reached, or ended the connection."""


class LoginError(ServerError):
    """The server answered and refused the account, the password or the TLS mode."""


class StatementRefusedError(ServerError):
    """The account lacks a privilege for one statement; the connection goes on."""


class StatementTimeoutError(ServerError):
    """A statement ran past its time limit and was given up."""


class StateError(QuerywatchError):
    """The state file cannot be used."""


class DemoError(QuerywatchError):
    """The demo cannot start or go on; the message names what is missing."""
