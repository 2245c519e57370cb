"""Statements as third parties and Open Dental itself write them, against the schema alone."""

from pathlib import Path

import pytest
from benchmarks.agreement import Case, parse_cases
from unit.access.practice import make_schema, read

from querywatch.sql.outline import find_nodes
from querywatch.sql.reduce import reduce_text

_CORPUS = Path(__file__).parents[2] / "corpus"
_OFTEN = list(parse_cases(_CORPUS / "third-party"))
_WELL_BEHAVED = list(parse_cases(_CORPUS / "open-dental"))
_LARGE_ROWS = 10_000


def test_there_are_enough_of_each() -> None:
    """Two hundred and more."""
    assert min(len(_OFTEN), len(_WELL_BEHAVED)) >= 200
    assert len({case.name for case in [*_OFTEN, *_WELL_BEHAVED]}) == len(_OFTEN) + len(_WELL_BEHAVED)


@pytest.mark.parametrize("cases", [_OFTEN, _WELL_BEHAVED], ids=["third-party", "open-dental"])
def test_every_table_that_is_named_is_read(cases: list[Case]) -> None:
    """Once for each time; the words of the shape and the parser's tree find the same ones."""
    for case in cases:
        named = set(reduce_text(case.text).tables)
        known = {name for _, name in make_schema().tables}
        assert {each.name for each in read(case.text).tables} & known == named & known, case.name


def test_what_open_dental_itself_asks_is_well() -> None:
    """None of it reads a large table from end to end."""
    for case in _WELL_BEHAVED:
        for each in read(case.text).tables:
            table = make_schema().find(each.name, None)
            rows = 0 if table is None else table.rows or 0
            assert rows < _LARGE_ROWS or not each.access.reads_all or each.limited, (case.name, each.alias)


def test_an_outline_holds_no_literal() -> None:
    """Not one character of one: all that is left of it is a number in order."""
    text = "SELECT 'zyxwanda' AS q, p.LName FROM patient p WHERE p.LName IN ('zyxwanda', 'x') AND p.PatNum = 770077"
    outline = reduce_text(text).outline
    assert outline is not None
    assert outline.query is not None
    assert list(find_nodes(outline.query.where))
    assert "zyxwanda" not in repr(outline)
    assert "770077" not in repr(outline)
