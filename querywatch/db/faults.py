"""Puts the servers' error numbers into querywatch's own words: which error it is, and what to do.

The numbers are those of the MySQL and MariaDB reference manuals ("Server Error Message Reference", "Client
Error Message Reference"). The servers' own texts are never used: they quote statements.
"""

import ssl

from querywatch.errors import (
    LoginError,
    ServerAwayError,
    ServerError,
    StatementRefusedError,
    StatementTimeoutError,
)

_AWAY = frozenset({1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 2055, 4031})
_PRIVILEGE = frozenset({1044, 1142, 1143, 1227, 1345, 1370, 3530})
_TIMEOUT = frozenset({1969, 3024})
_LOCK_WAIT = frozenset({1205})
_KILLED = frozenset({1317})
_UNSUPPORTED = frozenset({1054, 1064, 1109, 1146, 1193, 1231, 1235, 1286})
# One session's statement holds characters that information_schema.PROCESSLIST of MySQL 8 cannot show.
UNREADABLE_TEXT = 3854
# MariaDB's answer to SHOW EXPLAIN for a session that runs nothing with a plan.
NOT_EXPLAINABLE = 1933
# The session that a statement is about has ended.
NO_SUCH_SESSION = 1094

_NAME_MISMATCH = frozenset({62, 64})
_EXPIRED = frozenset({10})


def translate_statement_fault(name: str, code: int | None, *, timed_out: bool) -> ServerError:
    """The error for a failed statement; `timed_out` when it was us who stopped waiting."""
    if timed_out:
        message = f"{name}: no answer in time; the connection was given up"
        return ServerAwayError(message, reason="timeout", code=code)
    if code is None or code in _AWAY:
        return ServerAwayError(f"{name}: the server ended the connection", reason="away", code=code)
    if code in _PRIVILEGE:
        message = f"{name}: the account may not run this statement; `querywatch grants` prints what it needs"
        return StatementRefusedError(message, reason="privilege", code=code)
    if code in _TIMEOUT:
        return StatementTimeoutError(f"{name}: a statement ran past its limit", reason="timeout", code=code)
    if code in _LOCK_WAIT:
        return StatementTimeoutError(f"{name}: a lock was not free in time", reason="lock-wait", code=code)
    return _translate_rest(name, code)


def _translate_rest(name: str, code: int) -> ServerError:
    if code in _KILLED:
        return ServerError(f"{name}: somebody killed a statement of ours", reason="killed", code=code)
    if code in _UNSUPPORTED:
        message = f"{name}: the server does not know a table, column or variable (error {code})"
        return ServerError(message, reason="unsupported", code=code)
    if code == UNREADABLE_TEXT:
        message = f"{name}: the server cannot show one session's text (error {code})"
        return ServerError(message, reason="unreadable-text", code=code)
    return ServerError(f"{name}: the server answered with error {code}", reason="other", code=code)


def translate_login_fault(name: str, account: str, code: int | None) -> ServerError:
    """The error for a server that answered and would not let the account in."""
    found = _find_login_fault(code)
    if found is None:
        return translate_statement_fault(name, code, timed_out=False)
    reason, advice = found
    return LoginError(f"{name}: {advice.format(account=account)}", reason=reason, code=code)


def _find_login_fault(code: int | None) -> tuple[str, str] | None:
    if code is None:  # the driver itself refuses to go on
        return "old-password", _OLD_HASH_ADVICE
    return next(((reason, advice) for codes, reason, advice in LOGIN_FAULTS if code in codes), None)


