"""What a book of statements remembers: each shape once, no text, and whose beginning a cut shape is."""

import time
import tracemalloc

import pytest

from querywatch.sql.hints import ValueKind
from querywatch.sql.reduce import StatementBook


def test_a_shape_is_one_statement() -> None:
    """New literals in a known shape give the same value, so that it takes its memory once."""
    book = StatementBook()
    assert len({id(book.from_text(f"SELECT a FROM t WHERE b = {number}")) for number in range(50)}) == 1


def test_of_a_shape_is_told_what_all_its_texts_have_in_common() -> None:
    """Nobody is accused of what only some runs do; what every run does is told all the same."""
    book = StatementBook()
    book.from_text("SELECT a FROM t WHERE b LIKE '%x' AND c = 5 LIMIT 10, 500")
    book.from_text("SELECT a FROM t WHERE b LIKE '%y' AND c = 6 LIMIT 10, 500")
    text = "SELECT a FROM t  WHERE b LIKE '%z' AND c = 5 LIMIT 10, 20"
    assert [hint.kind for hint in book.from_text(text).hints[:2]] == [ValueKind.WILDCARD, ValueKind.INTEGER]
    book.from_text("SELECT a FROM t WHERE b LIKE 'x%' AND c = 5 LIMIT 10, 500")
    hints = book.from_text("SELECT a FROM t WHERE b LIKE '%x' AND c = 5 LIMIT 10, 500").hints
    assert [hint.kind for hint in hints[:2]] == [ValueKind.UNKNOWN, ValueKind.INTEGER]
    assert [hint.number for hint in hints[2:]] == [10, 20]
    cut = book.from_text("SELECT a FROM t WHERE b LIKE '%x' AND c = 5 LIM", cut=True)
    assert cut.hints == hints


@pytest.mark.parametrize("paging", ["LIMIT {}, 500", "LIMIT 500 OFFSET {}"])
def test_pages_are_told_by_how_far_they_lead(paging: str) -> None:
    """To their order of magnitude: not each page is looked at anew."""
    book = StatementBook()
    for offset in range(0, 250_000, 500):
        statement = book.from_text(f"SELECT a FROM t WHERE b = 'x' ORDER BY a {paging.format(offset)}")
    numbers = sorted(hint.number for hint in statement.hints if hint.number is not None)
    assert numbers == [500, 100_000]


def test_a_digest_that_came_first_leaves_the_hints_to_the_texts() -> None:
    book = StatementBook()
    assert book.from_digest("SELECT `a` FROM `t` WHERE `b` = ?").hints == ()
    text = "SELECT `a` FROM `t` WHERE `b` = 5"
    assert [hint.kind for hint in book.from_text(text).hints] == [ValueKind.INTEGER]
    assert [hint.kind for hint in book.from_digest("SELECT `a` FROM `t` WHERE `b` = ?").hints] == [
        ValueKind.INTEGER
    ]


def test_only_so_many_texts_of_a_shape_are_compared() -> None:
    """Software that writes a comment of its own into each text does not cost twice as much for ever."""
    book = StatementBook()
    for number in range(100):
        book.from_text(f"SELECT a FROM t WHERE b = 'x' -- {number}")
    statement = book.from_text("SELECT a FROM t WHERE b = 5 -- last")
    assert [hint.kind for hint in statement.hints] == [ValueKind.STRING]


def test_a_cut_text_takes_the_full_shape() -> None:
    """The beginning of exactly one known statement is that statement."""
    book = StatementBook()
    full = book.from_text("SELECT a FROM t WHERE b = 'x' AND counted = 5 ORDER BY a")
    assert book.from_text("SELECT a FROM t WHERE b = 'x' AND coun", cut=True) is full
    assert book.from_text("SELECT a FROM t WHERE b = 'x") is full


