"""Nothing that a client wrote as a value, and no name that the schema does not know, gets out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querywatch.sql.clean import render_outward
from querywatch.sql.reduce import reduce_digest, reduce_text

_CANARY = "zqcanaryqz"
_KNOWN = frozenset({"patient", "lname", "fname", "patnum"})
_FORMS = (
    f"'{_CANARY}'",
    f'"{_CANARY}"',
    f"'it''s {_CANARY}'",
    f"'it\\'s {_CANARY}'",
    f'"say \\"{_CANARY}\\" "',
    f"'back\\\\{_CANARY}\\\\'",
    f"N'{_CANARY}'",
    f"_utf8'{_CANARY}'",
    f"x'{_CANARY}'",
    f"@`{_CANARY}`",
    f"@'{_CANARY}'",
    f"@{_CANARY}",
    f"/* {_CANARY} */ 1",
    f"/*!99999 {_CANARY} */ 1",
    f"/*+ {_CANARY} */ 1",
    f"1 -- {_CANARY}\n",
    f"1 # {_CANARY}\n",
    f"1 AS `{_CANARY} Smith`",
    f"1 AS {_CANARY}",
    f"1 AS '{_CANARY}'",
    f'1 "{_CANARY}"',
    f"@@{_CANARY}",
    f"{_CANARY}('x')",
    f"_{_CANARY}'x'",
    f"LName COLLATE {_CANARY}",
    f"CONVERT(LName USING {_CANARY})",
    f"'\N{NO-BREAK SPACE}{_CANARY}\N{NO-BREAK SPACE}'",
    f"'\ud800{_CANARY}'",
)
_MODES = st.sampled_from([None, True, False])
_PIECES = st.sampled_from(
    [
        *_FORMS,
        "'",
        '"',
        "`",
        "\\",
        "/*",
        "*/",
        "/*!",
        "--",
        "#",
        "(",
        ")",
        ",",
        "SELECT",
        "FROM patient",
        "LIKE",
        "\n",
        "1",
        "0x",
        "?",
    ]
)


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("ansi_quotes", [None, False])
@pytest.mark.parametrize("no_backslash_escapes", [None, False])
def test_a_literal_is_not_in_the_shape(
    *, form: str, ansi_quotes: bool | None, no_backslash_escapes: bool | None
) -> None:
    """A canary in any form of literal, comment, alias or unknown name is not in what goes out."""
    text = f"SELECT LName, {form} FROM patient WHERE FName = {form} AND PatNum = 5"
    statement = reduce_text(text, ansi_quotes=ansi_quotes, no_backslash_escapes=no_backslash_escapes)
    assert _CANARY not in render_outward(statement.shape, _KNOWN)


@given(
    pieces=st.lists(_PIECES, max_size=12),
    end=st.integers(0, 400),
    ansi_quotes=_MODES,
    no_backslash_escapes=_MODES,
    cut=st.booleans(),
)
def test_a_canary_never_gets_out(
    *, pieces: list[str], end: int, ansi_quotes: bool | None, no_backslash_escapes: bool | None, cut: bool
) -> None:
    """Whatever stands around it, wherever the text is cut, whatever the sql_mode."""
    text = " ".join(pieces)[:end]
    statement = reduce_text(text, ansi_quotes=ansi_quotes, no_backslash_escapes=no_backslash_escapes, cut=cut)
    for shape in (statement.shape, reduce_digest(text).shape):
        assert _CANARY[:4] not in render_outward(shape, _KNOWN)
    assert "shape=" not in repr(statement)


@given(pieces=st.lists(_PIECES, max_size=12), ansi_quotes=_MODES, no_backslash_escapes=_MODES)
def test_what_went_out_stays_as_it_is(
    *, pieces: list[str], ansi_quotes: bool | None, no_backslash_escapes: bool | None
) -> None:
    """Shapes and what is shown of them are fixed points, also of garbled text."""
    shape = reduce_text(
        " ".join(pieces), ansi_quotes=ansi_quotes, no_backslash_escapes=no_backslash_escapes
    ).shape
    assert reduce_text(shape).shape == shape
    shown = render_outward(shape, _KNOWN)
    assert render_outward(shown, _KNOWN) == shown


@given(st.text())
def test_any_text_reduces(text: str) -> None:
    """No text raises, and every fingerprint has 16 hex digits."""
    for statement in (reduce_text(text), reduce_digest(text), reduce_text(text, cut=True)):
        assert len(statement.fingerprint) == 16
        int(statement.fingerprint, 16)


def test_an_unknown_sql_mode_shows_nothing() -> None:
    """Where a backslash may or may not escape a quote, nothing behind it is read; a known mode reads on."""
    text = "SELECT LName FROM patient WHERE FName = 'O\\'Brien' AND PatNum = 5"
    assert reduce_text(text).shape == "SELECT lname FROM patient WHERE fname = ? ..."
    assert reduce_text(text).cut
    known = reduce_text(text, no_backslash_escapes=False)
    assert known.shape == "SELECT lname FROM patient WHERE fname = ? AND patnum = ?"
    assert not known.cut


def test_a_backslash_at_the_end_of_a_string_hides_nothing() -> None:
    """A doubled backslash before the closing quote reads the same in every sql_mode."""
    for mode in (None, True, False):
        statement = reduce_text(
            "SELECT LName FROM patient WHERE FName = 'back\\\\' AND PatNum = 5", no_backslash_escapes=mode
        )
        assert statement.shape.endswith("AND patnum = ?")


def test_double_quotes_are_names_only_when_the_mode_says_so() -> None:
    """Under ANSI_QUOTES a double-quoted word is a name, and otherwise a literal."""
    text = 'SELECT "LName" FROM patient'
    assert reduce_text(text).shape == reduce_text(text, ansi_quotes=False).shape == "SELECT ? FROM patient"
    assert reduce_text(text, ansi_quotes=True).shape == "SELECT lname FROM patient"
