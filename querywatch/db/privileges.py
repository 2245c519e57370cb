"""Says what querywatch's own account lacks, and what it has and should not."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from querywatch.db.connection import Connection
from querywatch.db.grants import ALL_DATABASES, render_database
from querywatch.outward import render_line

STATEMENTS = (
    _SHOW_GRANTS := "SHOW GRANTS",
    _SHOW_PERFORMANCE_SCHEMA := "SHOW GLOBAL VARIABLES LIKE 'performance_schema'",
)

_EVERYTHING = "ALL PRIVILEGES"
_HARMLESS = frozenset(
    {
        "USAGE",
        "PROCESS",
        "REFERENCES",
        "SHOW DATABASES",
        "SHOW VIEW",
        "REPLICATION CLIENT",
        "BINLOG MONITOR",
        "SLAVE MONITOR",
        "REPLICA MONITOR",
    }
)
_STATISTICS = frozenset({"performance_schema", "information_schema", "sys"})
_SECRETS = frozenset({"password", "authentication_string", "plugin", "auth_string", "priv"})

_NAME = r"(`(?:[^`]|``)*`|\*|\"[^\"]*\"|[\w$]+)"
_ON = re.compile(
    rf"GRANT (?P<what>.+?) ON (?:(?:TABLE|PROCEDURE|FUNCTION|PACKAGE(?: BODY)?) )?"
    rf"(?P<target>(?P<database>{_NAME})\.(?P<object>{_NAME})) TO (?P<rest>.+)",
    re.DOTALL,
)
_ACCOUNT = re.compile(
    r"(?P<account>(?:'(?:[^']|'')*'|`(?:[^`]|``)*`|\S+?)@(?:'(?:[^']|'')*'|`(?:[^`]|``)*`|\S+))"
)
_PRIVILEGE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z_ ]*?)\s*(?:\((?P<columns>[^)]*)\))?\s*(?:,|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One line of SHOW GRANTS; names fold case, '*' is all. Columns are those a privilege is limited to.

    `target` is what it is about, as the server writes it.
    """

    privileges: tuple[tuple[str, frozenset[str]], ...]
    target: str
    database: str
    object: str
    grantable: bool

    @property
    def names(self) -> frozenset[str]:
        """The privileges alone."""
        return frozenset(name for name, _ in self.privileges)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivilegeFault:
    """One privilege too few or too many: what, why it matters, and the statement that puts it right."""

    what: str
    why: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Privileges:
    """What is wrong with the account, if anything."""

    account: str  # as GRANT wants it
    missing: tuple[PrivilegeFault, ...]
    excessive: tuple[PrivilegeFault, ...]


def read_privileges(
    connection: Connection, databases: Sequence[str] = (), *, reads_tables: bool = False
) -> Privileges:
    """The account of this connection, judged for watching these databases (all when none is named).

    With `reads_tables` it was given SELECT on purpose, for EXPLAIN.
    """
    lines = [render_line(str(row[0])) for row in connection.read(_SHOW_GRANTS)]
    variables = connection.read(_SHOW_PERFORMANCE_SCHEMA)
    return find_privileges(
        lines, databases=databases, performance_schema=_is_on(variables), reads_tables=reads_tables
    )


def may_see_all_sessions(connection: Connection) -> bool:
    """Whether the account has PROCESS; what a role brings is not seen here, and believed."""
    lines = [render_line(str(row[0])) for row in connection.read(_SHOW_GRANTS)]
    grants = [grant for line in lines if (grant := parse_grant(line)) is not None]
    return _has(grants, "PROCESS", "*") or any(map(_is_role, lines))


def may_read(connection: Connection, table: str) -> bool:
    """Whether the account may read a table of the mysql schema, or columns of it; what a role brings is believed.

    To be asked before a table whose grant is optional: a refusal would be counted against the account.
    """
    lines = [render_line(str(row[0])) for row in connection.read(_SHOW_GRANTS)]
    grants = [grant for line in lines if (grant := parse_grant(line)) is not None]
    return any(map(_is_role, lines)) or any(
        grant.database in {"*", "mysql"}
        and grant.object in {"*", table}
        and not grant.names.isdisjoint({"SELECT", _EVERYTHING})
        for grant in grants
    )


