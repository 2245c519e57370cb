"""Views are known for what they are, and by what they read where the account may see that."""

from contextlib import closing

import pytest
from server.servers import PRACTICE, RunningServer, split_script

from querywatch.db.connection import connect
from querywatch.db.grants import render_grants
from querywatch.db.privileges import read_privileges
from querywatch.model import Table
from querywatch.sources import views
from querywatch.sources.base import SourceUnavailableError
from querywatch.sources.schema import SchemaSource

pytestmark = pytest.mark.server

_VIEW = "CREATE OR REPLACE VIEW marys AS SELECT p.PatNum FROM patient p WHERE p.LName = 'Mary Jones'"
_SEEN = ("marys", "patientview")


def read_view(server: RunningServer) -> Table:
    """The view as a new connection of the watcher sees it."""
    with closing(connect(server.watcher())) as connection:
        schema = SchemaSource((PRACTICE,), 3600.0).read_some(connection, 0.0)
    assert schema is not None
    found = schema.find("marys", PRACTICE)
    assert found is not None
    return found


def test_a_definition_takes_both_rights(server: RunningServer) -> None:
    """SHOW VIEW alone shows none on any server; with the grant that is advised it is reduced, and names its tables."""
    server.execute(_VIEW, database=PRACTICE)
    script = render_grants(user="watcher", host="%", databases=[PRACTICE], views=True)
    try:
        server.execute(*(line for line in split_script(script) if "SHOW VIEW" in line))
        assert read_view(server).is_view
        assert read_view(server).definition is None
        with closing(connect(server.watcher())) as connection:
            with pytest.raises(SourceUnavailableError) as hidden:
                views.require_views(connection, (PRACTICE,))
            account = read_privileges(connection, (PRACTICE,)).account
        server.execute(*hidden.value.advice.replace("the account", account).split("; "))
        with closing(connect(server.watcher())) as connection:
            views.require_views(connection, (PRACTICE,))
            assert read_privileges(connection, (PRACTICE,)).excessive == ()
        definition = read_view(server).definition
        assert definition is not None
        assert definition.tables == ("patient",)
        assert "Mary" not in definition.shape
    finally:
        for line in (
            "SHOW VIEW ON opendental.*",
            *(f"SELECT, SHOW VIEW ON opendental.{each}" for each in _SEEN),
        ):
            server.execute(f"REVOKE {line} FROM 'watcher'@'%'")
        server.execute(f"DROP VIEW {PRACTICE}.marys")
