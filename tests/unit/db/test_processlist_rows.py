"""Which rows of a processlist are somebody's: those that no server can be brought to show at will."""

from typing import Any

import pytest

from querywatch.sources.processlist import _is_nobodys


@pytest.mark.parametrize(
    ("command", "state", "text", "nobodys"),
    [
        ("Killed", "", None, True),
        ("Killed", None, None, True),
        ("Killed", "Rolling back", None, False),
        ("Killed", "", "UPDATE patient SET Note = ''", False),
        ("Sleep", "", None, False),
    ],
)
def test_a_session_that_was_ended_is_somebodys_while_it_does_anything(
    command: str, state: str | None, text: str | None, *, nobodys: bool
) -> None:
    """MySQL 5.6 may keep one that is killed for many minutes; one that rolls back holds up others."""
    row: tuple[Any, ...] = (7, "texter", "10.0.0.5:50123", None, command, 3, state, text, None, None, None)
    assert _is_nobodys(row) is nobodys