@pytest.mark.parametrize(
    "cut",
    [
        "SELECT a FROM t WHERE b = 5 AND d",  # another condition
        "SELECT a FROM t, u WHERE b = 5 AND ",  # another table
        "SELECT a ",  # its tables are not in sight
        "DELETE FROM t WHERE b = 5 AND ",
    ],
)
def test_a_cut_text_of_another_statement_stands_alone(cut: str) -> None:
    """Nothing but a beginning with the same tables and operation counts."""
    book = StatementBook()
    full = book.from_text("SELECT a FROM t WHERE b = 5 AND coun = 5")
    alone = book.from_text(f"{cut} ...")
    assert alone.cut
    assert alone.fingerprint != full.fingerprint
    assert alone.outline is None


def test_a_cut_text_that_begins_two_statements_stands_alone() -> None:
    """Two candidates are none, and the first of them was one as long as it was the only one."""
    book = StatementBook()
    first = book.from_text("SELECT a FROM t WHERE b = 5 AND c = 1")
    assert book.from_text("SELECT a FROM t WHERE b = 5 AND ", cut=True) is first
    book.from_text("SELECT a FROM t WHERE b = 5 AND d = 1")
    assert book.from_text("SELECT a FROM t WHERE b = 5 AND ", cut=True).cut


def test_the_modes_of_the_server_are_obeyed() -> None:
    """Changing a sql_mode changes the reading of text that was read before."""
    book = StatementBook()
    text = "SELECT \"a\" FROM t WHERE b = 'it\\'s' AND c = 1"
    assert book.from_text(text).cut
    book.no_backslash_escapes = False
    assert book.from_text(text).shape == "SELECT ? FROM t WHERE b = ? AND c = ?"
    book.ansi_quotes = True
    assert book.from_text(text).shape == "SELECT a FROM t WHERE b = ? AND c = ?"


def test_a_digest_near_the_servers_limit_counts_as_cut() -> None:
    """Digest text carries no mark where it was cut; its stored size tells, by the limit the server has."""
    names = " , ".join(["`a_name_of_twenty_ch`"] * 60)
    digest = f"SELECT {names} FROM `t`"
    book = StatementBook()
    assert book.from_digest(digest).cut
    book.max_digest_bytes = 4096
    assert not book.from_digest(digest).cut


def test_memory_stays_flat() -> None:
    """Three times as many distinct shapes leave no more behind."""
    book = StatementBook(max_entries=200)
    for number in range(1_000):
        book.from_text(f"SELECT a{number} FROM t{number}")
    tracemalloc.start()
    try:
        for number in range(1_000, 3_000):
            book.from_text(f"SELECT a{number} FROM t{number}")
        middle, _ = tracemalloc.get_traced_memory()
        for number in range(3_000, 9_000):
            book.from_text(f"SELECT a{number} FROM t{number}")
        late, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert late < middle * 1.5 + 100_000


def test_bytes_are_bounded_too() -> None:
    """Few large shapes drive out as much as many small ones."""
    book = StatementBook(max_bytes=100_000)
    large = "SELECT " + ", ".join(f"a{number}" for number in range(4_500))
    small = book.from_text("SELECT a FROM t")
    for number in range(4):
        book.from_text(f"{large} FROM t{number}")
    assert book.from_text("SELECT a FROM t") is not small
    assert book.from_text("SELECT a FROM t").shape == "SELECT a FROM t"


def test_many_shapes_that_begin_like_a_cut_one_are_no_match_and_take_no_time() -> None:
    """Ten thousand of one kind: looking for whose beginning it is does not go through all of them."""
    book = StatementBook()
    for number in range(5_000):
        book.from_text(f"SELECT a, b{number} FROM t WHERE c = 1 AND d{number} = 2")
    alone = book.from_text("SELECT a, b77 FROM t WHERE c = 1 AND d77", cut=True)
    started = time.process_time()
    for _ in range(1_000):
        found = book.from_text("SELECT a, b77 FROM t WHERE c = 1 AND ", cut=True)
        assert book.from_text("SELECT a, ", cut=True).cut
    assert time.process_time() - started < 2.0
    assert found.shape == alone.shape == "SELECT a, b77 FROM t WHERE c = ? AND d77 = ?"
