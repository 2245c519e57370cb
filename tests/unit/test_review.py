"""`review` without a server: against a saved schema, as a vendor would run it."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from querywatch.cli import main
from querywatch.errors import QuerywatchError
from querywatch.model import Flavour, Schema, ServerInfo, Table
from querywatch.schemafile import SavedSchema, parse_schema, read_schema, render_schema, write_schema
from tests.cases.situations import make_schema

SAVED = SavedSchema(
    schema=make_schema(),
    server=ServerInfo(name="saved", flavour=Flavour.MARIADB, version=(10, 11, 6)),
    ansi_quotes=False,
    no_backslash_escapes=False,
)
POLL = "SELECT PatNum FROM patient WHERE DateTStamp > '2026-11-22 08:00:00'"


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A large practice's schema, saved."""
    path = tmp_path_factory.mktemp("saved") / "practice.json"
    write_schema(path, SAVED)
    return path


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUERYWATCH_CONFIG", raising=False)


def review(schema: Path, text: str, tmp_path: Path, capsys: Any, *options: str) -> list[dict[str, Any]]:
    """What `review --format json` prints of the text."""
    file = tmp_path / "statements.sql"
    file.write_text(text, encoding="utf-8")
    main(["review", "--schema", str(schema), "--format", "json", *options, str(file)])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_saved_schema_comes_back_as_it_was(schema: Path) -> None:
    assert read_schema(schema) == SAVED
    assert parse_schema(render_schema(SAVED)) == SAVED
    first, *_ = SAVED.schema.tables.values()
    table = replace(first, nullable=frozenset({first.name}), row_bytes=80, is_view=True)
    other = replace(SAVED, schema=Schema(tables={(table.database, table.name): table}), ansi_quotes=None)
    assert parse_schema(render_schema(other)) == other


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ("[]", "is no schema that querywatch saved"),
        ('{"format": "querywatch schema", "version": 2}', "was saved by another version"),
        ('{"format": "querywatch schema", "version": 1, "tables": [{"name": 1}]}', "is damaged"),
        ("{broken 'Mary Doe'", "is not JSON"),
    ],
)
def test_a_file_that_is_no_schema_is_refused_without_quoting_it(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(QuerywatchError, match=says) as raised:
        read_schema(path)
    assert "--save-schema" in str(raised.value)
    assert "Mary" not in str(raised.value)
    assert "Mary" not in repr(raised.value.__cause__)


def test_one_object_a_statement_in_order(schema: Path, tmp_path: Path, capsys: Any) -> None:
    """With every key that the format promises, and nothing of the values."""
    text = (
        f"-- every: 30s\n{POLL};\nSELECT PatNum FROM patient WHERE PatNum = 1234; SELECT LName FROM ((patient"
    )
    objects = review(schema, text, tmp_path, capsys)
    assert [each["index"] for each in objects] == [0, 1, 2]
    assert [each["verdict"] for each in objects] == ["critical", "ok", "info"]
    assert [each["parsed"] for each in objects] == [True, True, False]
    first = objects[0]
    assert {
        "index",
        "fingerprint",
        "shape",
        "parsed",
        "kind",
        "verdict",
        "findings",
        "tables",
    } == first.keys()
    assert {finding["rule"] for finding in first["findings"]} == {"index.missing", "frequency.poll"}
    assert all("2026" not in json.dumps(each) and "1234" not in json.dumps(each) for each in objects)
    assert objects[1]["findings"] == []


def test_how_often_it_runs_decides(schema: Path, tmp_path: Path, capsys: Any) -> None:
    """--every for all, a line before a statement for that one."""
    assert review(schema, POLL, tmp_path, capsys)[0]["verdict"] == "info"
    assert review(schema, POLL, tmp_path, capsys, "--every", "30s")[0]["verdict"] == "critical"
    annotated = f"/* every: nightly */ {POLL}; {POLL}"
    found = review(schema, annotated, tmp_path, capsys, "--every", "2/min")
    assert [each["verdict"] for each in found] == ["info", "critical"]


def test_a_write_is_critical_however_rare(schema: Path, tmp_path: Path, capsys: Any) -> None:
    (found,) = review(schema, "UPDATE patient SET LName = 'Mary' WHERE PatNum = 7", tmp_path, capsys)
    assert (found["kind"], found["verdict"]) == ("update", "critical")
    assert [finding["rule"] for finding in found["findings"]] == ["write.forbidden"]
    assert "Mary" not in json.dumps(found)


def test_what_cannot_be_read_is_said_and_crashes_nothing(schema: Path, tmp_path: Path, capsys: Any) -> None:
    """Garbled text, half a literal, words that no server knows, a statement without end."""
    deep = "SELECT " + "(" * 3_000 + "1"
    garbled = (
        f"ELECT * FORM patient; SELECT PatNum FROM;\xa0; {deep}; SELECT LName FROM patient WHERE LName = 'Ma"
    )
    for found in review(schema, garbled, tmp_path, capsys):
        assert not found["parsed"]
        assert found["verdict"] == "info"
        assert found["findings"][0]["message"].startswith("This statement could not be read")


@pytest.mark.parametrize("tables", [62, 250])
def test_a_join_of_more_tables_than_are_read_is_said_to_be_unread(
    schema: Path, tmp_path: Path, capsys: Any, tables: int
) -> None:
    """It parses, but no table of it was judged; one that a server joins is judged."""
    joined, fewer = (", ".join(f"patient p{each}" for each in range(count)) for count in (tables, 61))
    found, read = review(schema, f"SELECT 1 FROM {joined}; SELECT 1 FROM {fewer}", tmp_path, capsys)
    assert (found["parsed"], found["tables"]) == (False, [])
    (unread,) = [each for each in found["findings"] if each["rule"] == "coverage.blind"]
    assert "names more tables" in unread["message"]
    assert read["parsed"]
    assert len(read["tables"]) == 61
    assert "coverage.blind" not in {each["rule"] for each in read["findings"]}


@pytest.mark.parametrize(
    ("text", "reason", "advice"),
    [
        ("DO SLEEP(1)", "does not look into statements that begin with DO", "reads no table"),
        ("LOCK TABLES patient READ", "does not look into statements that begin with LOCK", "reads no table"),
        ("CALL monthly_recall(1)", "a routine of the server's", "statements of the routine"),
        ("BEGIN NOT ATOMIC SELECT 1; END", "a routine of the server's", "statements of the routine"),
        ("PREPARE stmt FROM 'SELECT 1'", "a prepared statement", "the text that is prepared"),
        ("EXECUTE stmt", "a prepared statement", "the text that is prepared"),
        ("CREATE USER kiosk", "words that querywatch does not know in that place", "statement whole"),
    ],
)
def test_why_it_is_not_read_is_said_as_it_is(
    schema: Path, tmp_path: Path, capsys: Any, text: str, reason: str, advice: str
) -> None:
    """A statement that servers know is not called wrong, and what would help is advised."""
    found = review(schema, text, tmp_path, capsys)[0]
    (unread,) = [each for each in found["findings"] if each["rule"] == "coverage.blind"]
    assert reason in unread["message"]
    assert advice in unread["advice"]


def test_what_is_behind_a_hidden_view_is_said_to_be_unknown(tmp_path: Path, capsys: Any) -> None:
    """A file holds no definitions, and a server shows them to few: the rest of the statement is judged."""
    view = Table(
        database="opendental", name="v_recent", engine=None, rows=None, columns={}, indexes=(), is_view=True
    )
    tables = {**SAVED.schema.tables, (view.database, view.name): view}
    path = tmp_path / "views.json"
    write_schema(path, replace(SAVED, schema=Schema(tables=tables)))
    text = "SELECT a.AptNum FROM v_recent v JOIN appointment a ON a.PatNum = v.PatNum WHERE a.Note LIKE '%x%'"
    (found,) = review(path, text, tmp_path, capsys)
    assert {each["name"]: each["access"] for each in found["tables"]}["v_recent"] == "unknown"
    (blind,) = [each for each in found["findings"] if each["rule"] == "coverage.blind"]
    assert "by way of v_recent" in blind["message"]
    assert "index.unusable" in {each["rule"] for each in found["findings"]}


def test_a_table_that_the_schema_does_not_have_is_not_called_well(
    schema: Path, tmp_path: Path, capsys: Any
) -> None:
    """Its name may be anything, and is not shown; the server's own tables are nobody's concern."""
    text = "SELECT a FROM zyxwanda_tbl WHERE b = 1; SELECT * FROM mysql.user; SELECT 1 FROM DUAL"
    found, servers, nothing = review(schema, text, tmp_path, capsys)
    assert [each["rule"] for each in found["findings"]] == ["coverage.blind"]
    assert "zyxwanda" not in json.dumps(found)
    assert (servers["verdict"], nothing["verdict"]) == ("ok", "ok")


def test_what_reads_no_table_is_read_all_the_same(schema: Path, tmp_path: Path, capsys: Any) -> None:
    """Statements of a connection's housekeeping have no tables, and nothing is to be said of them."""
    text = "SET NAMES utf8mb4; START TRANSACTION; COMMIT; SHOW TABLES; SELECT 1; USE opendental"
    for found in review(schema, text, tmp_path, capsys):
        assert (found["parsed"], found["verdict"], found["tables"]) == (True, "ok", [])


@pytest.mark.parametrize(
    ("fail_on", "code"), [("info", 1), ("warning", 1), ("critical", 1), (None, 0)], ids=str
)
def test_the_exit_code_tells_what_was_reached(
    schema: Path, tmp_path: Path, fail_on: str | None, code: int
) -> None:
    file = tmp_path / "one.sql"
    file.write_text(POLL)
    options = ["--fail-on", fail_on] if fail_on else []
    assert main(["review", "--schema", str(schema), "--every", "30s", *options, str(file)]) == code
    file.write_text("SELECT PatNum FROM patient WHERE PatNum = 1")
    assert main(["review", "--schema", str(schema), *options, str(file)]) == 0


def test_a_directory_is_read_file_by_file(schema: Path, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "b.sql").write_text("SELECT 1; SELECT 2")
    (tmp_path / "vendor" / "a.sql").write_text("SELECT 3")
    (tmp_path / "vendor" / "notes.txt").write_text("not SQL;")
    main(["review", "--schema", str(schema), "--format", "json", str(tmp_path)])
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["index"], each["file"]) for each in objects] == [
        (0, "vendor/a.sql"),
        (1, "vendor/b.sql"),
        (2, "vendor/b.sql"),
    ]