class ExplainLeave(Enum):
    """Whether the account is one that may be trusted with EXPLAIN."""

    GIVEN = "given"
    NO_SELECT = "no-select"  # it reads no table of the practice, and is refused
    CAN_CHANGE = "can-change"  # it may execute, write or pass on something


def read_explain_leave(connection: Connection) -> ExplainLeave:
    """Asked anew before each EXPLAIN: somebody may have granted more since."""
    return find_explain_leave([render_line(str(row[0])) for row in connection.read(_SHOW_GRANTS)])


def find_explain_leave(lines: Sequence[str]) -> ExplainLeave:
    """The same, of the lines of SHOW GRANTS. Every one must be known to be harmless: what a role brings is not."""
    grants = [parse_grant(line) for line in lines]
    known = [grant for grant in grants if grant is not None]
    if len(known) < len(grants) or any(grant.grantable for grant in known):
        return ExplainLeave.CAN_CHANGE
    if any(not grant.names <= _HARMLESS | {"SELECT"} for grant in known):
        return ExplainLeave.CAN_CHANGE
    reads = any("SELECT" in grant.names and grant.database not in _STATISTICS | {"mysql"} for grant in known)
    return ExplainLeave.GIVEN if reads else ExplainLeave.NO_SELECT


def find_privileges(
    lines: Iterable[str], *, databases: Sequence[str], performance_schema: bool, reads_tables: bool = False
) -> Privileges:
    """The same, of the lines of SHOW GRANTS, which hold a password's hash on old servers: it stays here."""
    lines = tuple(lines)
    account = _parse_account(lines)
    grants = tuple(grant for line in lines if (grant := parse_grant(line)) is not None)
    judged = [_without_select(grant) for grant in grants] if reads_tables else grants
    return Privileges(
        account=account,
        missing=tuple(_find_missing(grants, account, databases, performance_schema=performance_schema)),
        excessive=tuple(dict.fromkeys((*_find_excessive(judged, account), *_find_roles(lines, account)))),
    )


def _without_select(grant: Grant) -> Grant:
    return replace(grant, privileges=tuple(each for each in grant.privileges if each[0] != "SELECT"))


def parse_grant(line: str) -> Grant | None:
    """One line of SHOW GRANTS; None when it grants a role."""
    found = _ON.match(line)
    if found is None:
        return None
    privileges = tuple(_parse_privilege(part) for part in _PRIVILEGE.finditer(found["what"]))
    return Grant(
        privileges=privileges,
        target=found["target"],
        database=_fold(found["database"]),
        object=_fold(found["object"]),
        grantable="WITH GRANT OPTION" in found["rest"].upper(),
    )


def _parse_privilege(part: re.Match[str]) -> tuple[str, frozenset[str]]:
    name = part["name"].strip().upper()
    columns = (column.strip().strip("`").casefold() for column in (part["columns"] or "").split(","))
    return (_EVERYTHING if name == "ALL" else name), frozenset(filter(None, columns))


def _parse_account(lines: Sequence[str]) -> str:
    for line in lines:
        found = _ACCOUNT.search(line, line.rfind(" TO "))
        if found is not None and line.startswith("GRANT"):
            return found["account"].replace("`", "'")
    return "''@''"


def _fold(name: str) -> str:
    unquoted = name[1:-1].replace("``", "`") if name[0] in '`"' else name
    return unquoted.replace("\\_", "_").replace("\\%", "%").casefold()


