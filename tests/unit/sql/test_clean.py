"""What goes out: the schema's names and the language, everything else numbered."""

import pytest

from querywatch.model import Index, Schema, Table
from querywatch.sql.clean import known_names, render_outward, shorten
from querywatch.sql.reduce import reduce_text
from querywatch.sql.split import split_statements

_SCHEMA = Schema(
    tables={
        ("opendental", "patient"): Table(
            database="OpenDental",
            name="Patient",
            engine=None,
            rows=1,
            columns={"patnum": "bigint", "lname": "varchar(100)", "my col": "int", "key": "int"},
            indexes=(Index(name="indexLName", columns=("lname",), unique=False),),
        )
    }
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SELECT p.LName FROM opendental.patient p", "SELECT id1.lname FROM opendental.patient id1"),
        ("SELECT a.x, b.y, a.x FROM a, b", "SELECT id1.id2, id3.id4, id1.id2 FROM id1, id3"),
        ("SELECT LName AS `John Smith` FROM patient", "SELECT lname AS id1 FROM patient"),
        ("SELECT LName JohnSmith FROM patient", "SELECT lname id1 FROM patient"),
        ("SELECT `my col`, `key` FROM patient", "SELECT `my col`, `key` FROM patient"),
        ("SELECT `grant` FROM patient", "SELECT id1 FROM patient"),
        ("SELECT COUNT(*), nobody(1), LENGTH(LName)", "SELECT COUNT(*), id1 (?), LENGTH(lname)"),
        ("SELECT @@john_smith", "SELECT @@id1"),
        (
            "SELECT LName FROM patient USE INDEX (indexLName)",
            "SELECT lname FROM patient USE INDEX (indexlname)",
        ),
        ("SELECT LName FROM patient WHERE LName = 'x' AND", "SELECT lname FROM patient WHERE lname = ? AND"),
    ],
)
def test_unknown_names_are_numbered(text: str, shown: str) -> None:
    """The same name has the same number, in order of appearance."""
    assert render_outward(reduce_text(text).shape, known_names(_SCHEMA)) == shown


def test_without_a_schema_no_name_is_shown() -> None:
    """Nothing is known then but what the caller says."""
    shape = reduce_text("SELECT LName FROM patient").shape
    assert render_outward(shape, known_names(None)) == "SELECT id1 FROM id2"
    assert render_outward(shape, known_names(None, ["LNAME"])) == "SELECT lname FROM id1"


def test_a_number_never_stands_for_a_known_name() -> None:
    """A schema may have a column id1 of its own."""
    assert render_outward("SELECT a, id1 FROM b", frozenset({"id1"})) == "SELECT id2, id1 FROM id3"


def test_long_shapes_are_shortened() -> None:
    """At most so many characters, and one sees that some are missing."""
    assert shorten("SELECT 1") == "SELECT 1"
    assert len(shorten("SELECT " + "a, " * 500)) <= 300
    assert shorten("abcdef", limit=4) == "abc…"


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';'; -- a;b\nSELECT \"it's;\" ; # c;", ["SELECT ';'", '-- a;b\nSELECT "it\'s;"']),
        ("SELECT 'it\\'s;'; SELECT `a;b` /* ; */", ["SELECT 'it\\'s;'", "SELECT `a;b` /* ; */"]),
        ("-- every: 30s\nSELECT 1;\n\n;;\n", ["-- every: 30s\nSELECT 1"]),
        ("/*!40101 SET NAMES utf8 */;", ["/*!40101 SET NAMES utf8 */"]),
        ("SELECT 'open; SELECT 2", ["SELECT 'open; SELECT 2"]),
        ("SELECT 1 - 2 / 3;", ["SELECT 1 - 2 / 3"]),
        ("DELIMITER //\nSELECT 1; SELECT 2//\ndelimiter ;\nSELECT 3;", ["SELECT 1; SELECT 2", "SELECT 3"]),
        ("DELIMITER $$\nSELECT '$$'; END$$ SELECT 4", ["SELECT '$$'; END", "SELECT 4"]),
        ("SELECT delimiter FROM t;", ["SELECT delimiter FROM t"]),
        ("", []),
        ("-- nothing", []),
    ],
)
def test_a_file_falls_into_statements(text: str, statements: list[str]) -> None:
    """Semicolons inside strings, names and comments do not count; comments stay with what follows them."""
    assert list(split_statements(text)) == statements


def test_a_file_falls_into_statements_by_its_sql_mode() -> None:
    """A backslash before the closing quote ends the string where backslashes mean nothing."""
    text = "SELECT 'C:\\'; SELECT 'patient'; SELECT 3"
    assert list(split_statements(text, no_backslash_escapes=True)) == text.split("; ")
    assert list(split_statements(text)) == [text]
