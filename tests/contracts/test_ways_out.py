"""Every way out, with a patient planted in all that a server or a vendor can say: not one of them shows her."""

import logging
import sys
from pathlib import Path

import pytest
from server.daemons import running_daemon, write_config
from server.impostor import Answer, Refusal, pretending

from querywatch.cli import main
from querywatch.model import Flavour, ServerInfo
from querywatch.opendental import read_names
from querywatch.schemafile import SavedSchema, write_schema
from querywatch.service.logs import SafeFormatter
from querywatch.sql.clean import known_names, render_outward
from querywatch.sql.parse import parse_shape
from querywatch.sql.reduce import StatementBook, reduce_text
from tests.cases.situations import make_schema

# In a literal, a comment, an alias, a double-quoted string, a table's, a column's, an index's and a database's name.
STATEMENTS = (
    "SELECT LName FROM patient WHERE LName = 'Zyxwanda' OR Note LIKE '%quillfeather%'",
    'SELECT LName AS "Zyxwanda Quillfeather", FName AS `zyxwanda` FROM patient /* 5550173999 */ -- zyxwanda\n',
    "SELECT zyxwanda.quillfeather, COUNT(*) FROM zyxwanda JOIN patient p ON p.PatNum = zyxwanda.x GROUP BY 1",
    "SELECT * FROM zyxwanda",
    "SELECT * FROM quillfeather.zyxwanda z, patient AS quillfeather WHERE DATE(quillfeather.DateTStamp) = '1987-03-14'",
    "SELECT PatNum FROM patient FORCE INDEX (zyxwanda) WHERE YEAR(Birthdate) = 19870314 AND zyxwanda(LName)",
    "SELECT PatNum, (SELECT zyxwanda) quillfeather FROM patient zyxwanda WHERE zyxwanda.LName LIKE '%Quillfeather'",
    "SELECT x.zyxwanda FROM (SELECT PatNum zyxwanda, SUM(ProcFee) FROM procedurelog GROUP BY PatNum) x",
    "WITH zyxwanda AS (SELECT PatNum AS quillfeather FROM patient) SELECT * FROM zyxwanda LIMIT 2000000, 99",
    "UPDATE patient SET LName = 'Zyxwanda', quillfeather = 1 WHERE Note = \"5550173999\"",
    "INSERT INTO zyxwanda (quillfeather) VALUES ('Quillfeather'), (5550173999)",
    "CREATE TABLE zyxwanda (quillfeather INT COMMENT 'Zyxwanda')",
    "CALL zyxwanda('1987-03-14', @quillfeather := 'Zyxwanda')",
    "SET @zyxwanda = 'Quillfeather'",
    "SELECT * FROM patient WHERE LName = 'O\\'Zyxwanda' AND FName = 'C:\\' OR ' Quillfeather '",
    "SELEC 'Zyxwanda' FRM quillfeather WHERE 'open zyxwanda",
    "SELECT PatNum FROM patient ORDER BY zyxwanda LIMIT 5550173999; DROP TABLE quillfeather",
    "SELECT NOT " * 60 + "(zyxwanda(quillfeather",
    "SELECT /*!50000 'Zyxwanda', */ /*!99999 quillfeather */ LName->'$.zyxwanda' FROM patient",
)
CANARIES = ("zyxwanda", "quillfeather", "5550173", "1987-03-14", "19870314")
INTEGRATIONS = '\n[[integrations]]\nname = "vendor"\naccounts = ["vendor"]\n'
_PLAN: Answer = [
    (1, "SIMPLE", "zyxwanda", "ALL", "quillfeather", None, None, None, 32852, "Using where; 'Zyxwanda'"),
    (1, "SIMPLE", "patient", "zyxwanda", None, None, None, "quillfeather", 5, "Quillfeather"),
]


def find_leaks(name: str, output: str | bytes) -> list[str]:
    text = output.decode("latin-1") if isinstance(output, bytes) else output
    text = text.replace(",", "")  # as numbers are shown
    return [f"{canary} in {name}" for canary in CANARIES if canary in text.casefold()]


def write_answers() -> tuple[tuple[str, Answer], ...]:
    """A MariaDB where every statement runs for long, plans name aliases, and some answers are errors that quote."""
    rows: list[tuple[str | int | None, ...]] = [
        (
            8 + place,
            "vendor",
            "10.0.0.5:50000",
            "opendental",
            "Query",
            300,
            "Sending data",
            text,
            300_000,
            place,
            1,
        )
        for place, text in enumerate(STATEMENTS)
    ]
    return (
        ("SHOW EXPLAIN FOR 9", Refusal(1064, "You have an error near 'Zyxwanda Quillfeather'")),
        ("SHOW EXPLAIN FOR", _PLAN),
        ("SELECT QUERY_ID", [(0,)]),
        ("PROCESSLIST", rows),
        ("USER_STATISTICS", Refusal(1105, "Unknown error: Zyxwanda 5550173999")),
        ("information_schema.STATISTICS", Refusal(1146, "Table 'quillfeather.zyxwanda' doesn't exist")),
    )