_OLD_HASH_ADVICE = (
    "account '{account}' has a password hash from before MySQL 4.1, which no current client can use; as an "
    "administrator SET old_passwords = 0 and give the account its password anew with SET PASSWORD"
)
_TOO_MANY_ADVICE = (
    "the server has no connection left for account '{account}'; look for leaking connections, or raise "
    "max_connections or the account's own limit"
)
_EXPIRED_ADVICE = "the password of account '{account}' has expired and must be set anew"
_LOCKED_ADVICE = "account '{account}' is locked; ALTER USER ... ACCOUNT UNLOCK opens it"
_METHOD_ADVICE = (
    "account '{account}' logs in by a method querywatch does not speak; give it mysql_native_password or "
    "caching_sha2_password"
)
_BLOCKED_ADVICE = "the server blocks this machine after too many broken connections; FLUSH HOSTS unblocks it"
# (the server's or the driver's error numbers, reason, what to do)
LOGIN_FAULTS: tuple[tuple[frozenset[int], str, str], ...] = (
    (
        frozenset({1045}),
        "login",
        "wrong password for account '{account}', or no such account for this machine's address",
    ),
    (frozenset({1049}), "other", "the database named in the connection does not exist"),
    (frozenset({1129}), "host-not-allowed", _BLOCKED_ADVICE),
    (
        frozenset({1130}),
        "host-not-allowed",
        "no account may connect from here; create '{account}' for this machine's address",
    ),
    (
        frozenset({1698}),
        "login",
        "account '{account}' logs in through the operating system; use one with a password",
    ),
    (frozenset({1820, 1862}), "login", _EXPIRED_ADVICE),
    (
        frozenset({2026}),
        "tls",
        "the server offers no TLS, which was asked for; there is no connection without it",
    ),
    (frozenset({2059}), "auth-plugin", _METHOD_ADVICE),
    (frozenset({3118, 4151}), "login", _LOCKED_ADVICE),
    (
        frozenset({3159}),
        "tls",
        "the server takes encrypted connections only; set tls to preferred or verify-ca",
    ),
    (frozenset({1251, 1275, 2049}), "old-password", _OLD_HASH_ADVICE),
    (frozenset({1040, 1203, 1226}), "too-many-connections", _TOO_MANY_ADVICE),
)


def translate_network_fault(name: str, address: str, fault: OSError) -> ServerError:
    """The error for a server that could not be reached; `address` is its host and port, or its socket."""
    reason, said = _find_network_fault(fault)
    return ServerAwayError(f"{name}: {address} {said}", reason=reason, code=2003)


def _find_network_fault(fault: OSError) -> tuple[str, str]:
    return next((reason, said) for kind, reason, said in NETWORK_FAULTS if isinstance(fault, kind))


# (the operating system's fault, reason, what is said after the address)
NETWORK_FAULTS: tuple[tuple[type[OSError], str, str], ...] = (
    (
        ConnectionRefusedError,
        "refused",
        "refuses connections; is the server running, and is the port right?",
    ),
    (TimeoutError, "timeout", "does not answer; is the machine on, and does its firewall let us in?"),
    (FileNotFoundError, "away", "does not exist; is the server running, and is the socket's path right?"),
    (PermissionError, "refused", "may not be used by this user"),
    (OSError, "away", "cannot be reached"),
)


def describe_unknown_host(name: str, host: str) -> ServerError:
    """The error for a host name that resolves to nothing."""
    return ServerAwayError(
        f"{name}: no machine is known by the name {host}; write its address instead", reason="unknown-host"
    )


def translate_tls_fault(name: str, host: str, fault: ssl.SSLError) -> ServerError:
    """The error for a TLS handshake that failed or a certificate that was not accepted."""
    if not isinstance(fault, ssl.SSLCertVerificationError):
        return LoginError(
            f"{name}: no common TLS version; older servers (MySQL 5.5 and 5.6) speak TLS 1.0 only, which "
            "is no longer accepted: update the server, or reach it through a VPN with tls = off",
            reason="tls",
        )
    if fault.verify_code in _NAME_MISMATCH:
        said = f"the server's certificate is not made out for {host}; correct host, or use tls = verify-ca"
    elif fault.verify_code in _EXPIRED:
        said = "the server's certificate has expired; renew it"
    else:
        said = (
            "the server's certificate is not signed by the authority in tls_ca; put the right CA file there"
        )
    return LoginError(f"{name}: {said}", reason="tls")