def test_standard_input_is_read(schema: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(POLL.encode())))
    assert main(["review", "--schema", str(schema), "--every", "30s", "--fail-on", "critical", "-"]) == 1
    assert "index.missing" in capsys.readouterr().out


def test_without_a_server_and_a_schema_it_says_what_to_do(tmp_path: Path, capsys: Any) -> None:
    assert main(["review", str(tmp_path / "x.sql")]) == 1
    said = capsys.readouterr().err
    assert "--config FILE" in said
    assert "querywatch review --schema practice.json" in said


@pytest.mark.parametrize("options", [["--every", "often"], ["--at", "25:00"], ["--fail-on", "ok"]])
def test_wrong_usage_ends_with_2(schema: Path, options: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["review", "--schema", str(schema), *options, "-"])
    assert ended.value.code == 2


def test_a_note_of_how_often_that_does_not_read_so_is_refused_without_quoting_it(
    schema: Path, tmp_path: Path, capsys: Any
) -> None:
    file = tmp_path / "one.sql"
    file.write_text("-- every: Mary\nSELECT 1")
    assert main(["review", "--schema", str(schema), str(file)]) == 1
    said = capsys.readouterr().err
    assert 'write it like "30s"' in said
    assert "Mary" not in said


def test_thousands_of_statements_take_seconds(schema: Path, tmp_path: Path, capsys: Any) -> None:
    """Each is another shape."""
    text = ";\n".join(
        f"SELECT PatNum, {number} + PatNum AS c{number} FROM patient WHERE PatNum = {number}"
        for number in range(2_000)
    )
    found = review(schema, text, tmp_path, capsys)
    assert len(found) == 2_000
    assert {each["verdict"] for each in found} == {"ok"}
