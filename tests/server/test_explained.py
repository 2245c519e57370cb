"""EXPLAIN on MySQL: only where it was allowed, to an account that can do no harm, and never of what runs something."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from server.servers import PRACTICE, RunningServer
from server.test_plans import _PATIENT, _TABLE, running, wait_for
from server.watching import make_watch

from querywatch.db.connection import connect
from querywatch.plan import PlanAccess, PlanRow, find_plan_access
from querywatch.sources import explained
from querywatch.sources.base import SourceUnavailableError
from querywatch.sources.schema import SchemaSource
from querywatch.sql.reduce import StatementBook

pytestmark = [pytest.mark.server, pytest.mark.servers("mysql-5.6", "mysql-9.7")]

_HEAVY = "commlog b, commlog c, commlog d"
_HONEST = (
    f"SELECT COUNT(*) FROM commlog a, {_HEAVY} WHERE a.CommlogNum = 5 AND b.Note <> '{_PATIENT}' "
    "AND c.Note <> b.Note AND d.Note <> c.Note"
)
_HOSTILE = (
    f"SELECT COUNT(*) FROM (SELECT eraser()) a, {_HEAVY} WHERE b.Note <> c.Note",
    f"SELECT COUNT(*) FROM {PRACTICE}.erasing a, {_HEAVY} WHERE b.Note <> c.Note",
    f"SELECT COUNT(*) FROM {_HEAVY} WHERE b.Note <> c.Note AND eraser() > 0",
    f"SELECT COUNT(*) FROM {_HEAVY} WHERE b.Note <> c.Note AND b.PatNum IN (SELECT PatNum FROM erasing)",
    f"SELECT /*! eraser(), */ COUNT(*) FROM {_HEAVY} WHERE b.Note <> c.Note",
)
_ERASER = (
    "SET GLOBAL log_bin_trust_function_creators = 1",
    "DROP FUNCTION IF EXISTS eraser",
    (
        "CREATE FUNCTION eraser() RETURNS INT DETERMINISTIC MODIFIES SQL DATA "
        "BEGIN DELETE FROM victim WHERE USER() LIKE 'explainer@%'; RETURN 1; END"
    ),
    "CREATE TABLE IF NOT EXISTS victim (a INT)",
    "CREATE OR REPLACE VIEW erasing AS SELECT PatNum FROM commlog WHERE CommlogNum = eraser()",
)


@pytest.fixture
def eraser(server: RunningServer) -> Iterator[None]:
    """A stored function that deletes rows when the asking account runs it, and a view that calls it."""
    server.execute(*_TABLE, *_ERASER, database=PRACTICE)
    yield
    server.execute(
        "DROP VIEW erasing",
        "DROP FUNCTION eraser",
        "DROP TABLE victim",
        "DROP TABLE commlog",
        database=PRACTICE,
    )


def grant(server: RunningServer, *more: str) -> None:
    server.create_account("explainer", "PROCESS ON *.*", f"REFERENCES, SELECT ON {PRACTICE}.*", *more)


def ask_about(server: RunningServer, sql: str) -> tuple[PlanRow, ...] | None:
    """What the source tells of a session of an administrator that runs this."""
    book = StatementBook()
    with (
        running(server, sql, user="root") as session_id,
        closing(connect(server.endpoint("explainer"))) as asking,
    ):
        session = wait_for(asking, session_id)
        schema = SchemaSource((PRACTICE,), 3600.0).read_some(asking, 0.0)
        assert schema is not None
        tables = {key for key, table in schema.tables.items() if not table.is_view}
        book.from_text(sql)
        return explained.read_guarded_plan(asking, session, book, tables)


@pytest.mark.usefixtures("eraser")
def test_an_honest_select_has_a_plan(server: RunningServer) -> None:
    """Each table by its own name; nothing of the literals."""
    grant(server)
    rows = ask_about(server, _HONEST)
    assert rows is not None
    assert sorted(row.access for row in rows) == [PlanAccess.CONST, *[PlanAccess.SCAN] * 3]
    assert {row.table for row in rows} == {"commlog"}
    assert _PATIENT.casefold() not in repr(rows).casefold()


@pytest.mark.usefixtures("eraser")
@pytest.mark.parametrize("sql", _HOSTILE)
def test_what_could_run_something_is_never_explained(server: RunningServer, sql: str) -> None:
    """A stored function that deletes rows, by itself, in a derived table, in a view, in an executable comment."""
    grant(server)
    server.execute("DELETE FROM victim", "INSERT INTO victim VALUES (1), (2)", database=PRACTICE)
    assert ask_about(server, sql) is None
    assert server.execute(f"SELECT COUNT(*) FROM {PRACTICE}.victim") == ((2,),)


@pytest.mark.usefixtures("eraser")
@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (f"EXECUTE ON {PRACTICE}.*", "excessive-privilege"),
        (f"INSERT ON {PRACTICE}.commlog", "excessive-privilege"),
        ("FILE ON *.*", "excessive-privilege"),
    ],
)
def test_an_account_that_could_do_harm_is_refused(server: RunningServer, more: str, reason: str) -> None:
    """Whatever the statement is; asked anew each time, for somebody may have granted it since."""
    grant(server, more)
    with pytest.raises(SourceUnavailableError) as refused:
        ask_about(server, _HONEST)
    assert refused.value.reason == reason


def test_the_least_privileged_account_sends_no_explain(server: RunningServer) -> None:
    """It may read no table, and says what it would take."""
    with closing(connect(server.watcher())) as watcher, pytest.raises(SourceUnavailableError) as refused:
        explained.require_guarded_explain(watcher)
    assert refused.value.reason == "missing-select"
    assert "GRANT SELECT" in refused.value.advice


@pytest.mark.usefixtures("eraser")
@pytest.mark.parametrize("guarded", [True, False])
def test_a_watch_explains_only_where_it_was_allowed(server: RunningServer, guarded: bool) -> None:
    """With the setting a plan of what has run for two seconds; without it nothing, whatever the account may do."""
    grant(server)
    with running(server, _HONEST), closing(make_watch(server.endpoint("explainer"))) as watch:
        watch._intake.guarded_explain = guarded
        deadline = time.monotonic() + (15 if guarded else 4)
        while time.monotonic() < deadline and not watch.planner.find_plans(time.time()):
            watch.cycle(count=True)
            time.sleep(0.2)
        plans = list(watch.planner.find_plans(time.time()).values())
    assert [find_plan_access(plan, "commlog") for plan in plans] == [PlanAccess.SCAN] * guarded
