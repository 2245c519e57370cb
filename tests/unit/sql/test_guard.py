"""The guard passes on one plain SELECT over the practice's tables, and nothing that could run, write or lock."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querywatch.sql.guard import guard_select

_TABLES = frozenset({("opendental", "patient"), ("opendental", "appointment")})
# What the guard may write, said a second time: names in backticks, these words, these calls, plain literals.
_NAME = "`[A-Za-z0-9_][A-Za-z0-9_ ]*`"
_WORD = (
    "SELECT|DISTINCT|FROM|WHERE|GROUP|ORDER|BY|HAVING|LIMIT|OFFSET|ASC|DESC|AS|ON|USING|JOIN|INNER|LEFT|RIGHT|OUTER"
    "|CROSS|STRAIGHT_JOIN|AND|OR|NOT|XOR|IN|IS|NULL|TRUE|FALSE|LIKE|BETWEEN|REGEXP|RLIKE|DIV|MOD|CASE|WHEN|THEN|ELSE"
    "|END|INTERVAL|SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|QUARTER|YEAR"
)
_CALL = r"[A-Z][A-Z0-9_]*\("
_WRITTEN = re.compile(
    rf"(?:(?:{_NAME}(?:\.{_NAME})?|{_WORD}|{_CALL}|\d+(?:\.\d+)?|'[ !#-&(-\[\]-~]*'"
    r"|[(),.=<>+*/%-]|<=>|<=|>=|<>|!=)(?: |\Z))+"
)
_HARMFUL = re.compile(
    r"\b(?:SLEEP|BENCHMARK|GET_LOCK|LOAD_FILE|MASTER_POS_WAIT|NEXTVAL|SETVAL|LAST_INSERT_ID)\(|--|/\*|#|;|@|:=|\bINTO\b"
)


def guard(text: str, database: str | None = "opendental") -> str | None:
    found = guard_select(text, database=database, tables=_TABLES)
    return None if found is None else found.text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            "select LName from Patient p where p.DateTStamp > '2026-11-22 08:00:00';",
            "SELECT `LName` FROM `opendental`.`Patient` `p` WHERE `p` . `DateTStamp` > '2026-11-22 08:00:00'",
        ),
        (
            "SELECT COUNT(*) FROM opendental.patient a, appointment WHERE LEFT(a.x, 1) IN (1, 2)",
            (
                "SELECT COUNT( * ) FROM `opendental`.`patient` `a` , `opendental`.`appointment` "
                "WHERE LEFT( `a` . `x` , 1 ) IN ( 1 , 2 )"
            ),
        ),
        (
            "SELECT 1 FROM patient LEFT JOIN appointment USING (PatNum) WHERE x >= NOW() - INTERVAL 5 DAY",
            (
                "SELECT 1 FROM `opendental`.`patient` LEFT JOIN `opendental`.`appointment` USING ( `PatNum` ) "
                "WHERE `x` >= NOW( ) - INTERVAL 5 DAY"
            ),
        ),
    ],
)
def test_a_plain_select_is_written_anew(text: str, written: str) -> None:
    """The same statement, with every name in backticks and every table with its database."""
    assert guard(text) == written
    assert _WRITTEN.fullmatch(written)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT f(x) FROM patient",
        "SELECT `f`(x) FROM patient",
        "SELECT opendental.f(x) FROM patient",
        "SELECT opendental.count(x) FROM patient",
        "SELECT opendental . count(x) FROM patient",
        "SELECT SLEEP(5) FROM patient",
        "SELECT BENCHMARK(1, 1) FROM patient",
        "SELECT * FROM (SELECT f()) x",
        "SELECT * FROM patient, (SELECT f()) x",
        "SELECT * FROM patient WHERE PatNum IN (SELECT f())",
        "SELECT * FROM patient WHERE EXISTS (TABLE appointment)",
        "SELECT * FROM patient UNION SELECT 1 FROM patient",
        "SELECT * FROM patient JOIN (appointment) ON 1",
        "SELECT * FROM patient JOIN LATERAL f() x",
        "SELECT * FROM JSON_TABLE('[]', '$' COLUMNS (a INT PATH '$')) x",
        "SELECT * FROM patient INTO OUTFILE '/tmp/x'",
        "SELECT LName INTO @a FROM patient",
        "SELECT @a := 1 FROM patient",
        "SELECT @@version FROM patient",
        "SELECT * FROM patient FOR UPDATE",
        "SELECT * FROM patient FOR SHARE",
        "SELECT * FROM patient LOCK IN SHARE MODE",
        "SELECT * FROM patient PROCEDURE ANALYSE()",
        "SELECT * FROM patient; DELETE FROM patient",
        "SELECT /*! f(), */ 1 FROM patient",
        "SELECT /*+ SET_VAR(sql_log_bin=0) */ 1 FROM patient",
        "SELECT 1 -- f\n FROM patient",
        "SELECT 1 # f\n FROM patient",
        r"SELECT 'a\', f(), ' FROM patient",
        "SELECT 'a'', f(), ' FROM patient",
        'SELECT "f()" FROM patient',
        "SELECT _gbk'a' FROM patient",
        "SELECT 'a' 'b' FROM patient",
        "SELECT 'é' FROM patient",
        "SELECT * FROM mysql.user",
        "SELECT * FROM patient, mysql.user",
        "SELECT * FROM patient JOIN someview ON 1",
        "SELECT 1",
        "SELECT * FROM patient WHERE (1",
        "SELECT * FROM patient, ",
        "DELETE FROM patient",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "CALL f()",
        "",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    """Functions that are not known, subqueries, views, locks, variables, files, comments, text read in two ways."""
    assert guard(text) is None


def test_a_table_needs_its_database() -> None:
    """A session that chose none names tables in full."""
    assert guard("SELECT 1 FROM patient", database=None) is None
    assert guard("SELECT 1 FROM opendental.patient", database=None) is not None
    assert guard("SELECT 1 FROM patient", database="opendental`.x") is None


def test_its_literals_are_not_shown() -> None:
    """Neither by the value nor by what is refused."""
    found = guard_select("SELECT 1 FROM patient WHERE a = 'Mary'", database="opendental", tables=_TABLES)
    assert found is not None
    assert "Mary" not in repr(found)


# ruff: noqa: SIM905 -- pieces of text read better as text than as quoted strings
_PIECES = st.sampled_from(
    "SELECT|FROM|patient|appointment|opendental.|WHERE|(|)|,|*|'|''|\\'|\"|`|/*|*/|/*!|--|-- |#|\n| |;|@a|:=|f(|COUNT("
    "|count (|SLEEP(5)|INTO|FOR UPDATE|UNION SELECT|(SELECT|JOIN|a|= 'x'|= 1|1|.|-|/|mysql.user|INTERVAL 1 DAY|IN (1)"
    "|LIMIT 1|someview|CALL|DELETE|\x00|é|`f`(|LEFT|USING (|GROUP BY|AS|ON".split("|")
)


@settings(max_examples=1_000, deadline=None)
@given(st.lists(_PIECES, max_size=14).map(lambda pieces: "SELECT a FROM patient " + " ".join(pieces)))
def test_what_is_written_is_in_the_small_language(text: str) -> None:
    """Whatever comes: one SELECT, only the practice's tables behind FROM, JOIN and commas, nothing harmful."""
    written = guard(text)
    if written is None:
        return
    assert _WRITTEN.fullmatch(written), written
    outside = re.sub(r"'[^']*'|`[^`]*`", "x", written)
    assert not _HARMFUL.search(outside)
    assert outside.count("SELECT") == outside.count("FROM") == 1
    assert not re.search(r"x ?\(", outside)
    tables = re.findall(r"`opendental`\.`(\w+)`", written)
    assert set(tables) <= {"patient", "appointment"}


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60))
def test_no_text_stops_it(text: str) -> None:
    """Any text has an answer, and soon."""
    assert guard(f"SELECT a FROM patient WHERE {text}") is None or text.isascii()
