"""What a statement does, to which tables, and what it asks of their indexes."""

from pathlib import Path

import pytest

from querywatch.model import Operation
from querywatch.sql.reduce import reduce_text


def needs_of(text: str) -> dict[str, str]:
    """Each table's need in one line: filters, joins and blocked columns."""
    statement = reduce_text(text, no_backslash_escapes=False)
    assert statement.needs is not None
    return {
        need.table: " ".join(
            f"{letter}:{','.join(sorted(columns))}"
            for letter, columns in (("f", need.filters), ("j", need.joins), ("b", need.blocked))
            if columns
        )
        for need in statement.needs
    }


def sweeps_of(text: str) -> str:
    """The tables that are read from end to end, with the columns that leave a value out, and ? for a guard."""
    needs = reduce_text(text, no_backslash_escapes=False).needs
    assert needs is not None
    return " ".join(
        need.table
        + ("-" + ",".join(sorted(need.sweep.excluded)) if need.sweep.excluded else "")
        + ("?" if need.sweep.guarded else "")
        for need in needs
        if need.sweep is not None
    )


@pytest.mark.parametrize(
    ("where", "need"),
    [
        ("a = 1 AND b > 2 AND c IN (1, 2) AND d BETWEEN 1 AND 2", "f:a,b,c,d"),
        ("a LIKE 'x%' AND b IS NULL AND c <=> NULL AND 5 < d", "f:a,b,c,d"),
        ("a != 1 AND b NOT IN (1) AND c NOT LIKE 'x' AND d IS NOT NULL AND NOT e = 1", ""),
        ("DATE(a) = '2020-01-01' AND YEAR(b) = 2020 AND CAST(c AS DATE) = 1 AND d + 1 = 2", "b:a,b,c,d"),
        ("a RLIKE 'x' AND CONCAT(b, ' ', c) LIKE '%x%'", "b:a,b,c"),
        ("a = 1 OR b = 2", "b:a,b"),
        ("a = 1 OR a = 2 OR a IN (3)", "f:a"),
        ("(a = 1 OR b = 2) AND c = 3", "f:c b:a,b"),
        ("9999=9999", ""),
        ("(a, b) IN ((1, 2), (3, 4))", "f:a,b"),
        ("a = b", "b:a,b"),
        ("a = (SELECT 1)", "f:a"),
        ("a >= NOW() - INTERVAL 5 DAY", "f:a"),
        ("a >= CURRENT_DATE AND b = DATE('2020-01-01')", "f:a,b"),
        ("IF(a = 1, 2, 3) = 2", "b:a"),
        ("DATE(a) = 1 AND a > 1", "f:a"),
    ],
)
def test_conditions_ask_for_columns(where: str, need: str) -> None:
    """Bare columns against values filter; wrapped ones are blocked; negations are neither."""
    assert needs_of(f"SELECT x FROM t WHERE {where}") == {"t": need}


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        (
            "SELECT * FROM appointment a JOIN patient p ON p.PatNum=a.PatNum WHERE DATE(a.AptDateTime)=1 AND a.S=1",
            {"appointment": "f:s j:patnum b:aptdatetime", "patient": "j:patnum"},
        ),
        ("SELECT * FROM a, b WHERE a.x = b.y AND z = 1", {"a": "j:x", "b": "j:y"}),
        ("SELECT * FROM a JOIN b USING (k)", {"a": "j:k", "b": "j:k"}),
        ("SELECT * FROM a JOIN b ON a.x = b.y + 1", {"a": "j:x", "b": "b:y"}),
        ("SELECT * FROM a JOIN b ON a.x = b.y OR a.v = b.w", {"a": "b:v,x", "b": "b:w,y"}),
        ("SELECT * FROM a LEFT JOIN (SELECT k FROM b WHERE c = 1) d ON d.k = a.k", {"a": "j:k", "b": "f:c"}),
        ("SELECT (SELECT 1 FROM b WHERE b.k = a.k) FROM a WHERE a.c = 1", {"a": "f:c", "b": "j:k"}),
        ("SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k)", {"a": "", "b": "j:k"}),
        ("SELECT 1 FROM a WHERE k IN (SELECT k FROM b WHERE c = 1)", {"a": "j:k", "b": "f:c"}),
        ("SELECT 1 FROM a WHERE k = 1 UNION ALL SELECT 1 FROM b WHERE l = 1", {"a": "f:k", "b": "f:l"}),
        ("UPDATE a SET x = 1 WHERE y = 2", {"a": "f:y"}),
        ("UPDATE a, b SET a.x = 1 WHERE a.y = b.z AND a.w = 3", {"a": "f:w j:y", "b": "j:z"}),
        ("DELETE FROM a WHERE x = 1", {"a": "f:x"}),
        ("DELETE a FROM a JOIN b USING (k) WHERE b.q = 1", {"a": "j:k", "b": "f:q j:k"}),
        ("INSERT INTO a VALUES (1, 2)", {}),
        ("REPLACE INTO a (x) SELECT y FROM b WHERE z = 1", {"b": "f:z"}),
        ("WITH c AS (SELECT * FROM b WHERE x = 1) SELECT * FROM c WHERE y = 2", {"b": "f:x"}),
    ],
)
def test_tables_have_their_own_needs(text: str, needs: dict[str, str]) -> None:
    """Aliases resolve, scopes stay apart, and a column that may be anybody's is nobody's."""
    assert needs_of(text) == needs


