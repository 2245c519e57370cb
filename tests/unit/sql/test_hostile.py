"""Text made to hurt: reduced within bounds of time and size, never an error."""

import time

import pytest
from hostile import HOSTILE, SHOWN_BYTES

from querywatch.service.judging import Renderer
from querywatch.sql.clean import render_outward
from querywatch.sql.reduce import StatementBook, reduce_digest, reduce_text
from querywatch.sql.split import split_statements

# Ten times what the slowest of them took on a busy two-core machine.
_LIMIT_SECONDS = 5.0
_HOSTILE = {
    "parentheses": "(" * 5_000_000,
    "nested parentheses": "SELECT " + "(" * 10_000 + "1" + ")" * 10_000,
    "nested functions": "SELECT " + "f(" * 10_000,
    "nested selects": "SELECT a FROM " + "(SELECT a FROM " * 3_000,
    "open quote": "SELECT '" + "a" * 10_000_000,
    "open comment": "SELECT /*" + "*" * 10_000_000,
    "open name": "SELECT `" + "a " * 5_000_000,
    "backslashes": "SELECT '" + "\\" * 5_000_001,
    "quotes": "'" * 5_000_001,
    "ends of comments": "*/" * 1_000_000,
    "signs": "-" * 2_000_000,
    "signs and ones": "1,-" * 1_000_000,
    "digits": "1" * 5_000_000,
    "list": "SELECT a FROM t WHERE b IN (" + "12345678," * 500_000 + "1)",
    "rows": "INSERT INTO t VALUES " + "(1,'abc',NULL)," * 200_000 + "(1,'abc',NULL)",
    "rows with calls": "INSERT INTO t VALUES " + "(1,NOW())," * 200_000 + "(1,NOW())",
    "open rows": "(?,(" * 500_000,
    "charsets": "_utf8 " * 500_000,
    "spaces": "1" + (" " * 1000 + "1") * 2_000,
    "words": "abc " * 1_000_000,
    "nots": "SELECT a FROM t WHERE " + "NOT " * 3_000 + "a",
    "cases": "SELECT " + "CASE WHEN a THEN " * 900 + "1" + " END" * 900,
    "names": "SELECT " + ", ".join(f"a{number}" for number in range(24_000)),
    "conditions": "SELECT a FROM t WHERE " + " OR ".join(["b = 1 AND c = 2"] * 400),
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_hostile_text_is_bounded(name: str) -> None:
    """Neither length nor depth holds up a poll, and the shape stays small."""
    started = time.process_time()
    statement = reduce_text(_HOSTILE[name])
    reduce_digest(_HOSTILE[name])
    assert time.process_time() - started < 2 * _LIMIT_SECONDS
    assert len(statement.shape) < 500_000


@pytest.mark.parametrize("name", _HOSTILE)
def test_showing_hostile_text_is_bounded(name: str) -> None:
    """Not even thousands of names that nobody knows take long to number."""
    shape = reduce_text(_HOSTILE[name]).shape
    started = time.process_time()
    render_outward(shape, frozenset())
    assert time.process_time() - started < _LIMIT_SECONDS / 2


def test_long_plain_lists_are_whole() -> None:
    """A list or a row that is long is not cut: it is the shape of a short one."""
    assert reduce_text(_HOSTILE["list"]).shape == "SELECT a FROM t WHERE b IN (?)"
    assert reduce_text(_HOSTILE["rows"]).shape == "INSERT INTO t VALUES (?)"


def test_splitting_is_bounded() -> None:
    """A file without an end, or with nothing but semicolons, is split in linear time."""
    started = time.process_time()
    for text in (_HOSTILE["open quote"], _HOSTILE["open comment"], ";" * 2_000_000, "/*" * 2_000_000):
        assert len(list(split_statements(text))) <= 1
    assert time.process_time() - started < _LIMIT_SECONDS


@pytest.mark.parametrize("name", HOSTILE)
def test_no_statement_on_show_holds_up_a_poll(name: str) -> None:
    """Whatever a session runs, its shape is there within a tenth of a second, parsed or not."""
    text, best = HOSTILE[name], 1.0
    for _ in range(3):
        book = StatementBook()
        book.ansi_quotes = book.no_backslash_escapes = False
        started = time.process_time()
        book.from_text(text[:SHOWN_BYTES], cut=len(text) > SHOWN_BYTES)
        best = min(best, time.process_time() - started)
    assert best < 0.1


@pytest.mark.parametrize("name", HOSTILE)
def test_showing_what_runs_holds_up_no_poll(name: str) -> None:
    """A shape of ten thousand names is shown by its beginning, and says that it is one."""
    statement = StatementBook().from_text(HOSTILE[name][:SHOWN_BYTES])
    started = time.process_time()
    shown = Renderer().render(statement)
    assert time.process_time() - started < 0.1
    assert len(shown) < 10_000
    assert shown.endswith("...") or not len(statement.shape) > 10_000
