"""What a statement does, and to which tables."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from querywatch.model import Operation
from querywatch.sql.outline import Query, Source
from querywatch.sql.reduce import reduce_text


@pytest.mark.parametrize(
    "text", ["ELECT a FROM t", "SELECT a FROM", "SELECT ((a FROM t", "#", "CALL x(1)", "SELECT 1; SELECT 2"]
)
def test_what_does_not_parse_has_no_outline(text: str) -> None:
    """None is "not known"; it is never an empty outline."""
    assert reduce_text(text).outline is None


@pytest.mark.parametrize(
    ("text", "operation", "tables"),
    [
        (
            "SELECT a FROM od.T1, `t2` x JOIN (t3, t4) ON 1 STRAIGHT_JOIN t5",
            Operation.SELECT,
            "t1 t2 t3 t4 t5",
        ),
        ("(SELECT 1 FROM a) UNION (SELECT 2 FROM b)", Operation.SELECT, "a b"),
        ("WITH c (i) AS (SELECT 1 FROM a), d AS (SELECT 1) SELECT * FROM c, d, b", Operation.SELECT, "a b"),
        ("SELECT EXTRACT(YEAR FROM x), TRIM('a' FROM y) FROM a", Operation.SELECT, "a"),
        ("SELECT a FROM b WHERE c IN (SELECT d FROM e) FOR UPDATE", Operation.SELECT, "b e"),
        ("ELECT a FROM b JOIN c ON", Operation.OTHER, ""),
        ("SELECT a FROM b WHERE (((", Operation.SELECT, "b"),
        ("INSERT INTO a (b, c) SELECT d FROM e ON DUPLICATE KEY UPDATE f = 1", Operation.INSERT, "a e"),
        ("LOAD DATA INFILE 'x' INTO TABLE a", Operation.INSERT, "a"),
        ("REPLACE a VALUES (1)", Operation.REPLACE, "a"),
        ("UPDATE LOW_PRIORITY a, b SET a.c = 1", Operation.UPDATE, "a b"),
        ("DELETE FROM a USING a JOIN b USING (k)", Operation.DELETE, "a b"),
        ("TRUNCATE a", Operation.DDL, "a"),
        ("CREATE TABLE IF NOT EXISTS a (b INT)", Operation.DDL, "a"),
        ("DROP TABLE a, b", Operation.DDL, "a b"),
        ("ALTER TABLE a ADD b INT, ADD c INT", Operation.DDL, "a"),
        ("CREATE INDEX i ON a (b)", Operation.DDL, "a"),
        ("CREATE USER x@y", Operation.DDL, ""),
        ("GRANT SELECT ON od.* TO x", Operation.DDL, ""),
        ("CALL p(1)", Operation.CALL, ""),
        ("BEGIN NOT ATOMIC UPDATE a SET b = 1; END", Operation.CALL, "a"),
        ("EXECUTE s", Operation.PREPARED, ""),
        ("EXECUTE SELECT a FROM b", Operation.SELECT, "b"),
        ("SET NAMES utf8", Operation.SET, ""),
        ("SET STATEMENT max_statement_time = 1 FOR DELETE FROM a", Operation.DELETE, "a"),
        ("ANALYZE FORMAT=JSON UPDATE a SET b = 1", Operation.UPDATE, "a"),
        ("EXPLAIN SELECT a FROM b", Operation.OTHER, "b"),
        ("SHOW COLUMNS FROM a", Operation.OTHER, "a"),
        ("SHOW TABLES FROM od", Operation.OTHER, ""),
        ("COMMIT", Operation.OTHER, ""),
        ("SELECT 1; DROP TABLE a", Operation.DDL, "a"),
        ("SELECT a FROM dual", Operation.SELECT, ""),
        ("", Operation.OTHER, ""),
    ],
)
def test_the_first_words_tell_operation_and_tables(text: str, operation: Operation, tables: str) -> None:
    """Also for text that does not parse, and a write never hides behind a read."""
    statement = reduce_text(text)
    assert (statement.operation, " ".join(statement.tables)) == (operation, tables)


@pytest.mark.parametrize(
    ("text", "temporary"),
    [
        ("CREATE TEMPORARY TABLE t (a INT)", True),
        ("create or replace /* c */ temporary table t select * from u", True),
        ("DROP TEMPORARY TABLE IF EXISTS t, u", True),
        ("CREATE TEMPORARY TABLE t (a INT); SELECT * FROM t; DROP TEMPORARY TABLE t", True),
        ("EXECUTE CREATE TEMPORARY TABLE t (a INT)", True),
        ("CREATE TEMPORARY TABLE t (a INT); DELETE FROM u", False),
        ("CREATE TABLE t (temporary INT)", False),
        ("DROP TABLE t", False),
        ("INSERT INTO temporary VALUES (1)", False),
        ("SELECT 1", False),
    ],
)
def test_a_temporary_table_is_told_from_a_table(text: str, *, temporary: bool) -> None:
    """A shape that writes anything else beside is not temporary."""
    assert reduce_text(text).temporary is temporary


_CORPUS = (Path(__file__).parent / "everywhere.sql").read_text(encoding="utf-8").splitlines()


def find_queries(value: object) -> Iterator[Query]:
    """The queries within an outline, those in conditions too."""
    if isinstance(value, Query):
        yield value
    if isinstance(value, tuple):
        for part in value:
            yield from find_queries(part)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from find_queries(getattr(value, field.name))


@pytest.mark.parametrize("text", _CORPUS)
def test_words_and_parser_find_the_same_tables(text: str) -> None:
    """What stands behind FROM and its like is what a parser finds there."""
    statement = reduce_text(text, no_backslash_escapes=False)
    queries = list(find_queries(statement.outline))
    common = {name for query in queries for name, _ in query.common}
    named = {source.table for query in queries for source in find_sources(query.sources)} - common - {""}
    assert named <= set(statement.tables)
    if statement.operation is Operation.SELECT:
        assert statement.outline is not None
        assert named == set(statement.tables)


def find_sources(sources: Sequence[Source]) -> Iterator[Source]:
    """Those in parentheses too."""
    for source in sources:
        yield source
        yield from find_sources(source.nested)
