"""What is known by its skeleton is what reducing it would have shown."""

# ruff: noqa: SIM905 -- a list of fragments reads better as fragments than as quoted strings

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import Modes, Writer

from querywatch.sql.lexer import parse_tokens
from querywatch.sql.reduce import StatementBook, reduce_text
from querywatch.sql.skeleton import find_skeleton

_CORPUS = (Path(__file__).parent / "everywhere.sql").read_text(encoding="utf-8").splitlines()
_PIECES = st.sampled_from(
    (
        "'a'|'it''s'|'|''|5|5.5|.5|5e1|0x1|x'1'|x|_utf8|N|`a1`|`1`|`|?|t.|a5|5a|-|--|/*|*/|*|/|(|,|LIMIT|NULL| "
        '|\n|"|#|@a|$'
    ).split("|")
)


@given(st.lists(_PIECES, max_size=10), st.randoms(use_true_random=False))
def test_texts_of_one_skeleton_have_the_same_tokens(pieces: list[str], source: random.Random) -> None:
    """Other numbers and other strings in the same places change no token, however the pieces stand together."""
    text = "".join(pieces)
    skeleton = find_skeleton(text)
    if skeleton is None:
        return
    other = "".join(
        {"'a'": "'GRANT; -- \"'", "5": str(source.randrange(10**9)), "5.5": "77.125"}.get(piece, piece)
        for piece in pieces
    )
    if find_skeleton(other) == skeleton:
        assert parse_tokens(other) == parse_tokens(text)


def test_a_known_skeleton_gives_the_shape_that_reducing_gives() -> None:
    """One book over many statements, plain ones and others, against none."""
    writer, book = Writer(4), StatementBook()
    modes = Modes(ansi_quotes=False, no_backslash_escapes=False)
    for text in (*_CORPUS, *(writer.write(modes).cut(10_000)[0] for _ in range(1_000)), *_CORPUS):
        found, reduced = book.from_text(text), reduce_text(text)
        # The book gives a cut shape the whole one that it is the beginning of.
        assert found.shape == reduced.shape or reduced.cut


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'it\\'s'",
        'SELECT "a"',
        "SELECT 1 -- x",
        "SELECT 1 # x",
        "SELECT /* 1 */ 2",
        "SELECT 'open",
        "@a",
    ],
)
def test_what_may_be_read_in_two_ways_has_no_skeleton(text: str) -> None:
    assert find_skeleton(text) is None


def test_new_literals_make_no_new_skeleton() -> None:
    one = find_skeleton("SELECT a1 FROM `t2` WHERE b = 'x' AND c > 5.5 AND d = '# -- \"'")
    assert one == find_skeleton("SELECT a1 FROM `t2` WHERE b = 'y;' AND c > 123.0 AND d = ''")
    assert one is not None
    assert "x" not in one
