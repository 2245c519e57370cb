"""Reads who could write: the privilege tables of the mysql schema, without their password hashes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from querywatch.db.connection import Connection
from querywatch.db.privilege_tables import COLUMNS, EVERYWHERE, ON_DATABASES, ROLE_COLUMNS
from querywatch.db.privileges import may_read
from querywatch.db.server import has_roles
from querywatch.model import Flavour, Right
from querywatch.outward import parse_name
from querywatch.sources.base import SourceUnavailableError, read_rows


def _render_select(table: str, columns: Sequence[str]) -> str:
    return f"SELECT {', '.join(columns)} FROM mysql.{table}"


_SELECTS = {table: _render_select(table, columns) for table, columns in COLUMNS.items()}
_SELECT_ROLES = {flavour: _render_select(*table) for flavour, table in ROLE_COLUMNS.items()}
STATEMENTS = (*_SELECTS.values(), *_SELECT_ROLES.values())

GRANT_PRIVILEGES = "what `querywatch grants --privileges` prints: optional, and it shows who could write"
# The words of the sets in tables_priv and procs_priv.
_WORDS = {
    "Insert": "INSERT",
    "Update": "UPDATE",
    "Delete": "DELETE",
    "Create": "CREATE",
    "Drop": "DROP",
    "Alter": "ALTER",
    "Index": "INDEX",
    "Execute": "EXECUTE",
    "Trigger": "TRIGGER",
    "Create View": "CREATE VIEW",
    "Alter Routine": "ALTER ROUTINE",
    "Grant": "GRANT OPTION",
}
_Holder = tuple[str, str]  # an account, or a role: name and host; MariaDB's roles have no host
_EVERYBODYS_ROLE = ("PUBLIC", "")  # MariaDB 10.11 and newer


def read_rights(connection: Connection) -> tuple[Right, ...]:
    """Every right to change something that an account has, by itself or by a role; wants the optional grant.

    Partial revokes of MySQL are not seen: they stand beside a hash.
    """
    _require_grants(connection)
    users = _read(connection, _SELECTS["user"])
    own = [
        *_parse_flags(((host, "", user, *flags) for host, user, *flags in users), EVERYWHERE),
        *_parse_flags(_read(connection, _SELECTS["db"]), ON_DATABASES),
        *_parse_words(_read(connection, _SELECTS["tables_priv"])),
        *_parse_words(_read(connection, _SELECTS["procs_priv"])),
    ]
    given = list(_read_roles(connection))
    if connection.server.flavour is Flavour.MARIADB:
        given += [
            (_EVERYBODYS_ROLE, (parse_name(user), parse_name(host))) for host, user, *_ in users if host
        ]
    return (*own, *find_given_rights(own, given))


def _require_grants(connection: Connection) -> None:
    server = connection.server
    roles = (ROLE_COLUMNS[server.flavour][0],) if has_roles(server) else ()
    missing = next((table for table in (*COLUMNS, *roles) if not may_read(connection, table)), "")
    if missing:
        message = f"the account may not read mysql.{missing}"
        raise SourceUnavailableError(message, reason="privilege", advice=GRANT_PRIVILEGES)


def _read(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    return read_rows(connection, statement, grant=GRANT_PRIVILEGES)


def _read_roles(connection: Connection) -> Iterator[tuple[_Holder, _Holder]]:
    """(role, who has it)."""
    server = connection.server
    if not has_roles(server):
        return
    for row in _read(connection, _SELECT_ROLES[server.flavour]):
        names = [parse_name(name) for name in row]
        if server.flavour is Flavour.MARIADB:
            host, user, role = names
            yield (role, ""), (user, host)
        else:
            from_host, from_user, to_host, to_user = names
            yield (from_user, from_host), (to_user, to_host)


def _parse_flags(rows: Iterable[tuple[Any, ...]], privileges: Mapping[str, str]) -> Iterator[Right]:
    for host, database, account, *flags in rows:
        granted = tuple(name for name, flag in zip(privileges.values(), flags, strict=True) if flag == "Y")
        if granted:
            yield _make_right(host, database, account, "", granted)


def _parse_words(rows: Iterable[tuple[Any, ...]]) -> Iterator[Right]:
    for host, database, account, name, *sets in rows:
        words = {word for each in sets for word in str(each).split(",")}
        granted = tuple(privilege for word, privilege in _WORDS.items() if word in words)
        if granted:
            yield _make_right(host, database, account, name, granted)


def _make_right(
    host: object, database: object, account: object, table: object, granted: tuple[str, ...]
) -> Right:
    return Right(
        account=parse_name(account),
        host=parse_name(host),
        database=parse_name(database),
        table=parse_name(table),
        privileges=granted,
    )


def find_given_rights(own: Sequence[Right], given: Sequence[tuple[_Holder, _Holder]]) -> Iterator[Right]:
    """The rights that holders have through roles, which may be given to roles in turn."""
    holders = dict[_Holder, list[_Holder]]()
    for role, holder in given:
        holders.setdefault(role, []).append(holder)
    for right in own:
        role = (right.account, right.host)
        for account, host in _find_all_holders(role, holders):
            yield replace(right, account=account, host=host, role=right.account)


def _find_all_holders(role: _Holder, holders: Mapping[_Holder, Sequence[_Holder]]) -> Iterator[_Holder]:
    found, waiting = {role}, [role]
    while waiting:
        for holder in holders.get(waiting.pop(), ()):
            if holder not in found:
                found.add(holder)
                waiting.append(holder)
                yield holder
