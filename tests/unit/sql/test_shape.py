"""The shape of a statement: nothing of its literals, one form for every way of writing it."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querywatch.sql.reduce import reduce_digest, reduce_text

_CORPUS = [
    line
    for name in ("everywhere.sql", "not_on_5_6.sql")
    for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
]


def shape_of(text: str) -> str:
    return reduce_text(text, ansi_quotes=False, no_backslash_escapes=False).shape


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("select `PatNum` from  Patient where LName='x'", "SELECT patnum FROM patient WHERE lname = ?"),
        ("SELECT a FROM t WHERE b IN (1,'x',NULL,-3)", "SELECT a FROM t WHERE b IN (?)"),
        ("SELECT a FROM t WHERE b IS NULL OR b = NULL", "SELECT a FROM t WHERE b IS NULL OR b = ?"),
        ("SELECT a FROM t LIMIT 5300000, 100000", "SELECT a FROM t LIMIT ?, ?"),
        ("SELECT a FROM t LIMIT 10 OFFSET 5", "SELECT a FROM t LIMIT ? OFFSET ?"),
        ("SELECT 1.5e-3, .5, 1., 0xFF, x'0F', b'1', 0b1, N'a', _utf8'a', @x, @'y', @`z`", "SELECT ?"),
        ("SELECT 12abc, @@sql_mode, @@global.x", "SELECT `12abc`, @@sql_mode, @@global.x"),
        ("INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT INTO t VALUES (?)"),
        ("INSERT INTO t VALUES (1, NOW()), (2, NOW())", "INSERT INTO t VALUES (?, NOW())"),
        ("SELECT a AS `John Smith`, b AS 'Jane'", "SELECT a AS `john smith`, b AS ?"),
        ("SELECT `key`, t.key, `a``b`", "SELECT `key`, t.`key`, `a``b`"),
        ("SELECT 2*/*c*/3 /*!40001 + a */* 4 -- end", "SELECT ? * ? + a * ?"),
        ("SELECT a\N{NO-BREAK SPACE}FROM\N{NO-BREAK SPACE}t", "SELECT a FROM t"),
        ("SELECT x - -5, x -5, (-5), x * - 5 FROM t", "SELECT x - ?, x - ?, (?), x * ? FROM t"),
        (
            "SELECT x FROM t WHERE d > NOW() - INTERVAL 5 DAY",
            "SELECT x FROM t WHERE d > NOW() - INTERVAL ? DAY",
        ),
        ("", ""),
        (";;", ""),
    ],
)
def test_a_statement_has_its_shape(text: str, shape: str) -> None:
    """What is a literal becomes a question mark; what is not, stays."""
    assert shape_of(text) == shape


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("SELECT a FROM t WHERE b <> 1", "SELECT a FROM t WHERE b != 'x'"),
        ("SELECT SUBSTR(a, 1)", "SELECT MID(a, 1, 2)"),
        ("DESC t", "desc  t"),
        ("DESCRIBE t", "EXPLAIN t"),
        ("SELECT CURRENT_TIMESTAMP()", "SELECT now()"),
        ("SELECT a FROM t WHERE b REGEXP 'x'", "SELECT a FROM t WHERE b RLIKE 'y'"),
        ("SELECT DISTINCTROW a FROM t", "SELECT DISTINCT a FROM t"),
        ("SELECT a -- Smith\nFROM t # Smith\n", "SELECT /* Smith */ a FROM t"),
    ],
)
def test_spellings_of_one_statement_are_one(left: str, right: str) -> None:
    """Case, space, comments and synonyms make no difference."""
    assert shape_of(left) == shape_of(right)


@pytest.mark.parametrize(
    ("digest", "text"),
    [
        ("SELECT * FROM `t` WHERE `a` IN (...) ", "SELECT * FROM t WHERE a IN (1,2)"),
        ("INSERT INTO `t` VALUES (...) /* , ... */ ", "INSERT INTO t VALUES (1,2),(3,4)"),
        ("SELECT * FROM `t` LIMIT ?, ... ", "SELECT * FROM t LIMIT 5, 10"),
        ("SELECT ?, ... , (_charset) ? , (unknown) , @? ", "SELECT 1, 2, _utf8'x', x'41', @y"),
        ("SELECT ? FROM `t` WHERE `a` > - ?", "SELECT 1 FROM t WHERE a > -1"),
        (
            "SELECT NOW , SYSTEM_USER ( ) , SQL_TSI_DAY ( `a` ) FROM `t`",
            "SELECT CURRENT_TIMESTAMP, user(), DAY(a) FROM t",
        ),
        ("SELECT ? | ? ", "SELECT 2 || 1"),
    ],
)
def test_digest_text_has_the_shape_of_its_statement(digest: str, text: str) -> None:
    """Each mark that servers put in digest text reads as what it stands for."""
    assert reduce_digest(digest).shape == shape_of(text)


@pytest.mark.parametrize("statement", _CORPUS)
def test_a_shape_is_its_own_shape(statement: str) -> None:
    """Reducing what is reduced changes nothing, with and without knowledge of the sql_mode."""
    shape = shape_of(statement)
    assert reduce_text(shape).shape == shape
    assert reduce_text(shape, ansi_quotes=False, no_backslash_escapes=True).shape == shape


@given(st.integers(1, 5000), st.randoms(use_true_random=False))
def test_a_list_of_any_length_is_one_shape(length: int, source: random.Random) -> None:
    """IN lists of 1 to 5,000 ids have one fingerprint."""
    ids = ", ".join(str(source.randrange(-(10**9), 10**9)) for _ in range(length))
    one = reduce_text("SELECT a FROM t WHERE b IN (1)")
    assert reduce_text(f"SELECT a FROM t WHERE b IN ({ids})") == one


_GAP = st.sampled_from([" ", "\n", "\t ", " /* x */ ", " -- y\n", "\N{NO-BREAK SPACE}"])


_BARE_SHAPES = [shape for shape in map(shape_of, _CORPUS) if "`" not in shape]


@given(st.sampled_from(_BARE_SHAPES), st.data())
def test_case_and_space_make_no_difference(shape: str, data: st.DataObject) -> None:
    """Between two words of a shape any space and any comment may stand, in any case."""
    letters = [data.draw(_GAP) if letter == " " else letter for letter in shape]
    changed = [data.draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in letters]
    assert shape_of("".join(changed)) == shape
