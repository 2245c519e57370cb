"""What goes out of a statement does not depend on what its literals, comments and unknown names say.

Two statements that differ in nothing else must look alike from outside, wherever they are cut, but that one of
them may be given up sooner. That is stronger than looking for a canary: a literal that reads like a keyword or a
column would be found too. `tests/benchmarks/redaction_loop.py` runs the same over 200,000 statements.
"""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import CANARY, TEMPLATES, Modes, Writer
from traces import Reading, find_trace

from querywatch.opendental import read_names
from querywatch.sql.clean import known_names, render_outward
from querywatch.sql.lexer import ModesFrom
from querywatch.sql.reduce import StatementBook, reduce_digest, reduce_text

_KNOWN = known_names(None, read_names())
_STATEMENTS = 1_250
_CUTS = 3
_GARBLE = (
    "\N{NO-BREAK SPACE}",
    "'",
    '"',
    "`",
    "\\",
    "\N{REPLACEMENT CHARACTER}",
    "\ud800",
    "\0",
    "*/",
    "/*",
    "#",
)


def make_modes(choices: random.Random) -> Modes:
    return Modes(ansi_quotes=choices.random() < 0.2, no_backslash_escapes=choices.random() < 0.4)


def show(text: str) -> str:
    return render_outward(reduce_text(text).shape, _KNOWN)


def test_what_is_hidden_makes_no_difference() -> None:
    """Every form of literal, comment and name, whole and cut at any byte, however the sql_mode is known."""
    writer = Writer(1)
    leaks = list[str]()
    for _ in range(_STATEMENTS):
        modes = make_modes(writer.random)
        planted = writer.write(modes)
        ends = [len(planted.text), *(writer.random.randrange(len(planted.text)) for _ in range(_CUTS))]
        leaks += [find_trace(planted, end, Reading.choose(writer.random, modes)) for end in ends]
    assert [leak for leak in leaks if leak] == []


def test_every_byte_of_every_template() -> None:
    """As many statements as there are kinds, each cut behind each of its bytes."""
    writer, modes = Writer(2), Modes(ansi_quotes=False, no_backslash_escapes=False)
    reading = Reading("known", modes, ModesFrom.SERVER)
    leaks = list[str]()
    for _ in TEMPLATES:
        planted = writer.write(modes)
        leaks += [find_trace(planted, end, reading) for end in range(len(planted.text))]
    assert [leak for leak in leaks if leak] == []


@given(seed=st.integers(0, 2**32), share=st.floats(0, 1), ansi=st.booleans(), plain=st.booleans())
def test_nothing_planted_is_ever_found(*, seed: int, share: float, ansi: bool, plain: bool) -> None:
    """The same, with the statements that hypothesis likes best."""
    writer, modes = Writer(seed), Modes(ansi_quotes=ansi, no_backslash_escapes=plain)
    planted = writer.write(modes)
    end = round(share * len(planted.text))
    assert find_trace(planted, end, Reading.choose(writer.random, modes)) == ""


def test_garbled_text_read_in_any_way_shows_no_canary() -> None:
    """Lost letters, stray quotes, a wrong sql_mode, text that passes for a digest, a book that completes it."""
    writer, book = Writer(3), StatementBook()
    leaks = []
    for _ in range(_STATEMENTS):
        planted = writer.write(make_modes(writer.random))
        text = _garble(planted.cut(len(planted.text))[0], writer.random)
        book.ansi_quotes, book.no_backslash_escapes = (
            writer.random.choice([None, False, True]) for _ in "ab"
        )
        statements = (book.from_text(text), book.from_text(text, cut=True), book.from_digest(text))
        for statement in (*statements, reduce_digest(text)):
            shown = render_outward(statement.shape, _KNOWN)
            if CANARY.search(shown) or render_outward(shown, _KNOWN) != shown:
                leaks.append((text, shown))
    assert leaks == []


def _garble(text: str, choices: random.Random) -> str:
    for _ in range(choices.randint(0, 3)):
        place = choices.randint(0, len(text))
        text = choices.choice(
            [
                text[1:],
                text[:place],
                text[:place] + text[place + 1 :],
                text.replace(" ", "\N{NO-BREAK SPACE}"),
            ]
            + [text[:place] + choices.choice(_GARBLE) + text[place:]] * 4
        )
    return text


@pytest.mark.parametrize("space", ["\N{NO-BREAK SPACE}", "\N{LINE SEPARATOR}", "\x85", "\ufeff"])
def test_two_minuses_and_no_plain_space_are_no_comment(space: str) -> None:
    """As the servers have it (measured: SELECT 1--<NBSP>2 is no SELECT 1): the string behind is not skipped into."""
    assert show(f"SELECT 1--{space}a 'x\n lname GRANT'").count("?") == 2
    assert "lname" not in show(f"SELECT 1--{space}a 'x\n lname GRANT'")


def test_a_quoted_name_spelled_like_a_symbol_is_a_name() -> None:
    """What went out stays as it is, also behind a name that is nothing but a parenthesis."""
    shown = show("CREATE USER `(`")
    assert render_outward(shown, _KNOWN) == shown


@pytest.mark.parametrize(
    ("digest", "shown"),
    [
        # SELECT 1 AS `a``Mary Canary lname`, as MySQL 5.6 and 9.7 have it, then as MariaDB does.
        ("SELECT ? AS `a`Mary Canary lname` ", "SELECT ? AS ..."),
        ("SELECT ? AS `a``Mary Canary lname` ", "SELECT ? AS id1"),
        ("SELECT ? AS `a` lname `b`", "SELECT ? AS id1 ..."),
        ("SELECT ? AS `a`GRANT YEAR` FROM `patient`", "SELECT ? AS ..."),
        ("SELECT `LName` AS `x` FROM `patient`", "SELECT lname AS id1 FROM patient"),
    ],
)
def test_a_backtick_in_an_alias_lets_nothing_out_of_a_digest(digest: str, shown: str) -> None:
    """MySQL's digest text does not double it, so that the rest of the name looks like SQL."""
    assert render_outward(reduce_digest(digest).shape, _KNOWN) == shown
