"""SHOW GRANTS, line by line, as real servers print it."""

import pytest

from querywatch.db.grants import PASSWORD_PLACEHOLDER, render_database, render_grants
from querywatch.db.privileges import Privileges, find_privileges
from querywatch.model import Flavour

_LEAST = (
    "GRANT PROCESS ON *.* TO `querywatch`@`10.0.0.%`",
    "GRANT SELECT ON `performance_schema`.* TO `querywatch`@`10.0.0.%`",
    "GRANT REFERENCES ON `opendental`.* TO `querywatch`@`10.0.0.%`",
)


def judge(
    *lines: str, performance_schema: bool = True, databases: tuple[str, ...] = ("opendental",)
) -> Privileges:
    return find_privileges(lines, databases=databases, performance_schema=performance_schema)


def test_the_least_privileges_are_in_order() -> None:
    """Nothing to add, nothing to take away."""
    found = judge(*_LEAST)
    assert found == Privileges(account="'querywatch'@'10.0.0.%'", missing=(), excessive=())


@pytest.mark.parametrize(
    ("left_out", "fix"),
    [
        (0, "GRANT PROCESS ON *.* TO 'querywatch'@'10.0.0.%';"),
        (1, "GRANT SELECT ON performance_schema.* TO 'querywatch'@'10.0.0.%';"),
        (2, "GRANT REFERENCES ON `opendental`.* TO 'querywatch'@'10.0.0.%';"),
    ],
)
def test_what_is_missing_comes_with_its_grant(left_out: int, fix: str) -> None:
    """Each of the three alone."""
    lines = [line for index, line in enumerate(_LEAST) if index != left_out]
    assert [fault.fix for fault in judge(*lines).missing] == [fix]


def test_counters_are_not_missed_where_there_are_none() -> None:
    """With the performance schema off, its grant is not asked for."""
    assert judge(_LEAST[0], _LEAST[2], performance_schema=False).missing == ()


@pytest.mark.parametrize(
    ("line", "what", "fix"),
    [
        (
            "GRANT SELECT ON *.* TO 'querywatch'@'%'",
            "SELECT on *.*",
            (
                "REVOKE SELECT ON *.* FROM 'querywatch'@'10.0.0.%'; "
                "GRANT SELECT ON performance_schema.* TO 'querywatch'@'10.0.0.%';"
            ),
        ),
        (
            "GRANT SELECT, REFERENCES, UPDATE ON `OpenDental`.* TO 'querywatch'@'%'",
            "SELECT, UPDATE on `OpenDental`.*",
            "REVOKE SELECT, UPDATE ON `OpenDental`.* FROM 'querywatch'@'10.0.0.%';",
        ),
        (
            "GRANT EXECUTE ON FUNCTION `opendental`.`f` TO 'querywatch'@'%'",
            "EXECUTE on `opendental`.`f`",
            None,
        ),
        (
            "GRANT SELECT (`LName`) ON `opendental`.`patient` TO 'querywatch'@'%'",
            "SELECT on `opendental`.`patient`",
            None,
        ),
        ("GRANT FILE, SUPER ON *.* TO 'querywatch'@'%'", "FILE, SUPER on *.*", None),
        ("GRANT `reader`@`%` TO `querywatch`@`%`", "role `reader`@`%`", None),
        ("GRANT SELECT (User, authentication_string) ON mysql.user TO q@h", "SELECT on mysql.user", None),
    ],
)
def test_too_much_is_named_with_its_revoke(line: str, what: str, fix: str | None) -> None:
    """Reading rows, writing, running routines, and roles, which may bring anything."""
    (fault,) = judge(*_LEAST, line).excessive
    assert fault.what == what
    assert fix is None or fault.fix == fix


@pytest.mark.parametrize(
    "line",
    [
        "GRANT USAGE ON *.* TO `querywatch`@`%`",
        "GRANT SHOW VIEW ON `opendental`.* TO `querywatch`@`%`",
        "GRANT BINLOG MONITOR ON *.* TO `querywatch`@`%`",
        "GRANT SELECT (`Host`, `User`, `Insert_priv`) ON `mysql`.`user` TO `querywatch`@`%`",
    ],
)
def test_what_does_no_harm_is_left_alone(line: str) -> None:
    """Neither a row of the practice nor a password's hash is in reach."""
    assert judge(*_LEAST, line).excessive == ()


def test_all_privileges_are_everything() -> None:
    """Nothing is missing, everything is too much, and the hash in the line goes nowhere."""
    line = "GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' IDENTIFIED BY PASSWORD '*SECRETHASH' WITH GRANT OPTION"
    found = judge(line)
    assert found.missing == ()
    assert [fault.what for fault in found.excessive] == ["ALL PRIVILEGES on *.*", "GRANT OPTION on *.*"]
    assert "SECRETHASH" not in repr(found)


def test_grants_escape_what_a_name_may_hold() -> None:
    """A quote ends no literal, and an underscore stands for itself."""
    script = render_grants(user="o'brien", host="%", databases=["open_dental"], flavour=Flavour.MARIADB)
    assert "CREATE USER 'o''brien'@'%' IDENTIFIED BY" in script
    assert r"GRANT REFERENCES ON `open\_dental`.* TO 'o''brien'@'%';" in script
    assert PASSWORD_PLACEHOLDER in script
    assert render_database("a`b") == "`a``b`.*"


def test_grants_mention_only_what_fits_the_server() -> None:
    """Userstat is MariaDB's; the performance schema is switched on where it is off."""
    mysql = render_grants(user="q", host="h", databases=[], flavour=Flavour.MYSQL)
    mariadb = render_grants(
        user="q", host="h", databases=["a", "b"], flavour=Flavour.MARIADB, performance_schema=False
    )
    assert "userstat" not in mysql
    assert "performance_schema = ON" not in mysql
    assert "GRANT REFERENCES ON *.* TO" in mysql
    assert "-- SET GLOBAL userstat = 1;" in mariadb
    assert "performance_schema = ON" in mariadb
    assert mariadb.count("GRANT REFERENCES ON") == 2
