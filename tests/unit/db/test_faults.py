"""Errors by number: the right class, a bounded reason, and something to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querywatch.db.faults import translate_login_fault, translate_statement_fault
from querywatch.errors import (
    LoginError,
    ServerAwayError,
    ServerError,
    StatementRefusedError,
    StatementTimeoutError,
)

_REASONS = {
    "away",
    "timeout",
    "privilege",
    "lock-wait",
    "killed",
    "unsupported",
    "unreadable-text",
    "other",
    "login",
    "tls",
    "host-not-allowed",
    "too-many-connections",
    "old-password",
    "auth-plugin",
}


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (1142, StatementRefusedError, "privilege"),
        (1227, StatementRefusedError, "privilege"),
        (1370, StatementRefusedError, "privilege"),
        (1969, StatementTimeoutError, "timeout"),
        (3024, StatementTimeoutError, "timeout"),
        (1205, StatementTimeoutError, "lock-wait"),
        (2006, ServerAwayError, "away"),
        (2013, ServerAwayError, "away"),
        (1927, ServerAwayError, "away"),
        (1146, ServerError, "unsupported"),
        (1317, ServerError, "killed"),
        (None, ServerAwayError, "away"),
    ],
)
def test_a_failed_statement(code: int | None, kind: type[ServerError], reason: str) -> None:
    """Refused, over its limit, the server gone, or the version too old."""
    error = translate_statement_fault("office", code, timed_out=False)
    assert type(error) is kind
    assert (error.reason, error.code) == (reason, code)


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        (1045, "login", "wrong password for account 'watcher'"),
        (1130, "host-not-allowed", "create 'watcher' for this machine's address"),
        (1129, "host-not-allowed", "FLUSH HOSTS"),
        (1040, "too-many-connections", "max_connections"),
        (1251, "old-password", "SET PASSWORD"),
        (1275, "old-password", "SET PASSWORD"),
        (2059, "auth-plugin", "mysql_native_password"),
        (3118, "login", "ACCOUNT UNLOCK"),
        (3159, "tls", "set tls to"),
    ],
)
def test_a_refused_login_says_what_to_do(code: int, reason: str, said: str) -> None:
    """The message names the server, the account where it matters, and the next step."""
    error = translate_login_fault("office", "watcher", code)
    assert type(error) is LoginError
    assert error.reason == reason
    assert str(error).startswith("office: ")
    assert said in str(error)


@given(st.one_of(st.none(), st.integers(min_value=1, max_value=5000)), st.booleans())
def test_reasons_are_a_bounded_set(code: int | None, timed_out: bool) -> None:
    """A metric label may hold them."""
    assert translate_statement_fault("office", code, timed_out=timed_out).reason in _REASONS
    assert translate_login_fault("office", "watcher", code).reason in _REASONS


def test_an_account_name_is_shown_as_it_is() -> None:
    """Braces in a name are no placeholder."""
    assert "'{0}'" in str(translate_login_fault("office", "{0}", 1045))
