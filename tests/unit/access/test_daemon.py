"""What the daemon's rules get to see of statements that polls saw, by way of the parser's own process."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from unit.access.practice import DATABASE, make_schema

from querywatch.analysis.situation import Limits, QueryLoad, Situation
from querywatch.model import Evidence, Integration, Kind, Schema, Statement, Table
from querywatch.service.parsing import Parser, add_outlines
from querywatch.service.readings import Readings
from querywatch.sql.reading import Access, Blocker, TableAccess
from querywatch.sql.reduce import StatementBook

_VENDOR = Integration(name="vendor", kind=Kind.DIRECT_READ)


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with closing(Parser(wait_seconds=10.0)) as running:
        yield running


def find_accesses(text: str, parser: Parser, schema: Schema) -> list[TableAccess]:
    """Of a statement whose text a poll saw."""
    return find_again(StatementBook().from_text(text), parser, schema, Readings())


def find_again(statement: Statement, parser: Parser, schema: Schema, readings: Readings) -> list[TableAccess]:
    """The same of what is reduced already."""
    load = QueryLoad(
        integration=_VENDOR,
        account="vendor",
        statement=statement,
        executions=1.0,
        seconds=1.0,
        rows_examined=None,
        rows_sent=None,
        no_index_used=None,
        evidence=Evidence.SAMPLED,
    )
    situation = Situation(
        now=0.0,
        server=None,
        schema=schema,
        limits=Limits(),
        integrations={},
        window_seconds=60.0,
        queries=(load,),
    )
    (seen,) = readings.add(add_outlines(situation, parser)).queries
    return [] if seen.reading is None else list(seen.reading.tables)


def test_a_number_for_a_text_is_seen_in_a_poll(parser: Parser) -> None:
    """The shape alone cannot tell it from a text, which an index would serve."""
    (number,) = find_accesses("SELECT PatNum FROM patient WHERE ChartNumber = 1234", parser, make_schema())
    assert [each.blocker for each in number.predicates] == [Blocker.CAST]
    (text,) = find_accesses("SELECT LName FROM patient WHERE ChartNumber = '1234'", parser, make_schema())
    assert (text.access, text.predicates[0].blocker) == (Access.REF, None)


def test_what_only_some_runs_ask_is_no_longer_held_against_it(parser: Parser) -> None:
    """A search that began with a wildcard, until one came that did not."""
    book, readings, schema = StatementBook(), Readings(), make_schema()
    blockers = []
    for sought in ("%1234", "1234%"):
        statement = book.from_text(f"SELECT Email FROM patient WHERE ChartNumber LIKE '{sought}'")
        (table,) = find_again(statement, parser, schema, readings)
        blockers.append(table.predicates[0].blocker)
    assert blockers == [Blocker.WILDCARD, None]


def test_a_view_is_seen_through_where_its_definition_is_shown(parser: Parser) -> None:
    """To an account with SHOW VIEW; else nothing is known of it."""
    text = "SELECT LName FROM patientview WHERE PatNum = 5"
    definition = StatementBook().from_text(
        "select `opendental`.`patient`.`PatNum` AS `PatNum`,`opendental`.`patient`.`LName` AS `LName` "
        "from `opendental`.`patient`"
    )
    for shown, expected in ((None, ("patientview", Access.UNKNOWN)), (definition, ("patient", Access.CONST))):
        view = Table(
            database=DATABASE,
            name="patientview",
            engine=None,
            rows=None,
            columns={},
            indexes=(),
            is_view=True,
            definition=shown,
        )
        schema = Schema(tables={**make_schema().tables, (DATABASE, "patientview"): view})
        (access,) = find_accesses(text, parser, schema)
        assert (access.name, access.access) == expected
