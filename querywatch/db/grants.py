"""Prints the SQL that makes the least-privileged account."""

from collections.abc import Sequence

from querywatch.db.privilege_tables import COLUMNS, ROLE_COLUMNS
from querywatch.model import Flavour

PASSWORD_PLACEHOLDER = "choose a password"  # noqa: S105 - it says that there is none yet
ALL_DATABASES = "*"


def quote_text(text: str) -> str:
    """A string literal that reads the same with and without backslash escapes, as long as it holds none."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """An identifier in backticks."""
    return "`" + name.replace("`", "``") + "`"


def render_database(database: str) -> str:
    """A database as GRANT wants it, where _ and % would stand for other names too."""
    if database == ALL_DATABASES:
        return "*.*"
    return quote_name(database.replace("_", r"\_").replace("%", r"\%")) + ".*"


def render_account(user: str, host: str) -> str:
    """An account as GRANT wants it."""
    return f"{quote_text(user)}@{quote_text(host)}"


def render_grants(
    *,
    user: str,
    host: str,
    databases: Sequence[str],
    flavour: Flavour | None = None,
    performance_schema: bool = True,
    privileges: bool = False,
    views: bool = False,
) -> str:
    """The statements an administrator runs once; a flavour that is not known gets what fits either.

    Without databases, the schema of every one becomes visible. With `privileges`, it becomes visible too who
    could write, and with `views` what views are made of. The text is the same for every version from
    MySQL 5.5 and MariaDB 10.0 on: it uses no roles and no clause that came later.
    """
    account = render_account(user, host)
    parts = [_render_account(account), *_render_performance_schema(account, on=performance_schema)]
    parts += [_render_schema(account, database) for database in databases or (ALL_DATABASES,)]
    if privileges:
        parts.append(_render_privileges(account, flavour))
    if views:
        parts.append(_render_views(account, databases))
    if flavour is not Flavour.MYSQL:
        parts.append(_USERSTAT)
    return "\n\n".join(parts) + "\n"


def _render_account(account: str) -> str:
    return (
        "-- The account that querywatch logs in with. It can read no row of the practice's tables.\n"
        f"CREATE USER {account} IDENTIFIED BY {quote_text(PASSWORD_PLACEHOLDER)};\n\n"
        "-- All sessions and what they run.\n"
        f"GRANT PROCESS ON *.* TO {account};"
    )


def _render_performance_schema(account: str, *, on: bool) -> list[str]:
    grant = (
        "-- The server's own counters. They repeat other programs' statements, but hold no table's rows.\n"
        f"GRANT SELECT ON performance_schema.* TO {account};"
    )
    return [grant] if on else [grant, _PERFORMANCE_SCHEMA]


def _render_schema(account: str, database: str) -> str:
    return (
        "-- Columns, indexes and sizes become visible; not one row does.\n"
        f"GRANT REFERENCES ON {render_database(database)} TO {account};"
    )


def _render_views(account: str, databases: Sequence[str]) -> str:
    lines = [
        "-- Optional: what views are made of. The servers show that to nobody who may not read the view's rows as",
        "-- well, so it takes a grant for each view, and querywatch could read its rows then, though it never does.",
    ]
    for database in databases or (ALL_DATABASES,):
        place = render_database(database)
        lines.append(f"GRANT SHOW VIEW ON {place} TO {account};")
        named = "`database`." if database == ALL_DATABASES else place.removesuffix("*")
        lines.append(f"-- GRANT SELECT, SHOW VIEW ON {named}`name of the view` TO {account};")
    return "\n".join(lines)


def _render_privileges(account: str, flavour: Flavour | None) -> str:
    lines = ["-- Optional: which accounts could write. The columns that hold password hashes are left out."]
    lines += [_render_column_grant(account, table, columns) for table, columns in COLUMNS.items()]
    if flavour is not Flavour.MYSQL:
        mark = "" if flavour is Flavour.MARIADB else "-- "
        lines += [] if flavour else ["-- Roles on MariaDB:"]
        lines.append(mark + _render_column_grant(account, *ROLE_COLUMNS[Flavour.MARIADB]))
    if flavour is not Flavour.MARIADB:
        lines.append("-- Roles on MySQL 8 and newer; older ones have none:")
        lines.append("-- " + _render_column_grant(account, *ROLE_COLUMNS[Flavour.MYSQL]))
    return "\n".join(lines)


def _render_column_grant(account: str, table: str, columns: Sequence[str]) -> str:
    return f"GRANT SELECT ({', '.join(columns)}) ON mysql.{table} TO {account};"


_PERFORMANCE_SCHEMA = """\
-- The counters are empty while the performance schema is off. It is switched on in my.ini (my.cnf), and the
-- server wants a restart:
--   [mysqld]
--   performance_schema = ON"""

_USERSTAT = """\
-- MariaDB only, optional: counts statements and rows by account, without a restart. Put userstat = 1 into
-- my.ini (my.cnf) too, or it ends with the next restart.
-- SET GLOBAL userstat = 1;"""
