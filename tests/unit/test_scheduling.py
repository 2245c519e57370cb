"""Tests that share something stay together, whatever else their names say."""

import pytest
from scheduling import find_group


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/server/test_a.py::test_b[mysql-9.7]", "mysql-9.7"),
        ("tests/server/test_a.py::test_b[mariadb-10.11-ps]", "mariadb-10.11-ps"),
        ("tests/contracts/test_a.py::test_b[mariadb-10.11-patient]", "mariadb-10.11"),
        ("tests/contracts/test_a.py::test_b[mariadb-10.11-ps-patient]", "mariadb-10.11-ps"),
        ("tests/server/test_a.py::test_b[processlist]", "tests/server/test_a.py[processlist"),
        ("tests/server/test_a.py::test_b", "tests/server/test_a.py"),
        ("tests/unit/test_a.py::test_b[mysql]", "tests/unit/test_a.py::test_b[mysql]"),
    ],
)
def test_what_is_shared_is_the_group(nodeid: str, group: str) -> None:
    """A server, whichever test asks for it; a fixture's parameter in a module; else nothing."""
    assert find_group(nodeid) == group
