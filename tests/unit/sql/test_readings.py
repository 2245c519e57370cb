"""Where servers or sql_modes would read a text differently, it is read on only as far as all of them agree."""

import pytest

from querywatch.sql.lexer import ModesFrom
from querywatch.sql.reduce import StatementBook, reduce_text


def reduce_for(text: str, *, ansi_quotes: bool = False, plain: bool = False, cut: bool = False) -> str:
    """The shape as the daemon has it, which knows the server's sql_modes and not the session's."""
    book = StatementBook(modes_from=ModesFrom.SERVER)
    book.ansi_quotes, book.no_backslash_escapes = ansi_quotes, plain
    return book.from_text(text, cut=cut).shape


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        # A string that only a wrong reading leaves open, or that brings a backslash out of every string.
        ("SELECT 'O\\'Brien', LName FROM patient", "SELECT ?, lname FROM patient"),
        ("SELECT 'O\\'Brien', 'O\\'Neil', LName FROM patient", "SELECT ?, lname FROM patient"),
        ('SELECT "say \\"hi\\"", LName FROM patient', "SELECT ?, lname FROM patient"),
        # Of these the session may have meant the other.
        ("SELECT 'C:\\', 'GRANT', LName FROM patient WHERE 'x'", "SELECT ? ..."),
        ("SELECT 'C:\\', LName, 'x' FROM patient", "SELECT ? ..."),
    ],
)
def test_a_session_may_have_a_sql_mode_of_its_own(text: str, shape: str) -> None:
    """The server's mode decides only where the text could not have run under any other."""
    assert reduce_for(text) == shape


def test_of_a_cut_text_nothing_proves_how_it_went_on() -> None:
    assert reduce_for("SELECT 'O\\'Brien', LName FROM pat", cut=True) == "SELECT ? ..."


def test_a_server_without_backslash_escapes_is_read_so() -> None:
    text = "SELECT 'C:\\', LName FROM patient"
    assert reduce_for(text, plain=True) == "SELECT ?, lname FROM patient"
    assert reduce_for(text) == "SELECT ? ..."


def test_a_servers_ansi_quotes_make_names() -> None:
    assert reduce_for('SELECT "LName" FROM patient', ansi_quotes=True) == "SELECT lname FROM patient"


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        # Measured on MySQL 5.6 and 9.7 and MariaDB 10.11: all skip it, the nested comment included.
        ("SELECT /*!99999 it's lname */ 1, PatNum", "SELECT ?, patnum"),
        ("SELECT /*!99999 a /* b */ , lname , */ 1", "SELECT ..."),
        # MariaDB skips it, for which the string is none; MySQL 9.7 runs it.
        ("SELECT /*!50799 '*/', lname */, 1", "SELECT ..."),
        ("SELECT /*!50799 it's */ 1, 'lname'", "SELECT it ..."),
        ("SELECT /*!50000 SQL_NO_CACHE */ LName", "SELECT SQL_NO_CACHE lname"),
        ("SELECT /*!50000 7, /* c */ */ 1", "SELECT ..."),
        ("SELECT /*!50000 7, LName", "SELECT ? ..."),
        # A hint may quote a name with the end of a comment in it, and an apostrophe is none in a plain comment.
        ("SELECT /*+ BKA(`*/`) */ LName", "SELECT ..."),
        ("SELECT /*+ BKA(`a`) */ LName", "SELECT lname"),
        ("SELECT /* it's */ LName", "SELECT lname"),
        # MySQL 9's texts in dollars; a name to all others.
        ("CREATE FUNCTION f() AS $$ it's lname $$", "CREATE function f () AS ..."),
        ("SELECT $a$, LName", "SELECT ..."),
        ("SELECT `$a$`, LName", "SELECT `$a$`, lname"),
        ("SELECT $a, a$b$c, LName", "SELECT $a, a$b$c, lname"),
        # A zero byte ends such a comment on every server measured.
        ("SELECT 1 # a\0 'x\n lname", "SELECT ? ..."),
        ("SELECT \\N, \\Nx", "SELECT ?, \\ nx"),
    ],
)
def test_what_servers_skip_and_run(text: str, shape: str) -> None:
    """Executable comments, hints, dollars, zero bytes."""
    shown = reduce_text(text, ansi_quotes=False, no_backslash_escapes=False).shape
    assert shown == shape
    assert reduce_text(shown).shape == shown