@pytest.mark.parametrize(
    ("text", "limited"),
    [
        ("SELECT * FROM t LIMIT 5", True),
        ("SELECT * FROM t LIMIT 5, 10", False),
        ("SELECT * FROM t LIMIT 10 OFFSET 5", False),
        ("SELECT * FROM t WHERE a = 1 LIMIT 5", False),
        ("SELECT * FROM t ORDER BY a LIMIT 5", False),
        ("SELECT COUNT(*) FROM t LIMIT 1", False),
        ("SELECT * FROM t", False),
    ],
)
def test_a_limit_alone_bounds(text: str, *, limited: bool) -> None:
    """Only a LIMIT with nothing beside it bounds what is read."""
    needs = reduce_text(text).needs
    assert needs is not None
    assert [need.limited for need in needs] == [limited]


@pytest.mark.parametrize(
    ("text", "swept"),
    [
        ("SELECT * FROM t", "t"),
        ("SELECT a FROM x.t FORCE INDEX (b) ORDER BY a", "t"),
        ("(SELECT a FROM t)", "t"),
        ("TABLE t", "t"),
        ("SELECT SUM(a) FROM t", "t"),
        ("SELECT a, COUNT(*) FROM t GROUP BY a", "t"),
        ("SELECT COUNT(*) OVER () FROM t", "t"),
        ("SELECT * FROM t LEFT JOIN u ON u.a = t.a AND u.b = 1", "t"),
        ("SELECT * FROM t UNION SELECT * FROM u", "t u"),
        ("INSERT INTO s SELECT * FROM t", "t"),
        ("REPLACE INTO s (a) SELECT a FROM t UNION ALL SELECT a FROM u", "t u"),
        ("CREATE TEMPORARY TABLE s AS SELECT * FROM t", "t"),
        ("SELECT a FROM (SELECT * FROM t) s", "t"),
        ("SELECT * FROM (SELECT a, SUM(b) FROM t GROUP BY a) s LEFT JOIN u ON u.a = s.a", "t"),
        ("SELECT * FROM t WHERE a <> 1 AND t.b IS NOT NULL", "t-a,b"),
        ("SELECT * FROM t x LEFT JOIN u ON u.a = x.a WHERE x.a <> 1", "t-a"),
        ("SELECT * FROM t WHERE 9999=9999", "t?"),
        ("SELECT * FROM t WHERE 1 AND (a <> 1 AND 1=1)", "t-a?"),
    ],
)
def test_nothing_but_its_size_bounds_a_table(text: str, swept: str) -> None:
    """The table is read from end to end, whatever the answer is for; what weakens that is told with it."""
    assert sweeps_of(text) == swept


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM t LIMIT 5",
        "SELECT * FROM t ORDER BY a LIMIT 5, 10",
        "(SELECT * FROM t) LIMIT 5",
        "SELECT * FROM t UNION ALL SELECT * FROM u LIMIT 5",
        "SELECT * FROM t FETCH FIRST 5 ROWS ONLY",
        "SELECT * FROM t PARTITION (p)",
        "SELECT COUNT(*) FROM t",
        "SELECT MIN(a), MAX(b), COUNT(c), COUNT(DISTINCT d) FROM t",
        "SELECT DISTINCT a FROM t",
        "SELECT a, MAX(b) FROM t GROUP BY a",
        "SELECT a FROM t GROUP BY a",
        "SELECT a, SUM(b) FROM t GROUP BY a HAVING a = 1",
        "SELECT * FROM t WHERE a > 1",
        "SELECT * FROM t WHERE a <> b",
        "SELECT * FROM t WHERE a NOT IN (1, 2)",
        "SELECT * FROM t WHERE a <> 1 OR b = 1",
        "SELECT * FROM t WHERE ROWNUM() < 10",
        "SELECT * FROM t WHERE f(1)",
        "SELECT * FROM t WHERE DATE(a) = 1",
        "SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = 1)",
        "SELECT * FROM t JOIN u ON u.a = t.a",
        "SELECT * FROM t, u WHERE u.a = t.a",
        "SELECT * FROM t LEFT JOIN u ON u.a = t.a JOIN v ON v.a = t.a",
        "SELECT * FROM t RIGHT JOIN u ON u.a = t.a",
        "SELECT * FROM t LEFT JOIN u ON u.a = t.a WHERE u.b = 1",
        "SELECT * FROM t LEFT JOIN u ON u.a = t.a WHERE b <> 1",
        "SELECT * FROM (t JOIN u ON u.a = t.a) LEFT JOIN v ON v.a = t.a",
        "SELECT * FROM (SELECT * FROM t) s WHERE s.a = 1",
        "SELECT * FROM (SELECT * FROM t) s LIMIT 5",
        "SELECT COUNT(*) FROM (SELECT * FROM t) s",
        "SELECT 1 FROM s WHERE a IN (SELECT a FROM t)",
        "SELECT (SELECT SUM(a) FROM t)",
        "WITH c AS (SELECT * FROM t) SELECT * FROM c WHERE a = 1",
        "CREATE VIEW v AS SELECT * FROM t",
        "EXPLAIN SELECT * FROM t",
        "INSERT INTO s VALUES ((SELECT a FROM t))",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
    ],
)
def test_what_may_bound_a_table_is_believed(text: str) -> None:
    """No sweep is claimed where anything may end the reading early, or an index alone may answer."""
    assert sweeps_of(text) == ""


@pytest.mark.parametrize(
    "text", ["ELECT a FROM t", "SELECT a FROM", "SELECT ((a FROM t", "#", "CALL x(1)", "SELECT 1; SELECT 2"]
)
def test_what_does_not_parse_has_no_needs(text: str) -> None:
    """None is "not known"; it is never an empty list of needs."""
    assert reduce_text(text).needs is None


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


@pytest.mark.parametrize("text", _CORPUS)
def test_words_and_parser_find_the_same_tables(text: str) -> None:
    """What stands behind FROM and its like is what a parser finds there."""
    statement = reduce_text(text, no_backslash_escapes=False)
    named = {need.table for need in statement.needs or ()}
    assert named <= set(statement.tables)
    if statement.operation is Operation.SELECT:
        assert statement.needs is not None
        assert named == set(statement.tables)
