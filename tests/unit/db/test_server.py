"""Versions: what real servers say of themselves, and what follows from it."""

import pytest

from querywatch.db import server
from querywatch.model import Flavour, ServerInfo


@pytest.mark.parametrize(
    ("banner", "comment", "flavour", "version"),
    [
        ("5.6.24", "MySQL Community Server (GPL)", Flavour.MYSQL, (5, 6, 24)),
        ("5.5.5-m3", "MySQL Community Server (GPL)", Flavour.MYSQL, (5, 5, 5)),
        ("5.5.62-log", "MySQL Community Server (GPL)", Flavour.MYSQL, (5, 5, 62)),
        ("5.7.44-log", "MySQL Community Server (GPL)", Flavour.MYSQL, (5, 7, 44)),
        ("8.0.36-28", "Percona Server (GPL), Release 28, Revision 47601f19", Flavour.MYSQL, (8, 0, 36)),
        ("9.7.0", "MySQL Community Server - GPL", Flavour.MYSQL, (9, 7, 0)),
        ("9.7.4-2", "(Debian)", Flavour.MYSQL, (9, 7, 4)),
        ("10.11.6-MariaDB-0+deb12u1", "Debian 12", Flavour.MARIADB, (10, 11, 6)),
        ("5.5.5-10.5.29-MariaDB", "", Flavour.MARIADB, (10, 5, 29)),
        ("10.5.29-MariaDB-log", "mariadb.org binary distribution", Flavour.MARIADB, (10, 5, 29)),
        ("11.8.3-MariaDB-ubu2404", "mariadb.org binary distribution", Flavour.MARIADB, (11, 8, 3)),
        ("10.6.18", "MariaDB Enterprise Server", Flavour.MARIADB, (10, 6, 18)),
    ],
)
def test_banners(banner: str, comment: str, flavour: Flavour, version: tuple[int, int, int]) -> None:
    """Flavour and numbers are read right, whatever the builder put around them."""
    assert server.parse_version(banner, comment) == (flavour, version)


@pytest.mark.parametrize("banner", ["", "MariaDB", "eight"])
def test_a_banner_without_a_number_is_an_error(banner: str) -> None:
    """Never a guessed version."""
    with pytest.raises(ValueError, match="no number"):
        server.parse_version(banner, "")


def info(flavour: Flavour, *version: int) -> ServerInfo:
    major, minor, patch = version
    return ServerInfo(name="office", flavour=flavour, version=(major, minor, patch))


def test_a_tenth_minor_version_comes_after_the_ninth() -> None:
    """10.11 is newer than 10.6, which a version taken for a decimal number would deny."""
    assert server.has_ignored_indexes(info(Flavour.MARIADB, 10, 11, 0))
    assert not server.has_ignored_indexes(info(Flavour.MARIADB, 10, 5, 29))


def test_a_number_of_one_flavour_says_nothing_of_the_other() -> None:
    """MariaDB 10 is above MySQL 8 and has nothing of what MySQL 8 brought."""
    mariadb, mysql = info(Flavour.MARIADB, 10, 11, 6), info(Flavour.MYSQL, 9, 7, 0)
    assert not server.has_information_schema_stats_expiry(mariadb)
    assert server.has_information_schema_stats_expiry(mysql)
    assert server.has_time_ms(mariadb)
    assert not server.has_time_ms(mysql)
    assert not server.has_userstat(mysql)


@pytest.mark.parametrize(
    ("version", "expected"),
    [((5, 6, 24), False), ((5, 7, 7), False), ((5, 7, 8), True), ((8, 0, 36), True)],
)
def test_mysql_limits_a_statement_from_5_7_8_on(version: tuple[int, int, int], *, expected: bool) -> None:
    """Below, only our own patience bounds a statement."""
    assert server.has_statement_timeout(info(Flavour.MYSQL, *version)) is expected