def test_the_daemon_shows_nobody(tmp_path: Path) -> None:
    """Metrics, pages, the log, and every byte of the state."""
    with pretending(*write_answers()) as impostor:
        config = write_config(tmp_path, [impostor.endpoint()], INTEGRATIONS)
        with running_daemon(config) as daemon:
            daemon.wait_for(lambda: 'rule="running.long"' in daemon.metrics(), "the finding")
            outputs = {path: daemon.get(path)[1] for path in ("/metrics", "/", "/healthz", "/readyz")}
            daemon.stop()
    leaks = [leak for path, output in outputs.items() for leak in find_leaks(path, output)]
    leaks += find_leaks("the log", (tmp_path / "log").read_bytes())
    for file in (tmp_path / "state").iterdir():
        leaks += find_leaks(file.name, file.read_bytes())
    assert leaks == []


@pytest.mark.parametrize("more", [(), ("--format", "json")])
def test_one_look_shows_nobody(
    more: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`once`, which must have seen the statements, or its silence proves nothing."""
    with pretending(*write_answers()) as impostor:
        config = write_config(tmp_path, [impostor.endpoint()], INTEGRATIONS)
        main(["once", "--config", str(config), *more])
    written = capsys.readouterr()
    assert find_leaks("once", written.out + written.err) == []
    assert "running.long" in written.out
    assert "patient" in written.out


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """All of them in one file; the last has no end."""
    whole = [text for text in STATEMENTS if "open" not in text]
    path = tmp_path / "script.sql"
    path.write_text(";\n".join([*whole, *(text for text in STATEMENTS if "open" in text)]), encoding="utf-8")
    return path


@pytest.mark.parametrize("more", [(), ("--format", "json")])
def test_redact_shows_nobody(more: tuple[str, ...], script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["redact", str(script), *more]) == 0
    written = capsys.readouterr()
    assert find_leaks("redact", written.out + written.err) == []
    assert written.out.count("patient") > 5


@pytest.mark.parametrize("more", [(), ("--format", "json")])
def test_review_shows_nobody(
    more: tuple[str, ...], script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Verdicts, tables, messages, advice and rewrites."""
    server = ServerInfo(name="saved", flavour=Flavour.MARIADB, version=(10, 11, 6))
    schema = tmp_path / "practice.json"
    write_schema(schema, SavedSchema(schema=make_schema(), server=server))
    for every in ("15s", "1h"):
        main(["review", "--schema", str(schema), "--every", every, *more, str(script)])
    written = capsys.readouterr()
    assert find_leaks("review", written.out + written.err) == []
    assert "index." in written.out


@pytest.mark.parametrize("text", STATEMENTS, ids=range(len(STATEMENTS)))
def test_what_a_careless_line_would_print_names_nobody(text: str) -> None:
    """The repr of what is handed about, also amid other values."""
    for value in (reduce_text(text), StatementBook().from_text(text), [StatementBook().from_digest(text)]):
        assert find_leaks("repr", repr(value)) == []
        assert find_leaks("str", f"{value}") == []


@pytest.mark.parametrize("text", STATEMENTS, ids=range(len(STATEMENTS)))
def test_an_exception_with_the_text_at_hand_is_logged_without_it(text: str) -> None:
    """With the text as its message, in its cause's message, and among the local variables."""

    def fail() -> None:
        try:
            int(text)
        except ValueError as cause:
            raise KeyError(text) from cause

    with pytest.raises(KeyError) as fault:
        fail()
    information = (fault.type, fault.value, fault.tb)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed: %s", (fault.value,), information)
    written = SafeFormatter("%(message)s").format(record)
    assert find_leaks("the log", written) == []
    assert "KeyError" in written
    assert "ValueError" in written


@pytest.mark.parametrize("text", STATEMENTS, ids=range(len(STATEMENTS)))
def test_parsing_says_nothing(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither on standard output nor in a log, whether or not it parses."""
    shape = reduce_text(text).shape
    parse_shape(shape)
    parse_shape(text)
    written = capsys.readouterr()
    assert (written.out, written.err) == ("", "")
    assert find_leaks("outward", render_outward(shape, known_names(None, read_names()))) == []
    assert "sqlglot" in sys.modules
