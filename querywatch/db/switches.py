"""Prints the statements by which an administrator shuts one account out and lets it in again; none is ever sent.

Which hosts an account is made for, only the administrator can see: the statements that need them are printed by
the server itself, one for each `user@host` that it finds.
"""

from querywatch.db.grants import quote_text
from querywatch.db.server import has_account_lock, has_kill_user
from querywatch.model import Flavour, ServerInfo


def can_lock(server: ServerInfo | None) -> bool:
    """Whether accounts can be locked; taken to be so where the server was not asked."""
    return server is None or has_account_lock(server)


def render_find(account: str, server: ServerInfo | None) -> str:
    """Lists every host that the account is made for."""
    return f"SELECT User, Host FROM mysql.user WHERE {_of(account, server)};"


def render_lock(account: str, server: ServerInfo | None, *, lock: bool) -> str:
    """Prints an ALTER USER for each of them."""
    word = "LOCK" if lock else "UNLOCK"
    return _print_for_each(f"'ALTER USER ', {_EACH}, ' ACCOUNT {word};'", account, server)


def render_keep_passwords(account: str, server: ServerInfo | None) -> str:
    """Prints what brings the present passwords back, as hashes (MySQL 5.5 and 5.6)."""
    return _print_for_each(f"'SET PASSWORD FOR ', {_EACH}, ' = ', QUOTE(Password), ';'", account, server)


def render_scramble(account: str, server: ServerInfo | None) -> str:
    """Prints what sets a password that nobody knows (MySQL 5.5 and 5.6)."""
    chance = "QUOTE(SHA2(CONCAT(UUID(), RAND()), 256))"
    return _print_for_each(f"'SET PASSWORD FOR ', {_EACH}, ' = PASSWORD(', {chance}, ');'", account, server)


def prints_kills(server: ServerInfo | None) -> bool:
    """Whether `render_kill` prints statements rather than being one."""
    return server is None or not has_kill_user(server)


def render_kill(account: str, server: ServerInfo | None) -> str:
    """Ends the account's sessions, or prints a KILL for each of them."""
    if not prints_kills(server):
        return f"KILL USER {quote_text(account)};"
    of = f"USER = {quote_text(account)}"
    return f"SELECT CONCAT('KILL ', ID, ';') FROM information_schema.PROCESSLIST WHERE {of};"


def render_count(account: str) -> str:
    """Counts the account's sessions, without those that were ended and do nothing more."""
    ended = "COMMAND = 'Killed' AND INFO IS NULL"
    return f"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = {quote_text(account)} AND NOT ({ended});"


_EACH = "QUOTE(User), '@', QUOTE(Host)"


def _print_for_each(parts: str, account: str, server: ServerInfo | None) -> str:
    return f"SELECT CONCAT({parts}) FROM mysql.user WHERE {_of(account, server)};"


def _of(account: str, server: ServerInfo | None) -> str:
    """MariaDB lists its roles among the accounts."""
    is_mariadb = server is not None and server.flavour is Flavour.MARIADB
    return f"User = {quote_text(account)}" + (" AND is_role = 'N'" if is_mariadb else "")