def _find_missing(
    grants: Sequence[Grant], account: str, databases: Sequence[str], *, performance_schema: bool
) -> Iterable[PrivilegeFault]:
    if not _has(grants, "PROCESS", "*"):
        yield PrivilegeFault(
            what="PROCESS",
            why="without it, querywatch sees no session but its own",
            fix=f"GRANT PROCESS ON *.* TO {account};",
        )
    if performance_schema and not _has(grants, "SELECT", "performance_schema"):
        yield PrivilegeFault(
            what="SELECT on performance_schema",
            why="without it, nothing is counted: what is short may be missed",
            fix=f"GRANT SELECT ON performance_schema.* TO {account};",
        )
    for database in databases or (ALL_DATABASES,):
        if not _shows_schema(grants, database.casefold()):
            yield PrivilegeFault(
                what=f"REFERENCES on {database}",
                why="without it, querywatch sees no column and no index, and judges none",
                fix=f"GRANT REFERENCES ON {render_database(database)} TO {account};",
            )


def _has(grants: Sequence[Grant], privilege: str, database: str) -> bool:
    return any(
        grant.object == "*"
        and grant.database in {"*", database}
        and not grant.names.isdisjoint({privilege, _EVERYTHING})
        for grant in grants
    )


def _shows_schema(grants: Sequence[Grant], database: str) -> bool:
    if database != ALL_DATABASES:
        return _has(grants, "REFERENCES", database)
    visible = {_EVERYTHING, "REFERENCES"}
    return any(
        grant.object == "*" and grant.database not in _STATISTICS and not grant.names.isdisjoint(visible)
        for grant in grants
    )


def _find_excessive(grants: Sequence[Grant], account: str) -> Iterable[PrivilegeFault]:
    for grant in grants:
        too_many = [name for name, columns in grant.privileges if _is_too_much(grant, name, columns)]
        if too_many:
            what = ", ".join(too_many)
            yield PrivilegeFault(
                what=f"{what} on {grant.target}",
                why=_say_why(too_many),
                fix=_render_revoke(what, grant.target, account),
            )
        if grant.grantable:
            yield PrivilegeFault(
                what=f"GRANT OPTION on {grant.target}",
                why="it can pass on what it may do",
                fix=f"REVOKE GRANT OPTION ON {grant.target} FROM {account};",
            )


def _is_too_much(grant: Grant, name: str, columns: frozenset[str]) -> bool:
    if name in _HARMLESS:
        return False
    if name != "SELECT":
        return True
    reads_privilege_tables = grant.database == "mysql" and columns and columns.isdisjoint(_SECRETS)
    reads_slow_log = (grant.database, grant.object) == ("mysql", "slow_log")
    # The servers show a view's definition to nobody who may not read the view.
    shows_view = grant.object != "*" and grant.names == {"SELECT", "SHOW VIEW"}
    return not (grant.database in _STATISTICS or reads_privilege_tables or reads_slow_log or shows_view)


def _say_why(privileges: Sequence[str]) -> str:
    if list(privileges) == ["SELECT"]:
        return "it can read rows; querywatch needs no row"
    return "it can do more than read what the server says of itself; querywatch needs none of it"


def _render_revoke(what: str, target: str, account: str) -> str:
    revoke = f"REVOKE {what} ON {target} FROM {account};"
    if target != "*.*":
        return revoke
    # What is needed goes with the rest, and comes back.
    if _EVERYTHING in what:
        revoke += f" GRANT PROCESS, REFERENCES ON *.* TO {account};"
    if _EVERYTHING in what or "SELECT" in what.split(", "):
        revoke += f" GRANT SELECT ON performance_schema.* TO {account};"
    return revoke


def _find_roles(lines: Sequence[str], account: str) -> Iterable[PrivilegeFault]:
    for line in lines:
        if _is_role(line):
            role = line.removeprefix("GRANT ").rsplit(" TO ", 1)[0]
            yield PrivilegeFault(
                what=f"role {role}",
                why="what a role allows is not seen here, and querywatch needs none",
                fix=f"REVOKE {role} FROM {account};",
            )


def _is_role(line: str) -> bool:
    return line.startswith("GRANT ") and " ON " not in line


def _is_on(variables: Sequence[tuple[object, ...]]) -> bool:
    return any(str(row[-1]).upper() in {"ON", "1"} for row in variables)
